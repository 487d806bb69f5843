package trial

import (
	"context"
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

// shutter presses many times and measures each pulse on the pins; and beside each one
// of a program that does nothing else, on a line that nobody has.
func shutter(ctx context.Context, s *site) error {
	if err := s.upWithLines(ctx); err != nil {
		return err
	}
	if _, err := s.run(ctx, "pidof guest"); err != nil { // the lives have ended
		if err := s.startWithLines(ctx); err != nil {
			return err
		}
	}
	// The first shot wakes the camera, which is another half-press.
	if _, err := s.run(ctx, program+" capture"); err != nil {
		return err
	}
	from, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return err
	}
	floor := fmt.Sprintf("./guest pulse %s %v", lines()[pinFree], pressTime)
	for n := range s.o.Presses {
		if _, err := s.run(ctx, program+" capture\n"+floor); err != nil {
			return err
		}
		if (n+1)%20 == 0 {
			s.t.say("%d of %d presses", n+1, s.o.Presses)
		}
	}
	to, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return err
	}
	all := s.machine.Pins().Waveform().Between(from, to)
	var own, bare emulated.Waveform
	for _, e := range all {
		if e.Pin == pinFree {
			bare = append(bare, e)
		} else {
			own = append(own, e)
		}
	}
	over := s.judgePresses(own, s.o.Presses)
	least := overOf(bare.Pulses(pinFree, true))
	s.t.measured(figure.Figure{
		Name: "shutter-over-p99", What: "the full press longer than configured, 99th percentile", Unit: "ms", Reach: figure.AtMost(overLimit),
	}, figure.Quantile(over, 0.99), fmt.Sprintf("%d presses of %v: %s; a program that only sleeps, in turn with them: %s", s.o.Presses, pressTime, spread(over), spread(least)))
	return s.killInPress(ctx)
}

// overOf is by how many milliseconds pulses were longer than configured.
func overOf(pulses []emulated.Pulse) (over []float64) {
	for _, p := range pulses {
		over = append(over, float64(p.Width()-pressTime)/float64(time.Millisecond))
	}
	return over
}

// spread tells of values in milliseconds.
func spread(v []float64) string {
	if len(v) == 0 {
		return "none"
	}
	q := func(share float64) string { return figure.Number(figure.Quantile(v, share)) }
	return fmt.Sprintf("median %s ms, 99th percentile %s ms, longest %s ms", q(0.5), q(0.99), q(1))
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
	s.t.fact("%d presses: the shortest lasted %v, want %v", want, shortest, pressTime)
	return overOf(full)
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
	if _, err := s.run(ctx, "old=$(pidof fieldcam)\nkillall -9 fieldcam\n"+fmt.Sprintf(takenLines, len(outputs()))); err != nil {
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
	for _, pin := range []int{pinPower, pinModem, pinHeater} {
		if got := w.Of(pin); len(got) > 0 {
			s.t.fault("after a kill in mid-press, %s: %v, want no edge", lines()[pin], got)
		}
	}
	released := w.Of(pinFull)
	if len(released) == 0 {
		return nil // said above
	}
	s.t.fact("killed in mid-press: the next start releases the shutter, %v after the kill", (released[0].At - killed).Round(time.Millisecond))
	return nil
}
