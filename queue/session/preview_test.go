package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

// album is a queue whose photos are pictures.
type album struct {
	*fakeQueue
	picture []byte
}

// newAlbum holds n photos in JPEG of a size that is worth a thumbnail.
func newAlbum(t *testing.T, n int) *album {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		t.Fatal(err)
	}
	a := &album{newQueue(0), append(b.Bytes(), make([]byte, 40_000-b.Len())...)}
	a.add(1, n)
	return a
}

func (a *album) add(from, to int) {
	a.fakeQueue.add(from, to)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := from; i <= to; i++ {
		m := a.waiting[uint64(i)]
		m.Format, m.Size = "jpg", int64(len(a.picture))
		a.waiting[uint64(i)] = m
	}
}

func (a *album) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	return file{bytes.NewReader(a.picture[:m.Size])}, nil
}

// slowCloud takes photos at a rate, and thumbnails as say says.
type slowCloud struct {
	mu    sync.Mutex
	kbps  int
	say   func(seq uint64) error // of thumbnails; nil: takes all
	photo func(seq uint64) error // of photos; nil: takes all
	did   []string               // "t5" is the thumbnail of photo 5, "5" the photo
}

func (c *slowCloud) Upload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		return &upload.SourceError{Err: err}
	}
	return c.take(ctx, fmt.Sprint(m.Seq()), n, c.photo, m.Seq())
}

func (c *slowCloud) take(ctx context.Context, what string, n int64, say func(uint64) error, seq uint64) error {
	c.mu.Lock()
	c.did = append(c.did, what)
	kbps := c.kbps
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(n) * 8 * time.Millisecond / time.Duration(kbps)):
	}
	if say == nil {
		return nil
	}
	return say(seq)
}

func (c *slowCloud) sent() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.did, " ")
}

// thumbCloud takes thumbnails, too.
type thumbCloud struct{ *slowCloud }

func (c thumbCloud) UploadThumbnail(ctx context.Context, m photo.Meta, small []byte) error {
	if _, err := jpeg.DecodeConfig(bytes.NewReader(small)); err != nil {
		return fmt.Errorf("not a thumbnail: %w", err)
	}
	return c.take(ctx, fmt.Sprintf("t%d", m.Seq()), int64(len(small)), c.say, m.Seq())
}

// allDay is one session of as many photos as possible.
func allDay() []schedule.Session {
	return []schedule.Session{uploads("00:00", "23:59", 15*time.Minute, 0)}
}

// album's photos are 40 kB: at 100 kbit/s 3.2 s each.
const badLink, goodLink = 100, 10_000

func TestThumbnailsGoFirstOnABadLink(t *testing.T) {
	a, c := newAlbum(t, 20), &slowCloud{kbps: badLink}
	runWith(t, session.Default(), session.Options{Queue: a, Uploader: thumbCloud{c}}, allDay(), func(t *testing.T, r *session.Runner) {
		time.Sleep(2 * time.Minute)
	})
	// The first photo measures the link. Of the 19 others the newest 16 come first,
	// and then one more whenever a photo has gone.
	want := "20 t19 t18 t17 t16 t15 t14 t13 t12 t11 t10 t9 t8 t7 t6 t5 t4 19 t3 18 t2 17 t1 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1"
	if got := c.sent(); got != want {
		t.Errorf("sent  %s\nwant %s", got, want)
	}
	if w, n, _ := a.counts(); w != 0 || n != 20 {
		t.Errorf("%d wait, %d acknowledged, want 0 and 20", w, n)
	}
}

func TestNoThumbnailWhereNoneIsWanted(t *testing.T) {
	never := session.Default()
	never.ThumbnailBelowKbps = 0
	for name, c := range map[string]struct {
		cfg  session.Config
		kbps int
		up   func(*slowCloud) session.Uploader
		set  func(*album)
	}{
		"a good link":            {session.Default(), goodLink, nil, nil},
		"never":                  {never, badLink, nil, nil},
		"an uploader that can't": {session.Default(), badLink, func(c *slowCloud) session.Uploader { return c }, nil},
		"RAW files": {session.Default(), badLink, nil, func(a *album) {
			for seq, m := range a.waiting {
				m.Format = "cr2"
				a.waiting[seq] = m
			}
		}},
		"photos as small as thumbnails": {session.Default(), badLink, nil, func(a *album) {
			for seq, m := range a.waiting {
				m.Size = 19_000
				a.waiting[seq] = m
			}
		}},
		"files that are no pictures": {session.Default(), badLink, nil, func(a *album) { clear(a.picture) }},
	} {
		a, cloud := newAlbum(t, 5), &slowCloud{kbps: c.kbps}
		var up session.Uploader = thumbCloud{cloud}
		if c.up != nil {
			up = c.up(cloud)
		}
		if c.set != nil {
			c.set(a)
		}
		runWith(t, c.cfg, session.Options{Queue: a, Uploader: up}, allDay(), func(t *testing.T, r *session.Runner) {
			time.Sleep(2 * time.Minute)
		})
		if got := cloud.sent(); got != "5 4 3 2 1" {
			t.Errorf("%s: sent %s, want the photos alone", name, got)
		}
	}
}

