package link_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/link"
	"fieldcam/config/invalid"
)

// wallClock is a wall clock that is set by hand.
type wallClock struct {
	now      time.Time
	unsynced bool
}

func (c *wallClock) Now() time.Time { return c.now }
func (c *wallClock) Synced() bool   { return !c.unsynced }

// on is noon of that day.
func on(t testing.TB, day string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(12 * time.Hour)
}

// carry sends up bytes one way and down the other, over a connection of m.
func carry(t testing.TB, m *link.Meter, up, down int) {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, far, int64(up))
		if err == nil && down > 0 {
			_, err = far.Write(make([]byte, down))
		}
		done <- errors.Join(err, far.Close())
	}()
	c, err := m.Dial(func(context.Context, string, string) (net.Conn, error) { return near, nil })(t.Context(), "tcp", "cloud:443")
	if err != nil {
		t.Fatal(err)
	}
	if up > 0 { // a pipe waits with nothing too
		_, err = c.Write(make([]byte, up))
	}
	got, err2 := io.ReadAll(c)
	if err := errors.Join(err, err2, <-done, c.Close()); err != nil || len(got) != down {
		t.Fatalf("got %d bytes, %v, want %d", len(got), err, down)
	}
}

// stopped runs m until it has kept its count.
func stopped(t testing.TB, m *link.Meter) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func meter(c *wallClock, dir string) *link.Meter {
	return link.NewMeter(link.MeterOptions{Dir: dir, Clock: c, Log: zerolog.Nop()})
}

func TestBytesOfBothWaysCount(t *testing.T) {
	m := meter(&wallClock{now: on(t, "2026-11-10")}, "")
	carry(t, m, 1000, 234)
	if u := m.Usage(); u.Bytes != 1234 || u.Month.Format(time.DateOnly) != "2026-11-01" || u.Forecast != -1 {
		t.Errorf("got %+v, want 1234 bytes in November, and no forecast yet", u)
	}
	if _, err := m.Dial(func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed })(t.Context(), "tcp", "x"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a dial that fails: got %v", err)
	}
}

func TestForecastIsForTheWholeMonth(t *testing.T) {
	c := &wallClock{now: on(t, "2026-11-06")}
	m := meter(c, "")
	carry(t, m, 0, 1)
	c.now = on(t, "2026-11-11")
	carry(t, m, 0, 499)
	// 500 bytes in 5 days, and 19 and a half to come.
	if u := m.Usage(); u.Forecast != 500+1950 {
		t.Errorf("got %+v, want a forecast of 2450", u)
	}
	c.now = on(t, "2026-12-31")
	carry(t, m, 0, 306)
	// December began while all was counted: 30.5 days of 31.
	if u := m.Usage(); u.Bytes != 306 || u.Forecast != 311 || u.Month.Month() != time.December {
		t.Errorf("got %+v, want 306 bytes and a forecast of 311 in December", u)
	}
}

func TestCountSurvivesARestart(t *testing.T) {
	c := &wallClock{now: on(t, "2026-11-10")}
	dir := t.TempDir()
	m := meter(c, dir)
	carry(t, m, 1000, 0)
	since := m.Usage().Since
	stopped(t, m)
	m = meter(c, dir)
	carry(t, m, 1, 0)
	if u := m.Usage(); u.Bytes != 1001 || !u.Since.Equal(since) {
		t.Errorf("got %+v, want 1001 bytes since %v", u, since)
	}
}

