// Package uploadtest holds every destination of photos to the same promises.
package uploadtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue/upload"
)

// Uploader is what a destination gives to the sessions.
type Uploader interface {
	Upload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error
}

// Destination is one destination with its far end, fresh and empty.
type Destination struct {
	// Uploader is the near end.
	Uploader Uploader
	// Restart gives another near end, as after a restart of the controller: what
	// it stores durably is kept.
	Restart func() Uploader
	// Filed tells the SHA-256 of the photo at the far end, in hexadecimal, and
	// how often it was filed; "" and 0 where it was not.
	Filed func(id photo.ID) (sha256 string, times int)
	// Unreachable cuts the far end off so that nobody answers, Reachable joins
	// it again.
	Unreachable, Reachable func()
	// CutAfter breaks the next transfer after about so many bytes.
	CutAfter func(bytes int64)
	// LoseAnswer lets the far end file the next photo without telling.
	LoseAnswer func()
	// Unwell lets the far end answer the next request with a fault of its own,
	// RefuseNext with a refusal of the photo.
	Unwell, RefuseNext func()
	// Hang lets the far end take the next request and never answer.
	Hang func()
	// IdleTimeout is what the near end was told.
	IdleTimeout time.Duration
}

// Photo is the nth photo with so many bytes, and its content.
func Photo(n uint64, size int) (photo.Meta, []byte) {
	taken := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Minute)
	content := make([]byte, size)
	for i, x := 0, uint32(n)*2654435761+1; i < size; i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		content[i] = byte(x)
	}
	sum := sha256.Sum256(content)
	return photo.Meta{
		ID: photo.NewID(taken, n), Device: "cam-1", Slot: taken, Session: "weekdays", Trigger: photo.Scheduled,
		Taken: taken.Add(123 * time.Millisecond), ClockSynced: true, Size: int64(size), SHA256: hex.EncodeToString(sum[:]),
		Exposure: photo.Exposure{Format: "jpg"},
	}, content
}

// Run holds the destinations that open makes to the promises. Each runs in a
// test of its own; open may call its t's methods, and is called in whatever
// around (a synctest bubble) wraps it.
func Run(t *testing.T, around func(*testing.T, func(*testing.T)), open func(*testing.T) Destination) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			around(t, func(t *testing.T) { p.test(t, open(t)) })
		})
	}
}

// large is a size whose upload every destination resumes.
const large = 1 << 20

