package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// noon is when the machines start that must not come near a slot of never.
func noon() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) } // a Monday

// shutterCamera is a camera with a remote socket, its contacts behind active-low
// opto-isolators and its power behind an active-high relay: every polarity that
// there is. Its power, once on, outlives the daemon.
func shutterCamera(times string) string {
	return fmt.Sprintf(`[camera]
kind = "shutter"

[camera.power]
line = "CAMERA_POWER"
warm_up = "50ms"
off_time = "50ms"

[camera.shutter]
line = "SHUTTER"
half_line = "FOCUS"
active_low = true
path = "/data/card"
%s`, times)
}

// outputs is how many lines shutterCamera takes.
const outputs = 3

// takenLines waits until the kernel says that a daemon that is not the process $old
// has all its lines.
const takenLines = `mount -t debugfs none /sys/kernel/debug 2>/dev/null
n=0
until new=$(pidof fieldcam) && [ "$new" != "$old" ] && [ "$(grep -c '|fieldcam ' /sys/kernel/debug/gpio)" -eq %d ]; do
	n=$((n + 1))
	if [ $n -gt 1000 ]; then
		cat /sys/kernel/debug/gpio
		exit 1
	fi
	usleep 50000
done`

// edges ends the daemon in every way, life after life, and wants no output to move:
// neither the shutter's contacts, at their safe level, nor the camera's power, which
// is on.
func edges(ctx context.Context, t *take) (err error) {
	s, err := openSite(ctx, t, false, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.boot(ctx, emulated.Options{RTC: noon()}, never+shutterCamera("")); err != nil {
		return err
	}
	began, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return err
	}
	if err := s.startWithLines(ctx); err != nil {
		return err
	}
	// The camera gets its power for the fetch that the daemon begins with.
	if _, _, err := s.await(ctx, 0, "pictures fetched from the camera"); err != nil {
		return err
	}
	ready, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return err
	}
	s.judgeFirstTake(s.machine.Pins().Waveform().Between(began, ready))
	moved, err := s.lives(ctx, t.o.Lives)
	if err != nil {
		return err
	}
	if !s.machine.Pins().Waveform().Level(pinPower) {
		t.fault("the camera's power was not held")
	}
	t.measured(figure.Figure{
		Name: "unintended-edges", What: "edges on any output at start, stop, kill -9 and restart", Unit: "edges", Reach: figure.AtMost(0),
	}, float64(moved), fmt.Sprintf("%d lives of the daemon, %d outputs", t.o.Lives, outputs))
	return nil
}

// startWithLines starts the daemon and waits until it has its lines.
func (s *site) startWithLines(ctx context.Context) error {
	if _, err := s.run(ctx, "mkdir -p /data/card/DCIM"); err != nil {
		return err
	}
	if err := s.start(ctx, ""); err != nil {
		return err
	}
	_, err := s.run(ctx, "old=\n"+fmt.Sprintf(takenLines, outputs))
	return err
}

// judgeFirstTake wants each line to come from where nobody drives it to its safe
// level with one edge at most: the emulator pulls its pins low, where an active-low
// contact would be closed. The camera's power goes on then, once.
func (s *site) judgeFirstTake(w emulated.Waveform) {
	for _, pin := range []int{pinHalf, pinFull, pinPower} {
		if got := w.Of(pin); len(got) != 1 || !got[0].High {
			s.t.fault("the first start moves %s: %v, want one rising edge", lines()[pin], got)
		}
	}
}

// restart ends the daemon by a signal and waits until it is there again with its
// lines.
func (s *site) restart(ctx context.Context, signal string) error {
	from := s.journal.now()
	if _, err := s.run(ctx, "old=$(pidof fieldcam)\nkill -"+signal+" $old\n"+fmt.Sprintf(takenLines, outputs)); err != nil {
		return err
	}
	_, _, err := s.await(ctx, from, "warden: life", "is ready")
	return err
}

// lives ends the daemon n times, in turn by SIGTERM and by SIGKILL, and then for
// good. It tells how many edges the outputs made from before the first end until
// after the last.
func (s *site) lives(ctx context.Context, n int) (int, error) {
	from, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return 0, err
	}
	signals := []string{"TERM", "KILL"}
	for i := range n {
		if err := s.restart(ctx, signals[i%len(signals)]); err != nil {
			return 0, fmt.Errorf("life %d: %w", i+1, err)
		}
		if (i+1)%10 == 0 {
			s.t.say("%d of %d lives", i+1, n)
		}
	}
	if _, err := s.run(ctx, "kill -TERM $(pidof guest)\nwhile pidof guest; do usleep 50000; done"); err != nil {
		return 0, err
	}
	to, err := s.machine.Pins().Now(ctx)
	if err != nil {
		return 0, err
	}
	moved := s.machine.Pins().Waveform().Between(from, to)
	for _, e := range moved {
		s.t.fault("%s went to %v at %v", lines()[e.Pin], e.High, e.At)
	}
	s.t.fact("%d edges on %d outputs in %d lives: %d ended by SIGTERM, %d by SIGKILL; and at the end of the service", len(moved), outputs, n, (n+1)/2, n/2)
	return len(moved), nil
}
