package agent_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"sync"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/queue"
)

// lens is what a camera sees: nothing while its cap is on.
type lens struct {
	tb testing.TB
	mu sync.Mutex // guards cap
	// capped: all is black.
	capped bool
}

func (l *lens) cap(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.capped = on
}

func (l *lens) picture(_ time.Time, shots int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := image.NewGray(image.Rect(0, 0, 160, 120))
	for i := range m.Pix {
		if !l.capped {
			m.Pix[i] = byte(100 + (i/160+i%160+shots*7)%60)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		l.tb.Error(err)
	}
	return b.Bytes()
}

// kolkata is where the first hours of the standard week, in UTC, are by day.
func kolkata(c *config.Config) {
	c.Site = schedule.Site{Latitude: schedule.DegreesOf(22.57), Longitude: schedule.DegreesOf(88.36)}
}

// TestALensCapIsReportedUntilItIsOff: each photo is kept and uploaded with its verdict,
// and the cloud is told how many of the day's are bad. A restart in between forgets
// nothing.
func TestALensCapIsReportedUntilItIsOff(t *testing.T) {
	l := &lens{tb: t}
	inWorld(t, setup{config: kolkata, picture: l.picture}, func(w *world) {
		w.boot()
		w.pass(30 * time.Minute) // 06:20
		l.cap(true)
		w.pass(30 * time.Minute) // 06:50: two are black
		w.wantReported(false, health.PhotoBad)
		w.restart(func() {})
		w.pass(15 * time.Minute) // 07:05: three
		w.wantReported(true, health.PhotoBad)
		l.cap(false)
		w.pass(15 * time.Minute)
		w.wantReported(false, health.PhotoBad)
		var bad, tries int
		for _, p := range w.photos(queue.Confirmed) {
			if p.Verdict.Bad() {
				bad++
				tries += p.Attempts
				if p.Verdict != photo.Black || p.Site.Latitude != 22.57 || p.Width != 160 {
					w.Errorf("got %+v, want it black, at the site", p.Meta)
				}
			}
		}
		// Twice at the first black slot, and at the first one after the restart.
		if bad != 3 || tries != 5 {
			w.Errorf("%d bad photos of %d tries, want 3 of 5", bad, tries)
		}
		w.pass(time.Hour)
		if told := w.told(); len(told) == 0 || told[len(told)-1].Bad != 3 {
			w.Errorf("the cloud was told %+v, want 3 bad pictures", told)
		}
		w.finish()
	})
}

// TestNightIsNoFault.
func TestNightIsNoFault(t *testing.T) {
	l := &lens{tb: t, capped: true}
	inWorld(t, setup{config: kolkata, picture: l.picture, dawn: time.Date(2026, 11, 23, 13, 50, 0, 0, time.UTC)}, func(w *world) {
		w.boot()
		w.pass(time.Hour)
		w.wantReported(false, health.PhotoBad)
		for _, p := range w.photos(queue.Confirmed) {
			if p.Verdict != photo.Dark || p.Attempts != 1 {
				w.Errorf("got %q of %d tries, want it dark, once", p.Verdict, p.Attempts)
			}
		}
		w.finish()
	})
}
