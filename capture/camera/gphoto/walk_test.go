package gphoto_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/photo"
)

// newestFirst changes the order in which gphoto2 lists the card: the folder that the next
// pictures go into is the first.
func newestFirst(b *gphotosim.Body) {
	files := b.Files()
	last := files[len(files)-1].Path
	folder := last[:strings.LastIndex(last, "/")+1]
	inNewest := func(f gphotosim.File) bool { return strings.HasPrefix(f.Path, folder) }
	at := slices.IndexFunc(files, inNewest)
	b.Swap(slices.Concat(files[at:], files[:at]))
}

// A look at the card takes three slots. The second of them fails, with its picture in a
// folder that was listed before: the next look brings it.
func TestAPictureThatIsLeftDuringALookComesWithTheNext(t *testing.T) {
	run(t, nil, func(t *testing.T, r *rig) {
		r.body.Make(gphotosim.Options{FolderShots: 80, FileTime: 40 * time.Millisecond})
		const others = 170
		for range others {
			r.body.Press()
		}
		newestFirst(r.body)
		s := &store{tb: t, bytes: map[photo.ID][]byte{}}
		const failed, slots = 2, 90
		for n := range slots {
			r.body.SetFaults(gphotosim.Faults{ResetHelps: true})
			if n == failed {
				r.body.SetFaults(gphotosim.Faults{HangAt: 1000})
			}
			if err := r.slot(t, s, n); (err != nil) != (n == failed) {
				t.Fatalf("slot %d: %v", n, err)
			}
		}
		if got := len(s.photos); got != slots || got != len(r.body.Files())-others {
			t.Errorf("%d photos of %d slots, %d of which were exposed", got, slots, len(r.body.Files())-others)
		}
	})
}

// slot takes the nth slot's photo within 9 s, as package capture does, and waits for its
// end. Its error is that of the shot.
func (r *rig) slot(t *testing.T, s *store, n int) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
	defer cancel()
	defer func() { <-ctx.Done() }()
	time.Sleep(time.Second)
	r.cam.Begin(slotAt(n))
	first, err := s.add(photo.Meta{}, func(w io.Writer) (photo.Exposure, error) { return r.cam.Shoot(ctx, w) })
	if err != nil {
		return err
	}
	first.Slot, first.Session, first.Taken = slotAt(n).Slot, "yard", slotAt(n).Taken
	if err := r.cam.Others(ctx, first, s.add); err != nil {
		t.Errorf("slot %d: %v", n, err)
	}
	return nil
}

// listFor lists the card within a time, as a fetch does.
func (s *socket) listFor(t *testing.T, d time.Duration) (capture.Listing, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	return s.cam.List(ctx)
}

func TestAListingHasThePicturesOfTheShotsSinceAnEarlierOneWasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{FolderShots: 100})
		const before = 250
		for range before {
			s.body.Press()
		}
		newestFirst(s.body)
		for _, d := range []time.Duration{3 * time.Second, 4 * time.Second} { // at once, and the newest folder
			if _, err := s.listFor(t, d); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("List for %v: %v, want the end of its time", d, err)
			}
		}
		s.body.Press()
		if l, err := s.listFor(t, time.Minute); err != nil || len(l.Pictures) != before+1 {
			t.Errorf("%d pictures of %d, %v", len(l.Pictures), before+1, err)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// The program is ended before the context is over, and the camera is not to blame for it.
func TestAFetchThatRunsOutOfTimeLeadsToNoRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		for range 200 { // 4 s
			s.body.Press()
		}
		if _, err := s.listFor(t, 3*time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("List: %v, want the end of its time", err)
		}
		l, err := s.listFor(t, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []time.Duration{900 * time.Millisecond, 400 * time.Millisecond} { // it needs 0.9 s; it is not begun
			ctx, cancel := context.WithTimeout(t.Context(), d)
			err = s.cam.Fetch(ctx, l.Pictures[0], func(func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
				t.Error("a photo though the time was over")
				return photo.Meta{}, nil
			})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Fetch for %v: %v, want the end of its time", d, err)
			}
		}
		if _, err := s.listFor(t, time.Minute); err != nil {
			t.Error(err)
		}
		if resets, _ := s.body.Resets(); resets != 0 {
			t.Errorf("%d resets, want none", resets)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
