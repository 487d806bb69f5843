package gphoto_test

import (
	"context"
	"io"
	"path"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// deleting is a rig whose driver deletes what it need not keep, and a store.
func deleting(t *testing.T, test func(t *testing.T, r *rig, s *store)) {
	t.Helper()
	run(t, func(c *gphoto.Config, _ *camera.PowerConfig) { c.DeleteFetched, c.ShotTime = true, 10*time.Second }, func(t *testing.T, r *rig) {
		test(t, r, &store{tb: t, bytes: map[photo.ID][]byte{}})
	})
}

// slotAt is the nth slot, each 10 min.
func slotAt(n int) photo.Shot {
	at := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC).Add(time.Duration(n) * 10 * time.Minute)
	return photo.Shot{Slot: at, Taken: at, Session: "yard", Trigger: photo.Scheduled}
}

// take takes a slot's photo, at that many tries: the last one becomes it.
func (r *rig) take(t *testing.T, s *store, slot photo.Shot, tries int) {
	t.Helper()
	for n := range tries {
		slot.Taken = slot.Slot.Add(time.Duration(n) * time.Second)
		r.cam.Begin(slot)
		if n+1 < tries {
			_, _ = r.cam.Shoot(t.Context(), io.Discard) // a bad picture, or none
		}
	}
	first, err := s.add(photo.Meta{}, func(w io.Writer) (photo.Exposure, error) { return r.cam.Shoot(t.Context(), w) })
	if err != nil {
		t.Fatal(err)
	}
	first.Slot, first.Session, first.Taken = slot.Slot, slot.Session, slot.Taken
	if err := r.cam.Others(t.Context(), first, s.add); err != nil {
		t.Fatal(err)
	}
}

// card is the names of the files on the camera's card.
func (r *rig) card() (names []string) {
	for _, f := range r.body.Files() {
		names = append(names, path.Base(f.Path))
	}
	return names
}

func TestAPictureThatABetterOneReplacedLeavesTheCardAsWell(t *testing.T) {
	deleting(t, func(t *testing.T, r *rig, s *store) {
		r.take(t, s, slotAt(0), 3)
		r.take(t, s, slotAt(1), 1) // deletes what the one before brought
		if got, want := r.card(), []string{"IMG_0004.JPG"}; !slices.Equal(got, want) {
			t.Errorf("on the camera: %v, want %v", got, want)
		}
		if got := len(s.photos); got != 2 {
			t.Errorf("%d photos, want one for each slot", got)
		}
	})
}

// hangInShot has a shot's picture stay on the card: gphoto2 hangs, until a reset.
func (r *rig) hangInShot(t *testing.T, of photo.Shot) {
	t.Helper()
	if err := r.cam.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.cam.Begin(of)
	r.body.SetFaults(gphotosim.Faults{HangAt: 1000})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := r.cam.Shoot(ctx, io.Discard); err == nil {
		t.Fatal("a shot that hung: no error")
	}
	r.body.SetFaults(gphotosim.Faults{ResetHelps: true})
}

func TestAPictureThatDidNotComeLeavesTheCardOnceAnotherIsThePhoto(t *testing.T) {
	deleting(t, func(t *testing.T, r *rig, s *store) {
		r.hangInShot(t, slotAt(0))
		r.take(t, s, slotAt(0), 1) // and looks at the card
		r.take(t, s, slotAt(1), 1)
		if got, want := r.card(), []string{"IMG_0003.JPG"}; !slices.Equal(got, want) {
			t.Errorf("on the camera: %v, want %v\n%s", got, want, r.log.String())
		}
		if got := len(s.photos); got != 2 {
			t.Errorf("%d photos, want one for each slot", got)
		}
	})
}

func TestAPictureWhoseSlotHasNoOtherComesFromTheCard(t *testing.T) {
	deleting(t, func(t *testing.T, r *rig, s *store) {
		r.hangInShot(t, slotAt(0))
		r.take(t, s, slotAt(1), 1)
		r.take(t, s, slotAt(2), 1)
		if len(s.photos) != 3 {
			t.Fatalf("%d photos, want that of the slot before as well", len(s.photos))
		}
		if got, want := r.card(), []string{"IMG_0003.JPG"}; !slices.Equal(got, want) {
			t.Errorf("on the camera: %v, want %v", got, want)
		}
	})
}

// A card that was changed has other pictures of the same names.
func TestAnotherFileOfAFetchedOnesNameIsNotDeleted(t *testing.T) {
	deleting(t, func(t *testing.T, r *rig, s *store) {
		for n := range 3 {
			r.take(t, s, slotAt(n), 1)
		}
		others := r.body.Files()
		if len(others) != 1 {
			t.Fatalf("%d files on the card, want the last one", len(others))
		}
		others[0].At = others[0].At.AddDate(0, -1, 0)
		r.body.Swap(others)
		r.take(t, s, slotAt(3), 1)
		r.take(t, s, slotAt(4), 1)
		if got, want := r.card(), []string{"IMG_0003.JPG", "IMG_0005.JPG"}; !slices.Equal(got, want) {
			t.Errorf("on the camera: %v, want %v", got, want)
		}
		if got := len(s.photos); got != 5 {
			t.Errorf("%d photos, want 5: the other card's picture is none of ours", got)
		}
	})
}

// What was to be deleted is not remembered: the look after a start finds it.
func TestAFetchedFileLeavesTheCardAfterARestart(t *testing.T) {
	deleting(t, func(t *testing.T, r *rig, s *store) {
		r.take(t, s, slotAt(0), 1)
		if err := r.cam.Close(); err != nil {
			t.Fatal(err)
		}
		power, err := camera.OpenPower(camera.DefaultPower(), sim.New())
		if err != nil {
			t.Fatal(err)
		}
		cfg := gphoto.Default()
		cfg.DeleteFetched = true
		r.cam = gphoto.New(cfg, gphoto.Options{
			Power: power, Clock: sim.NewClock(), Zone: time.UTC, Dir: r.dir, Log: zerolog.New(&r.log), Runner: &gphotosim.Runner{Body: r.body},
		})
		for n := range 2 {
			r.take(t, s, slotAt(1+n), 1)
		}
		if got, want := r.card(), []string{"IMG_0003.JPG"}; !slices.Equal(got, want) {
			t.Errorf("on the camera: %v, want %v", got, want)
		}
	})
}

func TestAnotherFileOfAFetchedOnesNameIsAPictureOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{})
		s.body.Press()
		for _, when := range []string{"at first", "after another card has come"} {
			l, err := s.listFor(t, time.Minute)
			if err != nil || len(l.Pictures) != 1 {
				t.Fatalf("%s: %d pictures, %v; want one", when, len(l.Pictures), err)
			}
			album := &store{tb: t, bytes: map[photo.ID][]byte{}}
			add := func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
				return album.add(photo.Meta{}, fill)
			}
			if err := s.cam.Fetch(t.Context(), l.Pictures[0], add); err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			if l, err := s.listFor(t, time.Minute); err != nil || len(l.Pictures) != 0 {
				t.Errorf("%s, fetched: %d pictures, %v; want none", when, len(l.Pictures), err)
			}
			files := s.body.Files()
			files[0].At = files[0].At.AddDate(0, 1, 0)
			s.body.Swap(files)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
