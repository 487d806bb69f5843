package capture_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
)

// gray is a JPEG of one level, with a number in it so that no two are alike.
func gray(tb testing.TB, level byte, n int) []byte {
	tb.Helper()
	m := image.NewGray(image.Rect(0, 0, 160, 120))
	for i := range m.Pix {
		m.Pix[i] = level
	}
	m.Pix[len(m.Pix)-1-n] = 255 - level
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// pictures is what a camera delivers: good, black, white or torn, or no picture at all.
type pictures struct {
	site *site
	took time.Duration // for each
	// next says what the nth shot, from 1, is: a word of show's.
	next func(n int) string
}

func (p *pictures) shoot(ctx context.Context, n int, w io.Writer) error {
	timer := time.NewTimer(p.took)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	b := gray(p.site.tb, 120, n)
	switch what := p.next(n); what {
	case "good":
	case "black":
		b = gray(p.site.tb, 0, n)
	case "white":
		b = gray(p.site.tb, 255, n)
	case "torn":
		b = b[:len(b)/2]
	case "nothing":
		return errLens
	case "hangs":
		<-ctx.Done()
		return ctx.Err()
	default:
		panic(what)
	}
	_, err := w.Write(b)
	return err
}

// checkedSite is a site whose pictures are checked, by day or at night, and whose camera
// shows so many things, of which the last stays.
func checkedSite(tb testing.TB, interval time.Duration, night bool, show ...string) *site {
	s := newSite(tb, every(tb, interval))
	s.checks = picture.New(picture.Default(), picture.Options{Night: func(time.Time) (bool, bool) { return night, true }})
	p := &pictures{site: s, took: time.Second, next: func(n int) string { return show[min(n, len(show))-1] }}
	s.camera.behave(p.shoot)
	return s
}

// run runs the site for so many slots, and gives of each photo how many tries it took
// and what is wrong with it.
func (s *site) run(interval time.Duration, slots int) []string {
	s.tb.Helper()
	begin := s.clock.Now()
	stop := s.start()
	time.Sleep(time.Duration(slots)*interval - time.Millisecond)
	if err := stop(); err != nil {
		s.tb.Error(err)
	}
	s.mustAccount(begin, s.clock.Now())
	var got []string
	for _, m := range s.store.photos() {
		got = append(got, strings.TrimSpace(fmt.Sprint(m.Attempts, " ", m.Verdict)))
	}
	return got
}

// TestBadPictureIsTakenOnceMoreAndOneIsKept: the better one, or the last. What is not
// whole is tried as often as a slot may be.
func TestBadPictureIsTakenOnceMoreAndOneIsKept(t *testing.T) {
	for _, c := range []struct {
		name  string
		night bool
		show  string
		shots int
		want  []string // of two slots
	}{
		{"good", false, "good", 2, []string{"1", "1"}},
		{"black, then good", false, "black good", 3, []string{"2", "1"}},
		{"black twice, and at the next slot", false, "black", 3, []string{"2 black", "1 black"}},
		{"black, then white", false, "black white good", 3, []string{"2 blown-out", "1"}},
		{"white, then black", false, "white black good", 3, []string{"2 blown-out", "1"}},
		{"black at night", true, "black", 2, []string{"1 dark", "1 dark"}},
		{"black, then none", false, "black nothing good", 3, []string{"2 black", "1"}},
		{"black, then it hangs", false, "black hangs good", 3, []string{"2 black", "1"}},
		{"torn, then good", false, "torn good", 3, []string{"2", "1"}},
		{"torn, then black", false, "torn black good", 3, []string{"2 black", "1"}},
		{"torn twice, then good", false, "torn torn good", 4, []string{"3", "1"}},
		{"torn for ever", false, "torn", 6, []string{"3 truncated", "3 truncated"}},
		{"torn, then none", false, "torn nothing nothing good", 4, []string{"3 truncated", "1"}},
		{"none, torn, good", false, "nothing torn good", 4, []string{"3", "1"}},
		{"none twice, torn", false, "nothing nothing torn good", 4, []string{"3 truncated", "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := checkedSite(t, time.Minute, c.night, strings.Fields(c.show)...)
				got := s.run(time.Minute, 2)
				if !slices.Equal(got, c.want) || s.camera.count() != c.shots {
					t.Errorf("got %q of %d shots, want %q of %d", got, s.camera.count(), c.want, c.shots)
				}
				wantCauses(t, s, map[photo.Cause]int{})
			})
		})
	}
}

