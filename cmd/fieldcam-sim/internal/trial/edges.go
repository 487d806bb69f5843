package trial

import (
	"context"
	"fmt"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// noon is when the machines start that must not come near a slot of never.
func noon() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) } // a Monday

// allOutputs is a camera with a remote socket, its contacts behind active-low
// opto-isolators, and its power behind an active-high relay, which once on outlives the
// daemon; the modem's power, which does so too; a heater behind an active-low relay,
// which stays off, for there is no thermometer; and a light, which tells that no cloud
// is reached.
func allOutputs(times string) string {
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
%s
[modem]
power_line = "MODEM_POWER"

[climate]
sensor = "hwmon"
hwmon = "none"
every = "1h"

[climate.heater]
line = "HEATER"
active_low = true

[panel]
red_line = "LED"
`, times)
}

// outputs are the pins of allOutputs.
func outputs() []int { return []int{pinHalf, pinFull, pinPower, pinModem, pinHeater, pinLight} }

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

// openPins has neither a hub nor a serial camera.
func openPins(ctx context.Context, s *site) error { return s.makeCard(ctx) }

// upWithLines switches the controller on, with no slot near, and starts the daemon with
// all outputs, unless it is on.
func (s *site) upWithLines(ctx context.Context) error {
	if s.running() {
		return nil
	}
	times := fmt.Sprintf("press = %q\nhalf = %q\ngap = %q\nwake_after = \"1h\"\n", pressTime, halfTime, gapTime)
	if err := s.boot(ctx, emulated.Options{RTC: noon()}, never+allOutputs(times)); err != nil {
		return err
	}
	return s.startWithLines(ctx)
}

// edges ends the daemon in every way, life after life, and wants no output to move:
// neither the shutter's contacts and the heater, at their safe level, nor the camera's
// and the modem's power, which are on. The light goes out with each life, and on again
// with the next.
func edges(ctx context.Context, s *site) error {
	if err := s.upWithLines(ctx); err != nil {
		return err
	}
	// The camera gets its power for the fetch that the daemon begins with.
	if _, _, err := s.await(ctx, 0, "pictures fetched from the camera"); err != nil {
		return err
	}
	if err := s.lit(ctx); err != nil {
		return err
	}
	s.judgeFirstTake(s.machine.Pins().Waveform())
	moved, err := s.endLives(ctx, s.o.Lives)
	if err != nil {
		return err
	}
	for _, pin := range []int{pinPower, pinModem} {
		if !s.machine.Pins().Waveform().Level(pin) {
			s.t.fault("%s was not held", lines()[pin])
		}
	}
	s.t.measured(figure.Figure{
		Name: "unintended-edges", What: "edges on any output at start, stop, kill -9 and restart", Unit: "edges", Reach: figure.AtMost(0),
	}, float64(moved), fmt.Sprintf("%d lives of the daemon, %d outputs", s.o.Lives, len(outputs())))
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
	_, err := s.run(ctx, "old=\n"+fmt.Sprintf(takenLines, len(outputs())))
	return err
}

// judgeFirstTake wants each line to come from where nobody drives it to its level with
// one edge at most: the emulator pulls its pins low, where an active-low contact would
// be closed. The powers and the light go on then, once.
func (s *site) judgeFirstTake(w emulated.Waveform) {
	for _, pin := range outputs() {
		if got := w.Of(pin); len(got) != 1 || !got[0].High {
			s.t.fault("the first start moves %s: %v, want one rising edge", lines()[pin], got)
		}
	}
}

// lit waits until the daemon has lit its light.
func (s *site) lit(ctx context.Context) error {
	return s.until(ctx, replyTime, "the light is dark", func() (bool, error) {
		_, err := s.machine.Pins().Now(ctx)
		return s.machine.Pins().Waveform().Level(pinLight), err
	})
}

// restart ends the daemon by a signal and waits until it is there again with its
// lines.
func (s *site) restart(ctx context.Context, signal string) error {
	from := s.journal.now()
	if _, err := s.run(ctx, "pidof fieldcam >/tmp/old\nkill -"+signal+" $(cat /tmp/old)"); err != nil {
		return err
	}
	if _, _, err := s.await(ctx, from, "warden: life", "is ready"); err != nil {
		return err
	}
	if _, err := s.run(ctx, "old=$(cat /tmp/old)\n"+fmt.Sprintf(takenLines, len(outputs()))); err != nil {
		return err
	}
	return s.lit(ctx)
}

// endLives ends the daemon n times, in turn by SIGTERM and by SIGKILL, and then for
// good. It tells how many edges that nobody wanted the outputs made from before the
// first end until after the last.
func (s *site) endLives(ctx context.Context, n int) (moved int, err error) {
	pins := s.machine.Pins()
	signals := []string{"TERM", "KILL"}
	from, err := pins.Now(ctx)
	if err != nil {
		return 0, err
	}
	judge := func(light []bool) error {
		to, err := pins.Now(ctx)
		if err != nil {
			return err
		}
		for _, e := range unintended(pins.Waveform().Between(from, to), light) {
			s.t.fault("%s went to %v at %v", lines()[e.Pin], e.High, e.At)
			moved++
		}
		from = to
		return nil
	}
	for i := range n {
		if err := s.restart(ctx, signals[i%len(signals)]); err != nil {
			return 0, fmt.Errorf("life %d: %w", i+1, err)
		}
		if err := judge([]bool{false, true}); err != nil {
			return 0, err
		}
		if (i+1)%10 == 0 {
			s.t.say("%d of %d lives", i+1, n)
		}
	}
	if _, err := s.run(ctx, "kill -TERM $(pidof guest)\nwhile pidof guest; do usleep 50000; done"); err != nil {
		return 0, err
	}
	if err := judge([]bool{false}); err != nil {
		return 0, err
	}
	s.t.fact("%d unintended edges on %d outputs in %d lives: %d ended by SIGTERM, %d by SIGKILL; and at the end of the service", moved, len(outputs()), n, (n+1)/2, n/2)
	return moved, nil
}

// unintended are the edges of a part of the waveform but those that the light is to
// make, in their order.
func unintended(w emulated.Waveform, light []bool) (moved emulated.Waveform) {
	for _, e := range w {
		if e.Pin == pinLight && len(light) > 0 && e.High == light[0] {
			light = light[1:]
			continue
		}
		moved = append(moved, e)
	}
	return moved
}
