package trial

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// biteTime is the hardware's time-out here: the warden feeds it each third of
	// that.
	biteTime = 6 * time.Second
	// silenceTime is how long the daemon may be silent; it speaks each 10 s.
	silenceTime = 15 * time.Second
)

// watchdog lets the daemon live under both watchdogs, then freezes it, then freezes
// who feeds the hardware.
func watchdog(ctx context.Context, s *site) error {
	if err := s.up(ctx, time.Time{}); err != nil {
		return err
	}
	if err := s.fed(ctx); err != nil {
		return err
	}
	if err := s.freezeDaemon(ctx); err != nil {
		return err
	}
	if err := s.freezeBoard(ctx); err != nil {
		return err
	}
	// The board begins anew.
	if err := s.up(ctx, time.Time{}); err != nil {
		return err
	}
	if err := s.photos(ctx, 1); err != nil {
		return err
	}
	return s.judgeLedger(ctx, interval)
}

// fed waits until the daemon has lived for longer than both time-outs and wants nobody
// to have bitten.
func (s *site) fed(ctx context.Context) error {
	const long = silenceTime + 5*time.Second
	for {
		now, err := s.uptime(ctx)
		if err != nil {
			return err
		}
		if now-s.started >= long {
			break
		}
		if _, err := s.run(ctx, "sleep 1"); err != nil {
			return err
		}
	}
	if n := s.machine.Monitor().Happened("WATCHDOG"); n > 0 {
		s.t.fault("the hardware's watchdog bit %d times while it was fed", n)
	}
	if n := s.journal.count("warden: life", "begins"); n != s.lives {
		s.t.fault("the daemon was started %d times, want %d", n, s.lives)
	}
	s.t.fact("fed for %v and more: neither the service's watchdog (%v) nor the hardware's (%v) has bitten", long, silenceTime, biteTime)
	return nil
}

// freezeDaemon stops the daemon in its tracks: it is started again, and takes photos.
func (s *site) freezeDaemon(ctx context.Context) error {
	from := s.journal.now()
	if _, err := s.run(ctx, "kill -STOP $(pidof fieldcam)"); err != nil {
		return err
	}
	_, next, err := s.await(ctx, from, "warden: life", "is silent")
	if err != nil {
		return err
	}
	if _, next, err = s.await(ctx, next, "warden: life", "is ready"); err != nil {
		return err
	}
	if _, _, err = s.await(ctx, next, "photo taken"); err != nil {
		return err
	}
	s.lives++
	s.t.fact("a daemon that hangs is started again, and takes photos")
	return nil
}

// freezeBoard stops who feeds the hardware's watchdog: it resets the board.
func (s *site) freezeBoard(ctx context.Context) error {
	frozen := time.Now()
	if _, err := s.run(ctx, "kill -STOP $(pidof guest)"); err != nil {
		return err
	}
	select {
	case <-s.machine.Ended():
	case <-ctx.Done():
		return fmt.Errorf("the board goes on without being fed: %w", ctx.Err())
	}
	bitten := time.Since(frozen)
	if err := s.machine.Wait(); err != nil {
		return err
	}
	// The 32-bit kernel's is software, of which the emulator knows nothing.
	if s.machine.Monitor().Happened("WATCHDOG") == 0 && s.journal.count("softdog: Initiating system reboot") == 0 {
		s.t.fault("the board ended, but not by its watchdog")
	}
	s.cuts++
	s.t.fact("nobody feeds the hardware's watchdog: it resets the board %v later", bitten.Round(time.Second))
	return nil
}

// uptime is how long the guest has been running.
func (s *site) uptime(ctx context.Context) (time.Duration, error) {
	out, err := s.run(ctx, "cat /proc/uptime")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(out, " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0, errors.Join(errors.New("read the guest's uptime"), err)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
