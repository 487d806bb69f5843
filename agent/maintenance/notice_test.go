package maintenance_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
)

// fleetKey is the key that the fleet trusts, and strangersKey one that it does not.
func fleetKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
}
func strangersKey() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
}

// trusting is a configuration with that key.
func trusting(key ed25519.PrivateKey) maintenance.Config {
	c := maintenance.Default()
	c.NoticeKey = base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	return c
}

// open makes a Calendar that keeps its notices in dir.
func open(t testing.TB, c maintenance.Config, clock *clock, dir string, log *bytes.Buffer) *maintenance.Calendar {
	t.Helper()
	o := maintenance.Options{Device: "pole-17", Clock: clock, Dir: dir, Log: zerolog.Nop()}
	if log != nil {
		o.Log = zerolog.New(log)
	}
	cal, err := maintenance.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// once is a window of a notice that takes place once, in UTC.
func once(start time.Time, d time.Duration) message.NoticeWindow {
	return message.NoticeWindow{Name: "upgrade", Class: message.Maintenance, Start: start.UTC().Format(time.DateTime), DurationSeconds: uint32(d / time.Second)}
}

// notice is one for pole-17.
func notice(number int64, issued time.Time, windows ...message.NoticeWindow) message.Notice {
	return message.Notice{ID: fmt.Sprint("notice-", number), Device: "pole-17", N: number, Issued: message.At(issued), Windows: windows}
}

// signed is n on the wire.
func signed(t testing.TB, n message.Notice, key ed25519.PrivateKey) []byte {
	t.Helper()
	b, err := n.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// accept makes cal take n, signed by the fleet's key.
func accept(t testing.TB, cal *maintenance.Calendar, n message.Notice) {
	t.Helper()
	if changed, err := cal.Accept(signed(t, n, fleetKey())); err != nil || !changed {
		t.Fatalf("accept: got %t, %v, want a change", changed, err)
	}
}

func isQuiet(cal *maintenance.Calendar, at time.Time) bool {
	_, _, ok := cal.Quiet(at)
	return ok
}

func TestAnnouncedWindowIsQuietAndSurvivesARestart(t *testing.T) {
	now := &clock{now: utc(t, "2026-11-21 12:00")}
	dir := t.TempDir()
	cal := open(t, trusting(fleetKey()), now, dir, nil)
	start := now.now.AddDate(0, 0, 10)
	n := notice(1, now.now, once(start, 3*time.Hour))
	n.SpreadSeconds = 7200
	accept(t, cal, n)
	fleet := notice(9, now.now, once(start.Add(time.Hour), 4*time.Hour))
	fleet.Device = message.Fleet
	accept(t, cal, fleet)
	for name, cal := range map[string]*maintenance.Calendar{"before": cal, "after the restart": open(t, trusting(fleetKey()), now, dir, nil)} {
		ends, returns, ok := cal.Quiet(start)
		if !ok || !ends.Equal(start.Add(5*time.Hour)) || returns.Before(ends) || returns.Sub(ends) > 10*time.Minute {
			t.Errorf("%s: got %v, %v, %t, want quiet until the end of the fleet's window, and its spread", name, ends, returns, ok)
		}
		if all := cal.Between(start, start.AddDate(1, 0, 0)); len(all) != 2 || all[0].Notice != "notice-1" || all[0].Spread != 2*time.Hour {
			t.Errorf("%s: got %+v, want both windows", name, all)
		}
	}
}

func TestCancelledWindowIsNotQuiet(t *testing.T) {
	now := &clock{now: utc(t, "2026-11-21 12:00")}
	dir := t.TempDir()
	cal := open(t, trusting(fleetKey()), now, dir, nil)
	start := now.now.Add(24 * time.Hour)
	accept(t, cal, notice(1, now.now, once(start, time.Hour)))
	now.now = now.now.Add(time.Hour)
	accept(t, cal, notice(2, now.now))
	if isQuiet(cal, start) || isQuiet(open(t, trusting(fleetKey()), now, dir, nil), start) {
		t.Error("quiet in a window that was cancelled")
	}
}

func TestBadNoticesAreRefusedWithTheirReason(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	start := at.Add(24 * time.Hour)
	good := signed(t, notice(5, at, once(start, time.Hour)), fleetKey())
	with := func(change func(*message.Notice)) []byte {
		n := notice(6, at.Add(time.Minute), once(start.AddDate(0, 0, 1), time.Hour))
		change(&n)
		return signed(t, n, fleetKey())
	}
	window := func(change func(*message.NoticeWindow)) []byte {
		return with(func(n *message.Notice) { change(&n.Windows[0]) })
	}
	for name, c := range map[string]struct {
		payload []byte
		want    string
	}{
		"by another key": {signed(t, notice(6, at.Add(time.Minute), once(start, time.Hour)), strangersKey()), "not signed"},
		"not signed":     {[]byte(`{"v":1,"id":"x","device":"pole-17","n":6,"t":1795244400,"windows":[]}`), "not signed"},
		"altered":        {bytes.Replace(good, []byte(`"n":5`), []byte(`"n":6`), 1), "not signed"},
		"for another":    {with(func(n *message.Notice) { n.Device = "pole-18" }), `is for "pole-18"`},
		"old number":     {with(func(n *message.Notice) { n.N = 4 }), "number 4 is not newer than 5"},
		"same number":    {with(func(n *message.Notice) { n.N = 5 }), "number 5 is not newer than 5"},
		"issued earlier": {with(func(n *message.Notice) { n.Issued = message.At(at) }), "issued before"},
		"of the future":  {with(func(n *message.Notice) { n.Issued = message.At(at.AddDate(0, 0, 2)) }), "in the future"},
		"far future":     {with(func(n *message.Notice) { n.Issued = message.At(at.AddDate(900, 0, 0)) }), "in the year 2926"},
		"unknown zone":   {window(func(w *message.NoticeWindow) { w.Zone = "Mars/Olympus" }), "time_zone"},
		"hourly":         {window(func(w *message.NoticeWindow) { w.Rule = "FREQ=HOURLY" }), "FREQ=DAILY"},
		"never":          {window(func(w *message.NoticeWindow) { w.Rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }), "comes true"},
		"30 February":    {window(func(w *message.NoticeWindow) { w.Start = "2026-02-30 10:00" }), "start"},
		"endless": {with(func(n *message.Notice) {
			w := n.Windows[0]
			w.Rule = "FREQ=DAILY"
			n.Windows = []message.NoticeWindow{w, w, w}
		}), "more than 1000 windows"},
		"not JSON": {[]byte("hello"), "parse notice"},
		"empty":    {nil, "parse notice"},
		"too long": {bytes.Repeat([]byte(" "), message.MaxNotice+1), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			cal := open(t, trusting(fleetKey()), &clock{now: at}, t.TempDir(), nil)
			if changed, err := cal.Accept(good); err != nil || !changed {
				t.Fatalf("the good one: got %t, %v", changed, err)
			}
			changed, err := cal.Accept(c.payload)
			if changed || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %t, %v, want no change and %q", changed, err, c.want)
			}
			if !isQuiet(cal, start) || isQuiet(cal, start.AddDate(0, 0, 1)) {
				t.Error("the refused notice changed the calendar")
			}
		})
	}
	t.Run("without a key", func(t *testing.T) {
		cal := open(t, maintenance.Default(), &clock{now: at}, t.TempDir(), nil)
		if changed, err := cal.Accept(good); changed || err == nil || isQuiet(cal, start) {
			t.Errorf("got %t, %v, want it ignored", changed, err)
		}
	})
	t.Run("too old", func(t *testing.T) {
		cal := open(t, trusting(fleetKey()), &clock{now: at.AddDate(0, 0, 401)}, t.TempDir(), nil)
		if changed, err := cal.Accept(good); changed || err == nil {
			t.Errorf("got %t, %v, want it refused", changed, err)
		}
	})
	t.Run("too old for a clock that is not set", func(t *testing.T) {
		cal := open(t, trusting(fleetKey()), &clock{now: at.AddDate(0, 0, 401), unsynced: true}, t.TempDir(), nil)
		if changed, err := cal.Accept(good); !changed || err != nil {
			t.Errorf("got %t, %v, want it taken", changed, err)
		}
	})
}

