package heartbeat_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/message"
)

// wantCheckIns wants statuses of check-ins that come late, one for each hour from
// first on, and behind them the latest, retained.
func wantCheckIns(t *testing.T, all []sent, first time.Time, n int) {
	t.Helper()
	if len(all) != n+1 {
		t.Fatalf("got %d statuses, want %d late ones and the latest", len(all), n)
	}
	for i, s := range all[:n] {
		m := status(t, s)
		slot := first.Add(time.Duration(i) * time.Hour)
		if after := m.At.Time().Sub(slot); after < 0 || after > 2*time.Minute || !m.Late || s.kept || m.Queue.Waiting != 3 {
			t.Errorf("status %d: got %+v, kept %t, want that of %v", i, m, s.kept, slot)
		}
	}
	last := all[n]
	if m := status(t, last); !last.kept || m.Late || m.At != message.At(last.at) {
		t.Errorf("the latest: got %+v, kept %t", m, last.kept)
	}
}

// TestCheckInsOfAnOutageComeAfterIt, with their own times, and none twice.
func TestCheckInsOfAnOutageComeAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, hourly)
		r.link.set(true, false)
		start := time.Now()
		time.Sleep(30*time.Hour + 10*time.Minute)
		r.link.set(false, false)
		r.LinkUp()
		synctest.Wait()
		wantCheckIns(t, r.link.of(message.KindStatus), start.Add(time.Hour), 30)
		time.Sleep(2 * time.Hour)
		for _, s := range r.link.of(message.KindStatus)[31:] {
			if status(t, s).Late {
				t.Errorf("got %s again", s.payload)
			}
		}
	})
}

// TestCheckInsOfAnOutageOutliveAPowerCut, the newest of them.
func TestCheckInsOfAnOutageOutliveAPowerCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), heartbeat.FileName)
		o := heartbeat.Options{CheckIn: hourly, Path: path}
		start := time.Now()
		const hours = 3 * heartbeat.MaxLate / 2
		r := runWith(t, &clock{}, 5*time.Minute, o)
		r.link.set(true, false)
		time.Sleep(hours/2*time.Hour + 10*time.Minute)
		r.stop() // writes nothing: the same as a power cut
		r = runWith(t, &clock{}, 5*time.Minute, o)
		r.link.set(true, false)
		time.Sleep(hours / 2 * time.Hour)
		if st, err := os.Stat(path); err != nil || st.Size() > 400<<10 {
			t.Errorf("the file: %v, %v, want at most 400 KiB", st, err)
		}
		r.stop()
		r = runWith(t, &clock{}, 5*time.Minute, o)
		r.LinkUp()
		synctest.Wait()
		wantCheckIns(t, r.link.of(message.KindStatus), start.Add((hours-heartbeat.MaxLate+1)*time.Hour), heartbeat.MaxLate)
		r.stop()
		r = runWith(t, &clock{}, 5*time.Minute, o)
		r.LinkUp()
		synctest.Wait()
		if all := r.link.of(message.KindStatus); len(all) != 1 {
			t.Errorf("got %d statuses after the next start, want the latest alone", len(all))
		}
	})
}

// TestBrokenLinkInTheMiddleOfLateStatusesLosesNone.
func TestBrokenLinkInTheMiddleOfLateStatusesLosesNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, 5*time.Minute, hourly)
		r.link.set(true, false)
		start := time.Now()
		time.Sleep(5*time.Hour + 10*time.Minute)
		r.link.limit(2)
		r.LinkUp()
		synctest.Wait()
		time.Sleep(time.Minute)
		r.link.set(false, false)
		r.link.limit(0)
		time.Sleep(time.Minute)
		synctest.Wait()
		wantCheckIns(t, r.link.of(message.KindStatus), start.Add(time.Hour), 5)
	})
}

// TestOftenCheckInsWearTheCardLittle: one in ten minutes is kept.
func TestOftenCheckInsWearTheCardLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := 0
		r := runWith(t, &clock{}, 5*time.Minute, heartbeat.Options{
			Path:  filepath.Join(t.TempDir(), heartbeat.FileName),
			Fault: func(string) error { steps++; return nil },
			CheckIn: func(after time.Time) (time.Time, bool) {
				return after.Truncate(5 * time.Second).Add(5 * time.Second), true
			},
		})
		r.link.set(true, false)
		time.Sleep(10 * time.Hour)
		r.stop()
		if steps < 50 || steps > 61 {
			t.Errorf("got %d writes in 10 hours, want 60 at the most", steps)
		}
	})
}