// TestBadPictureNeverCostsTheNextSlot: it is taken again only where there is time.
func TestBadPictureNeverCostsTheNextSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := checkedSite(t, 5*time.Second, false)
		s.camera.behave((&pictures{site: s, took: 3 * time.Second, next: func(n int) string { return []string{"torn", "black"}[n%2] }}).shoot)
		got := s.run(5*time.Second, 12)
		if len(got) != 12 || s.camera.count() != 12 {
			t.Errorf("%d photos of %d shots, want 12 of 12", len(got), s.camera.count())
		}
		for _, m := range s.store.photos() {
			if !m.Taken.Equal(m.Slot) {
				t.Errorf("slot %v was taken at %v", m.Slot, m.Taken)
			}
		}
	})
}

// TestBadPictureIsKeptWhereTheCardHasNoRoomForAnother.
func TestBadPictureIsKeptWhereTheCardHasNoRoomForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := checkedSite(t, time.Minute, false)
		p := &pictures{site: s, took: time.Second, next: func(int) string { return "torn" }}
		s.camera.behave(func(ctx context.Context, n int, w io.Writer) error {
			s.store.fail(func(st *store) { st.addErr = fullError{} })
			return p.shoot(ctx, n, w)
		})
		if got := s.run(time.Minute, 1); !slices.Equal(got, []string{"2 truncated"}) {
			t.Errorf("got %q, want the only one that there is room for", got)
		}
	})
}

// TestStopKeepsTheBadPictureThatIsTakenAgain.
func TestStopKeepsTheBadPictureThatIsTakenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := checkedSite(t, time.Minute, false, "black", "hangs")
		stop := s.start()
		time.Sleep(20 * time.Second)
		if n := len(s.store.photos()); n != 0 {
			t.Errorf("%d photos while it is taken again, want none yet", n)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if all := s.store.photos(); len(all) != 1 || !all[0].Verdict.Has(photo.Black) {
			t.Errorf("got %+v, want the black one", all)
		}
	})
}

func TestManualPhotoIsCheckedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := checkedSite(t, time.Hour, false, "good", "black", "good")
		stop := s.start()
		defer stop()
		time.Sleep(time.Minute)
		m, err := s.service.Shoot(t.Context())
		if err != nil || m.Verdict != 0 || m.Attempts != 2 || m.Trigger != photo.Manual || m.Brightness < 100 || m.Width != 160 {
			t.Errorf("Shoot = %+v, %v, want the good one of the second try", m, err)
		}
		if m.Site != (photo.Place{Latitude: 52.5163, Longitude: 13.3777}) {
			t.Errorf("it was taken at %+v, want the site", m.Site)
		}
	})
}

// TestPicturesThatAreFetchedAreChecked: they can't be taken again.
func TestPicturesThatAreFetchedAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newRollSite(t, time.Minute)
		s.checks = picture.New(picture.Default(), picture.Options{Night: func(time.Time) (bool, bool) { return false, true }})
		r.bytes = map[string]string{"IMG_0001": string(gray(t, 120, 0)), "IMG_0002": string(gray(t, 0, 0))}
		stop := s.start()
		s.fetch()
		if err := stop(); err != nil {
			t.Error(err)
		}
		var got []string
		for _, m := range s.store.photos()[:3] {
			got = append(got, m.Verdict.String())
		}
		if want := []string{"", "black", "broken"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// pairs is a camera with a RAW file beside each picture, and keeps both.
type pairs struct {
	*camera
	shots map[string]int // which shot a picture is of, by its SHA-256; Shoot and Others use it in turn
}

func (p *pairs) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	sum := sha256.New()
	e, err := p.camera.Shoot(ctx, io.MultiWriter(w, sum))
	p.shots[hex.EncodeToString(sum.Sum(nil))] = p.count()
	return e, err
}

