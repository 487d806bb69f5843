package health_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/health/journal"
)

// TestEventsOutliveAPowerCut, with their numbers and times, and numbers go on.
func TestEventsOutliveAPowerCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		r, _ := d.boot()
		r.Raise(health.CardFull, health.Critical, "0 MB free")
		time.Sleep(time.Minute)
		r.Clear(health.CardFull)
		r.Raise(health.CameraFault, health.Critical, "silent")
		synctest.Wait() // it is on the card by now: the power is cut
		time.Sleep(time.Hour)

		r, _ = d.boot()
		want(t, "active", active(r), []string{"camera-fault"})
		time.Sleep(time.Hour)
		r.Clear(health.CameraFault)
		r.Raise(health.PhotoLost, health.Critical, "one")
		want(t, "events", drain(r), []string{
			`1 00:00:00 raised=true card-full critical "0 MB free"`,
			`2 00:01:00 raised=false card-full critical "0 MB free"`,
			`3 00:01:00 raised=true camera-fault critical "silent"`,
			`4 02:01:00 raised=false camera-fault critical "silent"`,
			`5 02:01:00 raised=true photo-lost critical "one"`,
		})
	})
}

// TestSentEventsStaySent: after a stop none comes again; after a power cut those
// of the last minutes may, with the same number and time.
func TestSentEventsStaySent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		r, stop := d.boot()
		r.Raise(health.CardFull, health.Critical, "")
		r.Raise(health.CameraFault, health.Critical, "")
		first, _ := r.Unsent()
		r.Sent(first.Seq)
		stop()
		r, _ = d.boot()
		if e, ok := r.Unsent(); !ok || e.Seq != 2 {
			t.Errorf("got %s, want the second", tell(e))
		}
		drain(r)
		time.Sleep(11 * time.Minute) // the file is told at leisure: the power is cut
		r, _ = d.boot()
		want(t, "events", drain(r), nil)
		want(t, "active", active(r), []string{"camera-fault", "card-full"})
		r.Clear(health.CardFull)
		synctest.Wait()
		drain(r)
		r, _ = d.boot() // at once
		want(t, "events", drain(r), []string{`3 00:11:00 raised=false card-full critical ""`})
	})
}

// TestConditionOfBeforeIsClearedByTheFirstWhoSaysSo, or a day later where nobody
// does.
func TestConditionOfBeforeIsClearedByTheFirstWhoSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		r, stop := d.boot()
		for _, n := range []health.Name{health.CardFull, health.CameraFault, health.CloudUnreachable, health.PhotoDamaged} {
			r.Raise(n, n.Severity(), "")
		}
		drain(r)
		stop()
		r, _ = d.boot()
		synctest.Wait()
		r.Raise(health.CameraFault, health.Critical, "still silent") // no change: no event
		r.Clear(health.CardFull)
		want(t, "events", drain(r), []string{
			`5 00:00:00 raised=false photo-damaged warning ""`, // it stays until the next start
			`6 00:00:00 raised=false card-full critical ""`,
		})
		time.Sleep(health.LapseAfter - time.Second)
		want(t, "events", drain(r), nil)
		time.Sleep(2 * time.Second)
		want(t, "events", drain(r), []string{`7 01:00:00 raised=false cloud-unreachable warning ""`})
		time.Sleep(30 * 24 * time.Hour)
		want(t, "events", drain(r), nil)
		want(t, "active", active(r), []string{"camera-fault"})
	})
}

// TestFullCardKeepsEventsInMemory, says so once, and writes them once it can.
func TestFullCardKeepsEventsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		d.fail(errors.New("no space left on device"))
		r, _ := d.boot()
		const events = 3 * health.MaxEvents
		for n := range events / 2 {
			r.Raise(health.UploadFailing, health.Warning, fmt.Sprint(n))
			r.Clear(health.UploadFailing)
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if n := strings.Count(d.log.String(), "in memory only"); n != 1 {
			t.Errorf("said %d times, want once", n)
		}
		if e, ok := r.Unsent(); !ok || e.Seq != 1 {
			t.Errorf("got %s, want the first event", tell(e))
		}
		d.fail(nil)
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		r, _ = d.boot()
		changes := 0
		for e, ok := r.Unsent(); ok; e, ok = r.Unsent() {
			changes += 1 + e.Repeats
			r.Sent(e.Seq)
		}
		if changes != events {
			t.Errorf("after a power cut: got %d changes, want %d", changes, events)
		}
		if n := strings.Count(d.log.String(), "on the card again"); n != 1 {
			t.Errorf("said %d times that it is well, want once", n)
		}
	})
}