// TestRepeatedNoticeIsNoFault: the broker sends it at each connect.
func TestRepeatedNoticeIsNoFault(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	cal := open(t, trusting(fleetKey()), &clock{now: at}, t.TempDir(), nil)
	payload := signed(t, notice(5, at, once(at, time.Hour)), fleetKey())
	for n := range 3 {
		if changed, err := cal.Accept(payload); err != nil || changed != (n == 0) {
			t.Errorf("time %d: got %t, %v, want a change the first time only", n+1, changed, err)
		}
	}
}

// TestNothingCountsLongAfterTheNotice that announced it.
func TestNothingCountsLongAfterTheNotice(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	cal := open(t, trusting(fleetKey()), &clock{now: at}, "", nil)
	w := once(at, time.Hour)
	w.Rule = "FREQ=MONTHLY"
	accept(t, cal, notice(1, at, w))
	all := cal.Between(at, at.AddDate(9, 0, 0))
	if n := len(all); n != 14 || isQuiet(cal, at.AddDate(0, 14, 0)) {
		t.Errorf("got %d windows, the last %+v, want those of 400 days", n, all[n-1])
	}
}

// TestNoticeOfABrokenClockHeals: it came while the clock was a year ahead.
func TestNoticeOfABrokenClockHeals(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	now := &clock{now: at.AddDate(1, 0, 0), unsynced: true}
	dir := t.TempDir()
	cal := open(t, trusting(fleetKey()), now, dir, nil)
	n := notice(1, at, once(at.Add(time.Hour), time.Hour))
	accept(t, cal, n)
	*now = clock{now: at}
	if changed, err := cal.Accept(signed(t, n, fleetKey())); changed || err != nil {
		t.Fatalf("got %t, %v", changed, err)
	}
	if !isQuiet(cal, at.Add(time.Hour)) || !isQuiet(open(t, trusting(fleetKey()), now, dir, nil), at.Add(time.Hour)) {
		t.Error("not quiet in the window, by a clock that is right again")
	}
}

