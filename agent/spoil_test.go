package agent_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
	"fieldcam/queue/upload/tus"
)

// What these do, they do while the daemon is off.

// addPhotos adds a photo whose upload is worth resuming, and one of three days
// ago, which a person holds, and whose file then gets another picture: the index
// has a wrong SHA-256 of it.
func (w *world) addPhotos() {
	w.Helper()
	q := w.openQueue()
	now := w.truth()
	w.known[w.add(q, photo.Shot{Slot: now, Trigger: photo.Manual, Taken: now, ClockSynced: true}, tus.RememberedBytes*3/2).Seq()] = true
	ago := monday().AddDate(0, 0, -3)
	w.brought = ago.Add(1)
	old := photo.Shot{Slot: ago, Taken: ago, Session: "capture", Trigger: photo.Scheduled, ClockSynced: true}
	m := w.add(q, old, 1000)
	n, err := q.Hold(m.ID)
	if err := errors.Join(err, q.Close()); err != nil || n != 1 {
		w.Fatalf("hold photo: %d held (%v), want it", n, err)
	}
	w.exchange(m)
}

// add adds a photo of so many bytes.
func (w *world) add(q *queue.Queue, shot photo.Shot, size int) photo.Meta {
	w.Helper()
	m, err := q.Add(shot, func(to io.Writer) (photo.Exposure, error) {
		_, err := to.Write(bytes.Repeat([]byte{byte(size)}, size))
		return photo.Exposure{Format: "jpg"}, err
	})
	if err != nil {
		w.Fatal(err)
	}
	return m
}

// exchange gives the photo's file another picture, and the metadata of that.
func (w *world) exchange(m photo.Meta) {
	w.Helper()
	s, err := spool.Open(spool.Options{Dir: filepath.Join(w.dir, "spool"), Aside: filepath.Join(w.dir, "damaged"), Fault: func(string) error { return nil }})
	if err != nil {
		w.Fatal(err)
	}
	picture := []byte("another picture")
	if err := os.WriteFile(w.file(m), picture, 0o644); err != nil {
		w.Fatal(err)
	}
	sum := sha256.Sum256(picture)
	m.Size, m.SHA256 = int64(len(picture)), hex.EncodeToString(sum[:])
	if err := s.Attach(m); err != nil {
		w.Fatal(err)
	}
}

// file is where the photo is.
func (w *world) file(m photo.Meta) string { return filepath.Join(w.shard(m.Seq()), spool.Name(m)) }

// shard is the directory of the photo with that number.
func (w *world) shard(seq uint64) string {
	return filepath.Join(w.dir, "spool", fmt.Sprintf("%017d", seq/1000))
}

// rot changes one byte of the photo's file.
func (w *world) rot(m photo.Meta) {
	w.Helper()
	picture, err := os.ReadFile(w.file(m))
	if err != nil {
		w.Fatal(err)
	}
	f, err := os.OpenFile(w.file(m), os.O_WRONLY, 0)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	at := len(picture) / 2
	if _, err := f.WriteAt([]byte{picture[at] ^ 1}, int64(at)); err != nil {
		w.Fatal(err)
	}
}

// bloatIndex makes the index large and nearly empty, as a drained backlog does.
func (w *world) bloatIndex() {
	w.Helper()
	db, err := bbolt.Open(w.index(), 0o644, &bbolt.Options{NoFreelistSync: true, NoSync: true})
	if err != nil {
		w.Fatal(err)
	}
	junk := []byte("junk")
	err = errors.Join(
		db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket(junk)
			if err != nil {
				return err
			}
			return b.Put(junk, make([]byte, bloat))
		}),
		db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket(junk) }),
		db.Close(),
	)
	if err != nil {
		w.Fatal(err)
	}
}

// bloat is how many bytes bloatIndex leaves free: more than is worth compacting.
const bloat = 2 << 20

func (w *world) index() string { return filepath.Join(w.dir, "queue.db") }

// spoilSpool removes the file of a photo that the cloud has, and adds one whose
// number another photo has.
func (w *world) spoilSpool() {
	w.Helper()
	q := w.openQueue()
	items, err := q.List(queue.Filter{State: queue.Confirmed, Limit: 2})
	if err := errors.Join(err, q.Close()); err != nil || len(items) != 2 {
		w.Fatalf("list confirmed photos: %d (%v), want two", len(items), err)
	}
	if err := os.Remove(w.file(items[0].Meta)); err != nil {
		w.Fatal(err)
	}
	const second = len("20060102T150405Z")
	taken := items[1].Meta
	twin := strings.Replace(spool.Name(taken), string(taken.ID[:second]), "20200101T000000Z", 1)
	if err := os.WriteFile(filepath.Join(w.shard(taken.Seq()), twin), []byte("picture"), 0o644); err != nil {
		w.Fatal(err)
	}
}

// damageIndex makes the index unreadable for bbolt: its first pages, without
// which nothing of it is found.
func (w *world) damageIndex() {
	w.Helper()
	w.remember()
	const twoPages = 8 << 10
	f, err := os.OpenFile(w.index(), os.O_WRONLY, 0)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte("damaged "), twoPages/8)); err != nil {
		w.Fatal(err)
	}
}

// remember keeps which photos the queue knows by now.
func (w *world) remember() {
	w.Helper()
	q := w.openQueue()
	defer q.Close()
	for _, e := range w.ledger(q) {
		for _, seq := range e.Photos {
			w.known[seq] = true
		}
	}
	for _, i := range w.items(q, "") {
		w.known[i.Seq()] = true
	}
}

// items lists all photos of a state; of any where that is empty.
func (w *world) items(q *queue.Queue, state queue.State) (all []queue.Item) {
	w.Helper()
	for before := uint64(0); ; before = all[len(all)-1].Seq() {
		some, err := q.List(queue.Filter{State: state, Before: before})
		if err != nil {
			w.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}
