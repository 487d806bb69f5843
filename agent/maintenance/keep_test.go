package maintenance_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/maintenance"
)

func TestDamagedFileIsSetAsideAndSaid(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	now := &clock{now: at}
	for name, damage := range map[string]func([]byte) []byte{
		"empty":       func([]byte) []byte { return nil },
		"half":        func(b []byte) []byte { return b[:len(b)/2] },
		"zeros":       func(b []byte) []byte { return make([]byte, len(b)) },
		"another's":   func([]byte) []byte { return []byte(`{"v":7}`) },
		"endless":     func([]byte) []byte { return bytes.Repeat([]byte{' '}, 1<<20) },
		"odd spans":   func([]byte) []byte { return []byte(`{"v":1,"spent":[[5,4]]}`) },
		"not a file":  nil,
		"a bit wrong": func(b []byte) []byte { b[0] ^= 1; return b },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "notices.json")
			n := notice(1, at, once(at, time.Hour))
			accept(t, open(t, trusting(fleetKey()), now, dir, nil), n)
			data, err := os.ReadFile(file)
			if err == nil && damage != nil {
				err = os.WriteFile(file, damage(data), 0o600)
			} else if err == nil {
				err = errors.Join(os.Remove(file), os.Mkdir(file, 0o700))
			}
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			cal := open(t, trusting(fleetKey()), now, dir, &log)
			if isQuiet(cal, at) || !strings.Contains(log.String(), "set aside") {
				t.Errorf("quiet %t, log %q, want the loss said", isQuiet(cal, at), log.String())
			}
			if _, err := os.Stat(filepath.Join(dir, "notices.json.damaged")); err != nil {
				t.Error(err)
			}
			accept(t, cal, n)
			if !isQuiet(open(t, trusting(fleetKey()), now, dir, nil), at) {
				t.Error("not kept anew")
			}
		})
	}
}

func TestKeptListsWhatIsAheadAndTouchesNothing(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	dir := t.TempDir()
	o := maintenance.Options{Device: "pole-17", Clock: &clock{now: at}, Dir: dir, Log: zerolog.Nop()}
	if all, err := maintenance.Kept(trusting(fleetKey()), o); err != nil || len(all) != 0 {
		t.Errorf("no file: got %v, %v, want no window", all, err)
	}
	accept(t, open(t, trusting(fleetKey()), &clock{now: at}, dir, nil), notice(1, at, once(at, time.Hour), once(at.Add(5*time.Hour), time.Hour)))
	o.Clock = &clock{now: at.Add(2 * time.Hour)}
	all, err := maintenance.Kept(trusting(fleetKey()), o)
	if err != nil || len(all) != 1 || !all[0].Start.Equal(at.Add(5*time.Hour)) || all[0].Name != "upgrade" {
		t.Errorf("got %+v, %v, want the second window", all, err)
	}
	file := filepath.Join(dir, "notices.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := maintenance.Kept(trusting(fleetKey()), o); err == nil || len(all) != 0 {
		t.Errorf("damaged: got %v, %v, want an error", all, err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "{" {
		t.Errorf("the damaged file is %q, %v, want it left alone", got, err)
	}
}

// TestKeptNoticeOfAnotherKeyIsDropped, and another of the new key counts from 1.
func TestKeptNoticeOfAnotherKeyIsDropped(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	now := &clock{now: at}
	dir := t.TempDir()
	accept(t, open(t, trusting(fleetKey()), now, dir, nil), notice(7, at, once(at, time.Hour)))
	cal := open(t, trusting(strangersKey()), now, dir, nil)
	if isQuiet(cal, at) {
		t.Error("quiet by the word of a key that is no more trusted")
	}
	if changed, err := cal.Accept(signed(t, notice(1, at, once(at.AddDate(0, 0, 1), time.Hour)), strangersKey())); !changed || err != nil {
		t.Errorf("got %t, %v, want it taken", changed, err)
	}
}

// TestNoticeCountsWhereItCannotBeKept, until the next start.
func TestNoticeCountsWhereItCannotBeKept(t *testing.T) {
	at := utc(t, "2026-11-21 12:00")
	cal := open(t, trusting(fleetKey()), &clock{now: at}, filepath.Join(t.TempDir(), "gone"), nil)
	changed, err := cal.Accept(signed(t, notice(1, at, once(at, time.Hour)), fleetKey()))
	if !changed || err == nil || !isQuiet(cal, at) {
		t.Errorf("got %t, %v, quiet %t, want a change, the fault, and quiet", changed, err, isQuiet(cal, at))
	}
}

// FuzzKeptFile: whatever the card makes of it, the calendar is there, and at most
// the file's own notices are lost.
func FuzzKeptFile(f *testing.F) {
	at := utc(f, "2026-11-21 12:00")
	dir := f.TempDir()
	accept(f, open(f, trusting(fleetKey()), &clock{now: at}, dir, nil), notice(1, at, once(at, time.Hour)))
	good, err := os.ReadFile(filepath.Join(dir, "notices.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"v":1,"cut":9223372036854775807,"spent":[[-9223372036854775808,9223372036854775807]]}`))
	f.Add([]byte(`{"v":1,"cut":1795262400000000000,"spent":[[1,2],[3,4]],"own":"AAAA","fleet":""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "notices.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		cfg := trusting(fleetKey())
		cfg.Windows = []maintenance.Window{monthly()}
		cal := open(t, cfg, &clock{now: at}, dir, nil)
		accept(t, cal, notice(2, at.Add(time.Minute)))
		if _, err := os.Stat(filepath.Join(dir, "notices.json")); err != nil {
			t.Error(err)
		}
		if !isQuiet(cal, utc(t, "2027-01-31 06:00")) {
			t.Error("not quiet in a window of the configuration")
		}
	})
}