// TestNoticesAreReadInTheBackground, each refusal said once.
func TestNoticesAreReadInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := utc(t, "2026-11-21 12:00")
		var log bytes.Buffer
		var reasons []error
		changes := 0
		cal, err := maintenance.New(trusting(fleetKey()), maintenance.Options{
			Device: "pole-17", Clock: &clock{now: at}, Log: zerolog.New(&log),
			Rejected: func(err error) { reasons = append(reasons, err) }, Changed: func() { changes++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- cal.Run(ctx) }()
		topics := cal.Topics()
		good := signed(t, notice(1, at, once(at, time.Hour)), fleetKey())
		for range 3 { // three connects
			for _, payload := range [][]byte{[]byte("forged"), good, nil} {
				cal.Receive(topics[0], payload)
				synctest.Wait()
			}
		}
		for range 10_000 { // a flood
			cal.Receive(topics[1], good)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !isQuiet(cal, at) || changes != 1 || len(reasons) != 3 || reasons[0] == nil || reasons[1] != nil || reasons[2] == nil {
			t.Errorf("got %d changes, told %v, want one change: refused, taken, refused", changes, reasons)
		}
		if n := strings.Count(log.String(), "notice ignored"); n != 2 {
			t.Errorf("the refusal was logged %d times, want once before the change and once after:\n%s", n, log.String())
		}
		if want := []string{"fieldcam/1/pole-17/notice", "fieldcam/1/all/notice"}; topics[0] != want[0] || topics[1] != want[1] {
			t.Errorf("topics: got %v, want %v", topics, want)
		}
	})
}