func TestThumbnailsEndWhereTheLinkBecomesGood(t *testing.T) {
	a, c := newAlbum(t, 30), &slowCloud{kbps: badLink}
	runWith(t, session.Default(), session.Options{Queue: a, Uploader: thumbCloud{c}}, allDay(), func(t *testing.T, r *session.Runner) {
		time.Sleep(15 * time.Second)
		c.mu.Lock()
		c.kbps = goodLink
		c.mu.Unlock()
		time.Sleep(time.Minute)
	})
	if n := strings.Count(c.sent(), "t"); n < 16 || n > 16+8 {
		t.Errorf("%d thumbnails, want the first 16 and one for each photo until the link was good (%s)", n, c.sent())
	}
}

func TestThumbnailThatFailsIsNotSentAgainAndCostsNoPhoto(t *testing.T) {
	for name, err := range map[string]error{
		"refused": &upload.RefusedError{Reason: "400 Bad Request"},
		"failed":  errors.New("odd answer"),
		"unwell":  &upload.UnreachableError{Err: errors.New("500"), Answered: true},
		"cut":     &upload.UnreachableError{Err: errors.New("connection reset")},
	} {
		a, c := newAlbum(t, 20), &slowCloud{kbps: badLink, say: func(uint64) error { return err }}
		runWith(t, session.Default(), session.Options{Queue: a, Uploader: thumbCloud{c}}, allDay(), func(t *testing.T, r *session.Runner) {
			time.Sleep(20 * time.Minute)
			if s := between(r); s.LastError != "" || !s.Silent.IsZero() {
				t.Errorf("%s: the state is %+v, want no trace once the photos are there", name, s)
			}
		})
		did := strings.Fields(c.sent())
		for i, what := range did {
			if slices.Contains(did[:i], what) {
				t.Errorf("%s: %s was sent twice", name, what)
			}
		}
		if w, n, refused := a.counts(); w != 0 || n != 20 || refused != 0 {
			t.Errorf("%s: %d wait, %d acknowledged, %d refused, want 0, 20, 0", name, w, n, refused)
		}
		if n := strings.Count(c.sent(), "t"); name != "cut" && n > 3 {
			t.Errorf("%s: %d thumbnails were tried, want 3 before the cloud is left alone with them", name, n)
		}
	}
}

func TestSilentCloudAtAThumbnailEndsTheSession(t *testing.T) {
	a, c := newAlbum(t, 20), &slowCloud{kbps: badLink}
	var away bool
	var mu sync.Mutex // guards away
	silent := func(uint64) error {
		mu.Lock()
		defer mu.Unlock()
		if away {
			return &upload.UnreachableError{Err: errors.New("no route to host")}
		}
		return nil
	}
	c.say, c.photo = silent, silent
	set := func(v bool) {
		mu.Lock()
		defer mu.Unlock()
		away = v
	}
	unreachable := 0
	o := session.Options{Queue: a, Uploader: thumbCloud{c}, Unreachable: func(error) {
		mu.Lock()
		defer mu.Unlock()
		unreachable++
	}}
	runWith(t, session.Default(), o, allDay(), func(t *testing.T, r *session.Runner) {
		time.Sleep(3500 * time.Millisecond) // the first photo is there
		set(true)
		time.Sleep(time.Hour)
		if s := between(r); s.Silent.IsZero() || s.Retry.IsZero() {
			t.Errorf("the state is %+v, want the session broken off", s)
		}
		before := len(strings.Fields(c.sent()))
		set(false)
		time.Sleep(20 * time.Minute)
		if after := strings.Fields(c.sent())[before:]; strings.HasPrefix(after[0], "t") {
			t.Errorf("after the outage %s went first, want a photo", after[0])
		}
	})
	mu.Lock()
	defer mu.Unlock()
	if w, n, _ := a.counts(); w != 0 || n != 20 || unreachable < 10 {
		t.Errorf("%d wait, %d acknowledged, %d times told, want 0, 20 and many", w, n, unreachable)
	}
}

func TestThumbnailsKeepToTheSessionsChoice(t *testing.T) {
	a, c := newAlbum(t, 0), &slowCloud{kbps: badLink}
	a.add(1, 4)
	for seq, m := range a.waiting {
		m.Taken = midnight.Add(time.Duration(seq) * time.Hour)
		a.waiting[seq] = m
	}
	s := chosen("a", "05:00", "05:00", time.Hour, func(s *schedule.Session) { s.Order, s.LookBack = schedule.OldestFirst, 3*time.Hour })
	runWith(t, session.Default(), session.Options{Queue: a, Uploader: thumbCloud{c}}, []schedule.Session{s}, func(t *testing.T, r *session.Runner) {
		time.Sleep(6 * time.Hour)
	})
	if got, want := c.sent(), "2 t4 t3 3 4"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

func TestThumbnailBoundIsChecked(t *testing.T) {
	for kbps, ok := range map[int]bool{-1: false, 0: true, 256: true, 1_000_000: true, 1_000_001: false} {
		cfg := session.Default()
		cfg.ThumbnailBelowKbps = kbps
		if err := cfg.Validate(); (err == nil) != ok {
			t.Errorf("%d kbit/s: %v, want it accepted: %v", kbps, err, ok)
		}
	}
}
