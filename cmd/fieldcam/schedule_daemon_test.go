package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/control"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
	"fieldcam/config"
	"fieldcam/hal/linux"
)

func TestWhatTheDaemonKnowsGoesIntoTheCheck(t *testing.T) {
	s := newSite(t)
	s.must(os.WriteFile(s.config, []byte(schedules), 0o600))
	s.plan(func(o *control.Outlook) {
		o.Kbps, o.PhotoBytes = 64, 3_000_000
		at := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
		o.Windows = []control.Window{{Name: "hot fix", Class: maintenance.HotFix, From: at, Until: at.Add(8 * time.Hour)}}
	})
	got := s.run(nil, "schedule", "check").out
	for _, want := range []string{"245 photos of 3 MB are 735 MB", "at 64 kbit/s", `"hot fix" of Sun 22 Nov 2026 17:00 to Mon 23`} {
		if !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
			t.Errorf("got\n%swant %q in it", got, want)
		}
	}
	if got := s.do("schedule next"); !strings.Contains(got, "17:00–01:00  window    hot-fix             hot fix\n") {
		t.Errorf("got\n%swant the window", got)
	}
}

func TestAnAnnouncedWindowIsKnownWithoutTheDaemon(t *testing.T) {
	s := newSite(t)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	public := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	text := schedules + "\n[maintenance]\nnotice_key = \"" + public + "\"\n"
	s.must(os.WriteFile(s.config, []byte(text), 0o600))
	cfg, err := config.Load(s.config)
	s.must(err)
	cal, err := maintenance.New(cfg.Maintenance, maintenance.Options{Device: cfg.Device, Clock: linux.Clock{}, Dir: s.state, Log: zerolog.Nop()})
	s.must(err)
	start := time.Now().Add(24 * time.Hour)
	n := message.Notice{ID: "n", Device: cfg.Device, N: 1, Issued: message.At(time.Now()), Windows: []message.NoticeWindow{
		{Name: "new disks", Class: message.Maintenance, Start: start.UTC().Format(time.DateTime), DurationSeconds: 7200},
	}}
	signed, err := n.Sign(key)
	s.must(err)
	if _, err := cal.Accept(signed); err != nil {
		t.Fatal(err)
	}
	if got := s.do("schedule next"); !strings.Contains(got, "window    maintenance         new disks\n") {
		t.Errorf("got\n%swant the window", got)
	}
}

func TestAFileThatTheDaemonDoesNotGoByIsSaid(t *testing.T) {
	s := newScheduled(t, schedules)
	if r := s.run(nil, "schedule", "next"); r.err != "" {
		t.Errorf("the daemon's own: got %q, want no word on it", r.err)
	}
	s.must(os.WriteFile(s.config, []byte(strings.Replace(schedules, "15m", "20m", 1)), 0o600))
	if r := s.run(nil, "schedule", "next"); !strings.Contains(r.err, "systemctl restart fieldcam") {
		t.Errorf("got %q, want that the daemon goes by another schedule", r.err)
	}
}

func TestTheScheduleIsToldWithoutTheDaemon(t *testing.T) {
	s := newSite(t)
	s.must(os.WriteFile(s.config, []byte(schedules), 0o600))
	if got := s.do("schedule next --days 8"); !strings.Contains(got, "06:00–18:00  capture   every 15m       49  daytime\n") &&
		!strings.Contains(got, "holidays") && !strings.Contains(got, "crane week") {
		t.Errorf("got\n%swant a week", got)
	}
	s.do("schedule calendar")
	if r := s.run(nil, "schedule", "check"); r.code != 0 && r.code != exitPlan {
		t.Errorf("check: got %v, want an opinion", r.fault)
	}
}

func TestConfigCheckTellsTheFindings(t *testing.T) {
	s := newScheduled(t, strings.Replace(schedules, "minutes = 30", "photos = 2", 1))
	r := s.run(nil, "config", "check")
	if r.code != 0 || !strings.Contains(r.err, "warning: 245 photos are due in the next 7 days") || !strings.HasSuffix(r.out, ": good\n") {
		t.Errorf("got %q, %q, %d, want a warning, and that the file is good", r.out, r.err, r.code)
	}
}

func TestABadFileIsABadFile(t *testing.T) {
	s := newSite(t)
	s.must(os.WriteFile(s.config, []byte("device = \"x\"\n[[session]]\n"), 0o600))
	for _, line := range []string{"schedule next", "schedule check", "schedule calendar"} {
		if r := s.run(nil, strings.Fields(line)...); r.code != exitBadConfig {
			t.Errorf("%s: got %d, %v, want %d", line, r.code, r.fault, exitBadConfig)
		}
	}
}