// TestFlappingWearsTheCardLittle: one write a minute, and the file stays small.
func TestFlappingWearsTheCardLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		r, _ := d.boot()
		for range 2 * 60 * 60 {
			r.Raise(health.UploadFailing, health.Warning, "flap")
			r.Clear(health.UploadFailing)
			time.Sleep(time.Second)
			drain(r)
		}
		if n := d.written(); n > 2*60+50 {
			t.Errorf("got %d writes in 2 hours, want one a minute", n)
		}
		if st, err := os.Stat(d.path); err != nil || st.Size() > 256<<10 {
			t.Errorf("the file has %d bytes (%v), want at most 256 KiB", st.Size(), err)
		}
	})
}

// TestTimesOfAnUnsetClockArePutRight, or marked where nobody can know better.
func TestTimesOfAnUnsetClockArePutRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		const off = -20 * 365 * 24 * time.Hour
		d.clock.set(off, false)
		start := time.Now().UTC().Round(0)
		r, stop := d.boot()
		r.Raise(health.CameraFault, health.Critical, "of the first start")
		stop()
		r, _ = d.boot()
		time.Sleep(time.Hour)
		r.Raise(health.CardFull, health.Critical, "")
		time.Sleep(time.Hour)
		r.Clear(health.CardFull)
		r.Raise(health.PhotoLost, health.Critical, "")
		time.Sleep(time.Hour)
		d.clock.set(0, true)
		r.Raise(health.PhotoLost, health.Critical, "")
		for i, c := range []struct {
			at, first time.Time
			unsynced  bool
		}{
			{start.Add(off), start.Add(off), true},
			{start.Add(time.Hour), start.Add(time.Hour), false},
			{start.Add(2 * time.Hour), start.Add(time.Hour), false},
			{start.Add(2 * time.Hour), start.Add(2 * time.Hour), false},
		} {
			e, _ := r.Unsent()
			if !e.At.Equal(c.at) || !e.First.Equal(c.first) || e.Unsynced != c.unsynced {
				t.Errorf("event %d: got %v, first %v, unsynced %t, want %+v", i, e.At, e.First, e.Unsynced, c)
			}
			r.Sent(e.Seq)
		}
		for _, c := range r.Active() {
			if c.Name == health.PhotoLost && (!c.First.Equal(start.Add(2*time.Hour)) || !c.Last.Equal(start.Add(3*time.Hour))) {
				t.Errorf("got %+v, want its times put right", c)
			}
		}
	})
}

// TestDamagedFileCostsOnlyWhatIsDamaged, and it is said.
func TestDamagedFileCostsOnlyWhatIsDamaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice(t)
		r, stop := d.boot()
		for n := range 5 {
			r.Raise(health.Name(fmt.Sprint("fault-", n)), health.Warning, "")
			synctest.Wait()
		}
		stop()
		content, err := os.ReadFile(d.path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(content, []byte("fault-2"))
		content[at] = 0
		if err := os.WriteFile(d.path, append(content, "half a li"...), 0o600); err != nil {
			t.Fatal(err)
		}
		r, _ = d.boot()
		if got := len(drain(r)); got != 4 {
			t.Errorf("got %d events, want 4", got)
		}
		if !strings.Contains(d.log.String(), "damaged") {
			t.Errorf("the log does not say it: %s", d.log.String())
		}
		r.Raise(health.CardFull, health.Critical, "")
		if e, _ := r.Unsent(); e.Seq != 6 {
			t.Errorf("got %s, want number 6", tell(e))
		}
		d.log.reset()
		synctest.Wait()
		if d.boot(); strings.Contains(d.log.String(), "damaged") {
			t.Errorf("the damage is still there after it was said: %s", d.log.String())
		}
	})
}

// FuzzAnyFileIsOpened: what a hostile card says makes no event that the wire
// refuses, and stops none.
func FuzzAnyFileIsOpened(f *testing.F) {
	f.Add([]byte(`{"state":{"seq":7,"through":7,"anew":true}}`))
	f.Add([]byte(`{"event":{"seq":18446744073709551615,"name":"card-full","severity":"critical"}}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		path := filepath.Join(t.TempDir(), health.FileName)
		writeRecords(t, path, record)
		r := health.Open(health.Options{Path: path, Clock: clock{}, Log: zerolog.Nop()})
		r.Raise("fault-new", health.Warning, "")
		seen := false
		last := uint64(0)
		for e, ok := r.Unsent(); ok; e, ok = r.Unsent() {
			seen = seen || e.Name == "fault-new"
			if e.Seq <= last {
				t.Fatalf("event %d after %d", e.Seq, last)
			}
			last = e.Seq
			r.Sent(e.Seq)
		}
		if !seen && !bytes.Contains(record, []byte("fault-new")) {
			t.Error("a new event is not told")
		}
	})
}

// writeRecords writes a file whose lines' sums are right.
func writeRecords(t testing.TB, path string, content []byte) {
	t.Helper()
	file := journal.File{Path: path}
	for _, line := range bytes.Split(content, []byte("\n")) {
		if len(line) > 0 && len(line) <= journal.MaxRecord {
			if _, err := file.Append(line); err != nil {
				t.Fatal(err)
			}
		}
	}
}
