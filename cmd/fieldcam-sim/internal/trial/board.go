package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// suiteLines are the names of the lines for the suite.
func suiteLines() []string { return []string{4: "IN", 5: "OUT", 6: "SYNC", 7: "SYNC_IN"} }

// wiring is what the conformance suite of hal/linux wants to find (its
// board_test.go): two pairs of lines, of which this machine drives the second as the
// first goes, two ports with crossed lines, a watchdog, and a clock.
const wiring = "out=OUT in=IN sync=SYNC sync_in=SYNC_IN port=" + emulated.SerialPort + " far=" + emulated.USBPort +
	" watchdog=" + emulated.Watchdog + " rtc=/dev/rtc0"

// wires are the pairs, by pin.
func wires() map[int]int { return map[int]int{5: 4, 6: 7} }

// openBoard has a card, and nothing around it.
func openBoard(ctx context.Context, s *site) error { return s.makeCard(ctx) }

// board runs the conformance suite in the guest.
func board(ctx context.Context, s *site) (err error) {
	if s.o.Board == "" {
		return errors.New("no program with hal/linux's tests")
	}
	crossed, err := cross()
	if err != nil {
		return err
	}
	s.also = append(s.also, crossed.close)
	pins := make(chan *emulated.Pins, 1) // once there are some
	mirror := func(e emulated.Edge) {
		in, wired := wires()[e.Pin]
		if !wired {
			return
		}
		p := <-pins
		pins <- p
		if err := p.Drive(ctx, in, e.High); err != nil {
			s.t.say("%v", err) // the suite fails for it
		}
	}
	name := filepath.Base(s.o.Board)
	err = s.boot(ctx, emulated.Options{
		Lines: suiteLines(), Serial: crossed.ends[0].Path(), USB: crossed.ends[1].Path(), Watchdog: true, Edge: mirror,
		Guest: map[string]string{name: s.o.Board},
	}, "")
	if err != nil {
		return err
	}
	pins <- s.machine.Pins()
	s.t.say("the suite runs in the guest")
	out, err := s.machine.Shell().Run(ctx, fmt.Sprintf("FIELDCAM_BOARD=%q ./%s -test.run OnTheBoard -test.v", wiring, name))
	var failed *emulated.CommandError
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	log := filepath.Join(s.dir, "board.log")
	if err := os.WriteFile(log, []byte(out), 0o644); err != nil {
		return fmt.Errorf("write the suite's log: %w", err)
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
			s.t.fault("%s %s", verdict, test)
		} else if !strings.Contains(test, "/") {
			suites = append(suites, test)
		}
	}
	if failed != nil || len(suites) == 0 {
		s.t.fault("the suite did not pass: see %s", log)
	}
	s.t.fact("%d checks passed: %s", verdicts["--- PASS"], strings.Join(suites, ", "))
	return nil
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