func (p *pairs) Begin(photo.Shot) {}

// rawOf is the RAW file of the nth shot.
func rawOf(n int) []byte { return fmt.Appendf(nil, "II*\x00 of shot %d", n) }

func (p *pairs) Others(_ context.Context, first photo.Meta, add capture.AddOther) error {
	n, ok := p.shots[first.SHA256]
	if !ok {
		return fmt.Errorf("photo %s is of no shot", first.ID)
	}
	_, err := add(first, func(w io.Writer) (photo.Exposure, error) {
		_, err := w.Write(rawOf(n))
		return photo.Exposure{Format: "nef", Attempts: 1}, err
	})
	return err
}

// TestRAWIsOfThePictureThatIsKept: also where the bad one is, after another shot; and it
// tells nothing of whether the picture is a bad one.
func TestRAWIsOfThePictureThatIsKept(t *testing.T) {
	for _, c := range []struct {
		show string
		want []string // format, tries and verdict of each file of two slots
		raws []int    // of which shots the RAW files are
	}{
		{"good", []string{"jpg 1", "nef 1", "jpg 1", "nef 1"}, []int{1, 2}},
		{"black good", []string{"jpg 2", "nef 1", "jpg 1", "nef 1"}, []int{2, 3}},
		{"black", []string{"jpg 2 black", "nef 1", "jpg 1 black", "nef 1"}, []int{2, 3}},
		{"black nothing good", []string{"jpg 2 black", "nef 1", "jpg 1", "nef 1"}, []int{1, 3}},
		{"white black good", []string{"jpg 2 blown-out", "nef 1", "jpg 1", "nef 1"}, []int{1, 3}},
	} {
		t.Run(c.show, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := checkedSite(t, time.Minute, false, strings.Fields(c.show)...)
				s.pairs = &pairs{camera: s.camera, shots: map[string]int{}}
				stop := s.start()
				time.Sleep(2*time.Minute - time.Millisecond)
				if err := stop(); err != nil {
					t.Error(err)
				}
				var got []string
				for _, m := range s.store.photos() {
					got = append(got, strings.TrimSpace(fmt.Sprint(m.Format, " ", m.Attempts, " ", m.Verdict)))
					if n := len(got) / 2; m.Format == "nef" && n <= len(c.raws) {
						if want := sha256.Sum256(rawOf(c.raws[n-1])); m.SHA256 != hex.EncodeToString(want[:]) {
							t.Errorf("RAW file %d is not that of shot %d", n, c.raws[n-1])
						}
					}
					if m.Format == "nef" && (m.Unseen != "raw" || m.Site.Latitude != 52.5163) {
						t.Errorf("got %+v, want it looked at, and of the site", m)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestABadPictureTakenAgainNeverOverrunsItsSlot: a card that takes seconds for each photo
// leaves no time for another one, or less of it for the camera.
func TestABadPictureTakenAgainNeverOverrunsItsSlot(t *testing.T) {
	for _, c := range []struct {
		name, show string
		interval   time.Duration
		want       []string
	}{
		{"no time for another", "good black good", 5 * time.Second, []string{"1", "1 black", "1"}},
		{"the other one hangs", "good black hangs good", 10 * time.Second, []string{"1", "2 black", "1"}},
		{"time for another", "good black good", 10 * time.Second, []string{"1", "2", "1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := checkedSite(t, c.interval, false, strings.Fields(c.show)...)
				s.store.slow, s.store.slowEnd = 600*time.Millisecond, 2*time.Second
				if got := s.run(c.interval, 3); !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if problems := s.takeProblems(); len(problems) > 0 {
					t.Errorf("problems %q, want none: every slot on time", problems)
				}
			})
		})
	}
}