var promises = []struct {
	name string
	test func(*testing.T, Destination)
}{
	{"Photo is filed once with its bytes", func(t *testing.T, d Destination) {
		for n, size := range []int{1, 4096, 300 << 10, large} {
			m, content := Photo(uint64(n+1), size)
			want(t, d.Uploader, m, content, nil)
			filed(t, d, m, 1)
		}
	}},
	{"Sending again is harmless", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		want(t, d.Uploader, m, content, nil)
		want(t, d.Uploader, m, content, nil)
		want(t, d.Restart(), m, content, nil)
		filed(t, d, m, 1)
	}},
	{"Cut transfer is unreachable and goes on after a restart", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		d.CutAfter(large / 2)
		want(t, d.Uploader, m, content, new(upload.UnreachableError))
		filed(t, d, m, 0)
		r := &counting{ReadSeeker: bytes.NewReader(content)}
		if err := d.Restart().Upload(t.Context(), m, r); err != nil {
			t.Fatalf("after the restart: %v", err)
		}
		filed(t, d, m, 1)
		if r.read() > large*6/10 {
			t.Errorf("after a cut in the middle %d of %d bytes were sent again", r.read(), large)
		}
	}},
	{"Lost answer files once", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		d.LoseAnswer()
		want(t, d.Uploader, m, content, new(upload.UnreachableError))
		filed(t, d, m, 1)
		want(t, d.Uploader, m, content, nil)
		filed(t, d, m, 1)
	}},
	{"Nobody there is unreachable", func(t *testing.T, d Destination) {
		m, content := Photo(1, 1000)
		d.Unreachable()
		want(t, d.Uploader, m, content, new(upload.UnreachableError))
		d.Reachable()
		want(t, d.Uploader, m, content, nil)
		filed(t, d, m, 1)
	}},
	{"Unwell cloud is unreachable", func(t *testing.T, d Destination) {
		m, content := Photo(1, 1000)
		d.Unwell()
		want(t, d.Uploader, m, content, new(upload.UnreachableError))
		want(t, d.Uploader, m, content, nil)
		filed(t, d, m, 1)
	}},
	{"Refusal is told apart", func(t *testing.T, d Destination) {
		m, content := Photo(1, 1000)
		d.RefuseNext()
		want(t, d.Uploader, m, content, new(upload.RefusedError))
		filed(t, d, m, 0)
	}},
	{"Hang is bounded by progress", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		d.Hang()
		begin := time.Now()
		want(t, d.Uploader, m, content, new(upload.UnreachableError))
		if took := time.Since(begin); took < d.IdleTimeout || took > 2*d.IdleTimeout {
			t.Errorf("a hung server was left after %v, want between %v and twice that", took, d.IdleTimeout)
		}
	}},
	{"Stop ends an upload at once", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		d.Hang()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(d.IdleTimeout/10, func() { cancel(errors.New("the daemon stops")) })
		begin := time.Now()
		err := d.Uploader.Upload(ctx, m, bytes.NewReader(content))
		if !errors.Is(err, context.Canceled) || kind(err) != "other" {
			t.Errorf("error %v, want the context's and no verdict on the cloud", err)
		}
		if took := time.Since(begin); took > d.IdleTimeout/10+time.Second {
			t.Errorf("stopping took %v", took)
		}
	}},
	{"Unreadable photo is blamed on this side", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		want(t, d.Uploader, m, content[:large/2], new(upload.SourceError))
		filed(t, d, m, 0)
		other, content := Photo(2, 1000)
		want(t, d.Uploader, other, content, nil)
		filed(t, d, other, 1)
	}},
	{"Damaged photo is never filed nor refused", func(t *testing.T, d Destination) {
		m, content := Photo(1, large)
		damaged := bytes.Clone(content)
		damaged[large/3] ^= 1
		err := d.Uploader.Upload(t.Context(), m, bytes.NewReader(damaged))
		if err == nil || kind(err) != "other" {
			t.Errorf("error %v (%s), want one of the photo's own", err, kind(err))
		}
		filed(t, d, m, 0)
		want(t, d.Uploader, m, content, nil)
		filed(t, d, m, 1)
	}},
	{"Thumbnail is never the photo", func(t *testing.T, d Destination) {
		small, ok := d.Uploader.(interface {
			UploadThumbnail(ctx context.Context, m photo.Meta, jpeg []byte) error
		})
		if !ok {
			return // one without thumbnails keeps the promise
		}
		m, content := Photo(1, 1000)
		_, jpeg := Photo(2, 300)
		for range 2 {
			if err := small.UploadThumbnail(t.Context(), m, jpeg); err != nil {
				t.Fatal(err)
			}
			filed(t, d, m, 0)
		}
		want(t, d.Uploader, m, content, nil)
		filed(t, d, m, 1)
		if err := small.UploadThumbnail(t.Context(), m, jpeg); err != nil {
			t.Fatal(err)
		}
		filed(t, d, m, 1)
	}},
}

// want uploads and checks the kind of error.
func want(t *testing.T, u Uploader, m photo.Meta, content []byte, like error) {
	t.Helper()
	err := u.Upload(t.Context(), m, bytes.NewReader(content))
	if kind(err) != kind(like) {
		t.Fatalf("upload of %d bytes: error %v (%s), want %s", m.Size, err, kind(err), kind(like))
	}
}

// kind names the kind of an upload's error.
func kind(err error) string {
	if err == nil {
		return "none"
	}
	if _, ok := errors.AsType[*upload.RefusedError](err); ok {
		return "refused"
	}
	if _, ok := errors.AsType[*upload.UnreachableError](err); ok {
		return "unreachable"
	}
	if _, ok := errors.AsType[*upload.SourceError](err); ok {
		return "source"
	}
	return "other"
}

// filed checks what the far end has of m.
func filed(t *testing.T, d Destination, m photo.Meta, times int) {
	t.Helper()
	sum, n := d.Filed(m.ID)
	if n != times || times > 0 && sum != m.SHA256 {
		t.Errorf("photo %s was filed %d times with hash %s, want %d times with %s", m.ID, n, sum, times, m.SHA256)
	}
}

// counting counts the bytes read.
type counting struct {
	io.ReadSeeker
	mu sync.Mutex // guards n
	n  int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.ReadSeeker.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	return n, err
}

func (c *counting) read() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
