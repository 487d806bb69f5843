package trial

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// wiring is what the conformance suite of hal/linux wants to find (its
// board_test.go): two pairs of lines, of which this machine drives the second as the
// first goes, two ports with crossed lines, a watchdog, and a clock.
const wiring = "out=SPARE5 in=CONFIRM sync=SPARE6 sync_in=SPARE7 port=" + emulated.SerialPort + " far=" + emulated.USBPort +
	" watchdog=" + emulated.Watchdog + " rtc=/dev/rtc0"

// wires are the pairs, by pin.
func wires() map[int]int { return map[int]int{5: pinConfirm, 6: 7} }

// board runs the conformance suite in the guest.
func board(ctx context.Context, t *take) (err error) {
	if t.o.Board == "" {
		return errors.New("no program with hal/linux's tests")
	}
	s, err := openSite(ctx, t, false, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	crossed, err := cross()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crossed.close()) }()
	pins := make(chan *emulated.Pins, 1) // once there are some
	mirror := func(e emulated.Edge) {
		in, wired := wires()[e.Pin]
		if !wired {
			return
		}
		p := <-pins
		pins <- p
		if err := p.Drive(ctx, in, e.High); err != nil {
			t.said.Lock()
			defer t.said.Unlock()
			fmt.Fprintf(t.o.Progress, "%s: %v\n", t.name, err) // the suite fails for it
		}
	}
	name := filepath.Base(t.o.Board)
	err = s.boot(ctx, emulated.Options{
		Serial: crossed.ends[0].Path(), USB: crossed.ends[1].Path(), Watchdog: true, Edge: mirror,
		Guest: map[string]string{name: t.o.Board},
	}, "")
	if err != nil {
		return err
	}
	pins <- s.machine.Pins()
	t.say("the suite runs in the guest")
	out, err := s.machine.Shell().Run(ctx, fmt.Sprintf("FIELDCAM_BOARD=%q ./%s -test.run OnTheBoard -test.v", wiring, name))
	var failed *emulated.CommandError
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	verdicts := map[string]int{}
	var suites []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		verdict, test, ok := strings.Cut(line, ": ")
		if !ok || !strings.HasPrefix(verdict, "--- ") {
			continue
		}
		verdicts[verdict]++
		test, _, _ = strings.Cut(test, " ")
		if verdict != "--- PASS" {
			t.fault("%s %s", verdict, test)
		} else if !strings.Contains(test, "/") {
			suites = append(suites, test)
		}
	}
	if failed != nil || len(suites) == 0 {
		t.fault("the suite did not pass: %s", lastLines(out))
	}
	t.fact("%d checks passed: %s", verdicts["--- PASS"], strings.Join(suites, ", "))
	return nil
}

// lastLines is the end of what a test printed.
func lastLines(out string) string {
	const most = 4000
	return out[max(0, len(out)-most):]
}

// crossed are two serial lines, each the other's far end.
type crossed struct {
	ends    [2]*serialsim.Pty
	copying sync.WaitGroup
}

// cross makes them. What is sent takes the time of its rate.
func cross() (*crossed, error) {
	c := &crossed{}
	for n := range c.ends {
		var err error
		if c.ends[n], err = serialsim.OpenPty(); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	for n := range c.ends {
		from, to := c.ends[n], c.ends[1-n]
		c.copying.Go(func() {
			b := make([]byte, 1)
			for {
				n, err := from.Read(b)
				if err != nil {
					return // closed
				}
				if _, err := to.Write(b[:n]); err != nil {
					return // closed
				}
			}
		})
	}
	return c, nil
}

func (c *crossed) close() error {
	var err error
	for _, e := range c.ends {
		if e != nil {
			err = errors.Join(err, e.Close())
		}
	}
	c.copying.Wait()
	return err
}