// TestFullCardKeepsCheckInsInMemory, and says so once; a damaged file costs what is
// damaged.
func TestFullCardKeepsCheckInsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		path := filepath.Join(t.TempDir(), heartbeat.FileName)
		if err := os.WriteFile(path, []byte("no journal\n\x00"), 0o600); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r := runWith(t, &clock{}, 5*time.Minute, heartbeat.Options{
			CheckIn: hourly, Path: path, Log: zerolog.New(&log),
			Fault: func(string) error { return errors.New("no space left on device") },
		})
		r.link.set(true, false)
		time.Sleep(5*time.Hour + 10*time.Minute)
		r.link.set(false, false)
		r.LinkUp()
		synctest.Wait()
		wantCheckIns(t, r.link.of(message.KindStatus), start.Add(time.Hour), 5)
		r.stop()
		for _, want := range []string{"in memory only", "are damaged"} {
			if n := strings.Count(log.String(), want); n != 1 {
				t.Errorf("said %q %d times, want once:\n%s", want, n, log.String())
			}
		}
	})
}

// TestTimesOfLateStatusesArePutRight where the clock was unset when they were made.
func TestTimesOfLateStatusesArePutRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clock{}
		c.set(false)
		c.jump(-24 * 365 * time.Hour)
		start := time.Now()
		r := runWith(t, c, 5*time.Minute, heartbeat.Options{CheckIn: hourly})
		r.link.set(true, false)
		time.Sleep(5*time.Hour + 10*time.Minute)
		c.jump(24 * 365 * time.Hour)
		c.set(true)
		r.link.set(false, false)
		r.LinkUp()
		synctest.Wait()
		all := r.link.of(message.KindStatus)
		wantCheckIns(t, all[:min(6, len(all))], start.Add(time.Hour), 5) // behind it the check-in that the step is
	})
}

// TestQuietTimeIsTriedGently: with a broker that hangs, a try each 8 to 15
// minutes, one at the moment of return, and all that was kept after it.
func TestQuietTimeIsTriedGently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ends, returns := start.Add(4*time.Hour), start.Add(4*time.Hour+7*time.Minute)
		r := runWith(t, &clock{}, 5*time.Minute, heartbeat.Options{CheckIn: hourly, Quiet: func(at time.Time) (time.Time, time.Time, bool) {
			return ends, returns, at.Before(returns)
		}})
		r.link.set(false, true)
		r.health.Raise(health.CardFull, health.Critical, "full")
		time.Sleep(time.Until(returns) - time.Millisecond)
		synctest.Wait()
		tried := r.link.tried
		for i := 1; i < len(tried); i++ {
			if gap := tried[i].Sub(tried[i-1]); gap < 8*time.Minute {
				t.Errorf("try %d: %v after the one before, want 8 minutes at the least", i, gap)
			}
		}
		if n := len(tried); n < 4*60/20 || n > 4*60/8 {
			t.Errorf("got %d tries in 4 hours, want one each 8 to 15 minutes", n)
		}
		if last := tried[len(tried)-1]; last.After(ends) {
			t.Errorf("a try at %v, between the end and the return", last)
		}
		beats := r.link.tries - len(tried)
		if beats > 4*60/8+1 {
			t.Errorf("got %d heartbeats tried in 4 hours, want them gentle too", beats)
		}
		r.link.set(false, false)
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := len(r.link.of(message.KindCondition)); n != 1 {
			t.Errorf("got %d events at the moment of return, want 1", n)
		}
		wantCheckIns(t, r.link.of(message.KindStatus), start.Add(time.Hour), 4)
	})
}

// TestWhatWorksInQuietTimeGoesOn: heartbeats, check-ins and events, and at once
// after the link came back.
func TestWhatWorksInQuietTimeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := runWith(t, &clock{}, 5*time.Minute, heartbeat.Options{CheckIn: hourly, Quiet: func(at time.Time) (time.Time, time.Time, bool) {
			return at.Add(24 * time.Hour), at.Add(25 * time.Hour), true
		}})
		r.LinkUp()
		time.Sleep(12*time.Hour + time.Minute)
		if n := len(r.link.of(message.KindStatus)); n != 13 {
			t.Errorf("got %d statuses in 12 hours, want 13", n)
		}
		if n := len(r.link.of(message.KindHeartbeat)); n < 130 {
			t.Errorf("got %d heartbeats in 12 hours, want 144 or so", n)
		}
		r.link.set(true, false)
		time.Sleep(time.Minute)
		r.health.Raise(health.CardFull, health.Critical, "full")
		time.Sleep(time.Minute)
		r.link.set(false, false)
		r.LinkUp()
		synctest.Wait()
		if n := len(r.link.of(message.KindCondition)); n != 1 {
			t.Errorf("got %d events after the link came up, want 1 at once", n)
		}
	})
}
