package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// The shutter's times here: short, for many presses; far apart, so that no one could
// be taken for another.
const (
	pressTime = 150 * time.Millisecond
	halfTime  = 60 * time.Millisecond
	gapTime   = 20 * time.Millisecond
)

// overLimit is by how much a pulse may be longer than configured, in ms, at the 99th
// percentile. Told, not judged: see the package comment.
const overLimit = 10

// shutter presses many times and measures each pulse on the pins.
func shutter(ctx context.Context, t *take) (err error) {
	s, err := openSite(ctx, t, false, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	times := fmt.Sprintf("press = %q\nhalf = %q\ngap = %q\nwake_after = \"1h\"\n", pressTime, halfTime, gapTime)
	if err := s.boot(ctx, emulated.Options{RTC: noon()}, never+shutterCamera(times)); err != nil {
		return err
	}
	if err := s.startWithLines(ctx); err != nil {
		return err
	}
	// The first shot wakes the camera, which is another half-press.
	if _, err := s.run(ctx, program+" capture"); err != nil {
		return err
	}
	from, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return err
	}
	for n := range t.o.Presses {
		if _, err := s.run(ctx, program+" capture"); err != nil {
			return err
		}
		if (n+1)%20 == 0 {
			t.say("%d of %d presses", n+1, t.o.Presses)
		}
	}
	to, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return err
	}
	over := s.judgePresses(s.machine.Pins().Waveform().Between(from, to), t.o.Presses)
	t.measured(figure.Figure{
		Name: "shutter-over-p99", What: "the full press longer than configured, 99th percentile", Unit: "ms", Reach: figure.AtMost(overLimit),
	}, figure.Quantile(over, 0.99), fmt.Sprintf("%d presses of %v; median %s ms, longest %s ms", t.o.Presses, pressTime,
		figure.Number(figure.Quantile(over, 0.5)), figure.Number(figure.Quantile(over, 1))))
	return s.killInPress(ctx)
}

// judgePresses wants so many whole shots, each with its times, and nothing else; it
// gives by how many milliseconds each full press was longer than configured.
func (s *site) judgePresses(w emulated.Waveform, want int) (over []float64) {
	full, half := w.Pulses(pinFull, false), w.Pulses(pinHalf, false) // active low
	if len(full) != want || len(half) != want || len(w) != 4*want {
		s.t.fault("%d full and %d half presses in %d edges, want %d of each and %d edges", len(full), len(half), len(w), want, 4*want)
		return nil
	}
	shortest := full[0].Width()
	for n, f := range full {
		h := half[n]
		shortest = min(shortest, f.Width())
		over = append(over, float64(f.Width()-pressTime)/float64(time.Millisecond))
		if f.Width() < pressTime {
			s.t.fault("press %d lasted %v, want %v", n+1, f.Width(), pressTime)
		}
		if f.From-h.From < halfTime {
			s.t.fault("press %d: the full press came %v after the half-press, want %v", n+1, f.From-h.From, halfTime)
		}
		if h.To < f.To {
			s.t.fault("press %d: the half-press was released before the full one", n+1)
		}
		if n > 0 && h.From-full[n-1].To < gapTime {
			s.t.fault("press %d came %v after the one before, want %v", n+1, h.From-full[n-1].To, gapTime)
		}
	}
	s.t.fact("%d presses, none shorter than %v: the shortest lasted %v", want, pressTime, shortest)
	return over
}

// killInPress kills the daemon while it presses: the next one releases both lines,
// and does nothing else to them.
func (s *site) killInPress(ctx context.Context) error {
	pins := s.machine.Pins()
	began, err := pins.Now(ctx)
	if err != nil {
		return err
	}
	if _, err := s.run(ctx, `sed -i 's/^press = .*/press = "5s"/' fieldcam.toml`); err != nil {
		return err
	}
	if err := s.restart(ctx, "TERM"); err != nil {
		return err
	}
	if _, err := s.run(ctx, program+" capture >/dev/null 2>&1 &"); err != nil {
		return err
	}
	err = s.until(ctx, replyTime, "the shutter is not pressed", func() (bool, error) {
		now, err := pins.Now(ctx)
		w := pins.Waveform().Between(began, now).Of(pinFull)
		return len(w) > 0 && !w[len(w)-1].High, err
	})
	if err != nil {
		return err
	}
	killed, err := pins.Now(ctx)
	if err != nil {
		return err
	}
	// The command that asked, too.
	if _, err := s.run(ctx, "old=$(pidof fieldcam)\nkillall -9 fieldcam\n"+fmt.Sprintf(takenLines, outputs)); err != nil {
		return err
	}
	now, err := pins.Now(ctx)
	if err != nil {
		return err
	}
	w := pins.Waveform().Between(killed, now)
	for _, pin := range []int{pinFull, pinHalf} {
		if got := w.Of(pin); len(got) != 1 || !got[0].High {
			s.t.fault("after a kill in mid-press, %s: %v, want one edge, to its safe level", lines()[pin], got)
		}
	}
	if got := w.Of(pinPower); len(got) > 0 {
		s.t.fault("after a kill in mid-press, %s: %v, want no edge", lines()[pinPower], got)
	}
	if len(w) == 0 {
		return nil // said above
	}
	s.t.fact("killed in mid-press: the next start releases the shutter, %v after the kill", (w[0].At - killed).Round(time.Millisecond))
	return nil
}