func TestDamagedCountIsSetAsideAndSaid(t *testing.T) {
	for name, damage := range map[string]string{
		"empty": "", "zeros": strings.Repeat("\x00", 80), "endless": strings.Repeat(" ", 2000), "negative": `{"bytes":-1}`,
		"half": `{"month":"2026-11-01T00:00:00Z","si`, "too much": `{"bytes":9e17}`, "odd month": `{"month":"2026-11-05T00:00:00Z","since":"2026-11-05T00:00:00Z","bytes":1}`,
		"another's month": `{"month":"2026-11-01T00:00:00Z","since":"2026-12-05T00:00:00Z","bytes":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := &wallClock{now: on(t, "2026-11-10")}
			dir := t.TempDir()
			file := filepath.Join(dir, "link-usage.json")
			if err := os.WriteFile(file, []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			m := link.NewMeter(link.MeterOptions{Dir: dir, Clock: c, Log: zerolog.New(&log)})
			if u := m.Usage(); u.Bytes != 0 || !strings.Contains(log.String(), "set aside") {
				t.Errorf("got %+v, log %q, want a count of nothing, and that said", u, log.String())
			}
			if got, err := os.ReadFile(file + ".damaged"); err != nil || string(got) != damage {
				t.Errorf("set aside: got %q, %v", got, err)
			}
			carry(t, m, 7, 0)
			stopped(t, m)
			if u := meter(c, dir).Usage(); u.Bytes != 7 {
				t.Errorf("after a restart: got %+v, want 7 bytes", u)
			}
		})
	}
}

// FuzzUsageFile: whatever the card makes of it, the count goes on.
func FuzzUsageFile(f *testing.F) {
	f.Add([]byte(`{"month":"2026-11-01T00:00:00Z","since":"2026-11-05T00:00:00Z","bytes":12345}`))
	f.Add([]byte(`{"month":"9999-12-01T00:00:00Z","since":"9999-12-31T00:00:00Z","bytes":1}`))
	f.Add([]byte(`{"month":"2026-11-01T00:00:00+01:00","bytes":1125899906842624}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "link-usage.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		m := meter(&wallClock{now: on(t, "2026-11-10")}, dir)
		before := m.Usage()
		carry(t, m, 10, 0)
		if u := m.Usage(); u.Bytes != before.Bytes+10 || u.Bytes < 10 || u.Month.Format(time.DateOnly) != "2026-11-01" || u.Forecast != -1 && u.Forecast < u.Bytes {
			t.Errorf("got %+v after %+v, want 10 more in November", u, before)
		}
	})
}

// TestCountIsWrittenGently: a card wears.
func TestCountIsWrittenGently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		m := link.NewMeter(link.MeterOptions{Dir: dir, Clock: clock{}, Log: zerolog.Nop()})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		writes, before := 0, ""
		day := func(each int) int {
			writes = 0
			for range 24 * 60 {
				carry(t, m, each, 0)
				time.Sleep(time.Minute)
				data, _ := os.ReadFile(filepath.Join(dir, "link-usage.json"))
				if string(data) != before {
					writes, before = writes+1, string(data)
				}
			}
			return writes
		}
		if n := day(100); n < 20 || n > 24 {
			t.Errorf("got %d writes in a day of heartbeats, want one an hour", n)
		}
		if n := day(100_000); n < 140 || n > 145 {
			t.Errorf("got %d writes in a day of uploads, want one in 10 min", n)
		}
		carry(t, m, 1, 0)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if u := link.NewMeter(link.MeterOptions{Dir: dir, Clock: clock{}}).Usage(); u.Bytes != 24*60*100_100+1 {
			t.Errorf("after the stop: got %d bytes, want all", u.Bytes)
		}
	})
}

// TestSocketOptionsReachTheSocket: uploads choose their congestion control.
func TestSocketOptionsReachTheSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m := meter(&wallClock{}, "")
	c, err := m.Dial((&net.Dialer{}).DialContext)(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if s, ok := c.(syscall.Conn); !ok {
		t.Error("the connection hides its socket")
	} else if _, err := s.SyscallConn(); err != nil {
		t.Error(err)
	}
}

func TestLinkConfigIsChecked(t *testing.T) {
	for c, want := range map[link.Config]string{
		{}:                         "",
		{BudgetMB: 5000}:           "",
		{SpeedKbps: 256}:           "",
		{BudgetMB: -1}:             "budget_mb",
		{BudgetMB: 1_000_001}:      "budget_mb",
		{SpeedKbps: -1}:            "speed_kbps",
		{SpeedKbps: 2_000_000_000}: "speed_kbps",
	} {
		got := ""
		for _, v := range invalid.Values(c.Validate()) {
			got += v.Key
		}
		if got != want {
			t.Errorf("%+v: got %q, want %q", c, got, want)
		}
	}
	if b := (link.Config{BudgetMB: 1_000_000}).BudgetBytes(); b != 1_000_000_000_000 {
		t.Errorf("got %d bytes", b)
	}
}
