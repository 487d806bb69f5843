package gphoto_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/gphoto/gphotosim"
)

// fetches lists the card in one fetch after the other, of a time each, with a shot before
// each, until one is through; most bounds their number.
func (s *socket) fetches(t *testing.T, most int, each time.Duration) (l capture.Listing, n int) {
	t.Helper()
	for n = 1; n <= most; n++ {
		s.body.Press()
		l, err := s.listFor(t, each)
		if err == nil {
			return l, n
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("fetch %d: %v, want the end of its time", n, err)
		}
		time.Sleep(12 * time.Hour)
	}
	t.Fatalf("not listed in %d fetches", most)
	return l, n
}

// A card of eight folders of 10 s each, which the camera lists the newest of first, is
// listed in fetches that have time for one each, and has the pictures that were taken between these.
func TestACardThatTakesLongerThanAFetchIsListedInSeveral(t *testing.T) {
	const folder = 100
	for _, room := range []int{50, 3} { // the second time a new folder begins meanwhile
		synctest.Test(t, func(t *testing.T) {
			s := newSocket(t, gphotosim.Options{FolderShots: folder, FileTime: 100 * time.Millisecond})
			for range 8*folder - room {
				s.body.Press()
			}
			newestFirst(s.body)
			l, n := s.fetches(t, 12, 15*time.Second)
			if want := len(s.body.Files()); len(l.Pictures) != want {
				t.Errorf("%d pictures, want all %d", len(l.Pictures), want)
			}
			if n < 8 {
				t.Errorf("listed by fetch %d, want more: the card takes 80 s", n)
			}
			if resets, _ := s.body.Resets(); resets != 0 {
				t.Errorf("%d resets, want none: the camera works", resets)
			}
			if err := s.cam.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Of a camera with two cards the newest folder of one was listed when the fetch before ended:
// what came into it since is not missing.
func TestAFolderThatPicturesGoIntoIsListedAgainByTheNextFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{FileTime: 100 * time.Millisecond})
		for range 200 {
			s.body.Press()
		}
		files := s.body.Files()
		for i := range files[100:] {
			files[100+i].Path = strings.Replace(files[100+i].Path, "/store_00020001/DCIM/100", "/store_00020002/DCIM/200", 1)
		}
		s.body.Swap(files)
		for _, d := range []time.Duration{10 * time.Second, 20 * time.Second} { // at once, and the first card
			if _, err := s.listFor(t, d); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("List for %v: %v, want the end of its time", d, err)
			}
		}
		s.body.Press()
		if l, err := s.listFor(t, time.Minute); err != nil || len(l.Pictures) != 201 {
			t.Errorf("%d pictures, %v; want all 201", len(l.Pictures), err)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A card that gphoto2 lists for longer than it may at once is listed by its folders; the
// camera is at work, and not to blame.
func TestACardThatTakesTooLongAtOnceIsListedByItsFolders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSocket(t, gphotosim.Options{FolderShots: 500, FileTime: 400 * time.Millisecond})
		const shots = 1000 // 400 s
		for range shots {
			s.body.Press()
		}
		for range 2 {
			if l, err := s.listFor(t, time.Hour); err != nil || len(l.Pictures) != shots {
				t.Errorf("%d pictures of %d, %v", len(l.Pictures), shots, err)
			}
		}
		if resets, _ := s.body.Resets(); resets != 0 {
			t.Errorf("%d resets, want none", resets)
		}
		if err := s.cam.Close(); err != nil {
			t.Error(err)
		}
	})
}
