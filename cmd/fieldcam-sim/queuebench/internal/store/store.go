// Package store drives the queues of the benchmark in one way: the product's
// own, its peers, and the floor, which is one file. Each is used as its authors
// mean it to be, with every sync that it has switched on.
//
// A photo's bytes are random, so that nothing can compress them. Whoever keeps
// the photo as a file beside a database writes it as such programs do: under a
// temporary name, synced, renamed, its directory synced.
package store

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
)

// Store is a queue under test. It is for one goroutine.
type Store interface {
	// Put takes in photo i, of so many bytes. It is durable on return, as far as
	// the store can say that.
	Put(ctx context.Context, i int, bytes int64) error
	// Drain sends the next n photos, to nobody, and confirms them, in one
	// transaction where the store can.
	Drain(ctx context.Context, n int) error
	// Delete removes what is left of the confirmed photos.
	Delete(ctx context.Context) error
	Close() error
}

// Kind is a store by its name.
type Kind struct {
	Name string // for orders: one word
	What string // for people
	Open func(ctx context.Context, dir string) (Store, error)
}

// Product is the product's own store, Item the peer that keeps a record for each
// photo in bbolt, and ItemUnlisted the same with bbolt's NoFreelistSync, which is
// measured where that makes a difference. Bare is the floor.
const (
	Product      = "fieldcam"
	Item         = "item"
	ItemUnlisted = "item-unlisted"
	Bare         = "bare"
)

// Kinds are all of them: the product's first, the floor last.
func Kinds() []Kind {
	return []Kind{
		{Product, "fieldcam: package queue", openFieldcam},
		{"blob", "bbolt, the photo inside", openBlob},
		{Item, "bbolt, a file beside, an item a transaction", openItem},
		{"dque", "joncrlsn/dque, the photo inside", openDque},
		{"diskqueue", "nsqio/go-diskqueue, the photo inside, sync each", openDiskqueue},
		{"sqlite", "SQLite, WAL, synchronous=FULL, a file beside", openSQLite},
		{"otel", "OpenTelemetry's persistent queue, fsync, a file beside", openOTel},
		{Bare, "floor: write and fdatasync a file", openBare},
	}
}

// Open opens the store of that name in dir, an existing directory. The caller
// closes it.
func Open(ctx context.Context, name, dir string) (Store, error) {
	unlisted := Kind{Name: ItemUnlisted, Open: openItemUnlisted}
	for _, k := range append(Kinds(), unlisted) {
		if k.Name == name {
			s, err := k.Open(ctx, dir)
			if err != nil {
				return nil, fmt.Errorf("open %s: %w", name, err)
			}
			return s, nil
		}
	}
	return nil, fmt.Errorf("no store %q", name)
}

// piece is what a picture is written in: as much as a camera's driver hands over
// at once.
const piece = 32 << 10

// picture writes n bytes, others for each seed.
func picture(w io.Writer, seed int, n int64) error {
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	buf := make([]byte, min(n, piece))
	for n > 0 {
		p := buf[:min(n, piece)]
		source.Read(p) // never fails (math/rand/v2)
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("write picture: %w", err)
		}
		n -= int64(len(p))
	}
	return nil
}
