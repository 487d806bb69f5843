package notices

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/authority"
	_ "time/tzdata" // the tests' machine may have no zone files
)

// rig is a book whose clock the test sets.
type rig struct {
	testing.TB
	*Book
	board *Board
	key   ed25519.PrivateKey
	at    time.Time
}

func newRig(t testing.TB) *rig {
	key, err := authority.NoticeKey(filepath.Join(t.TempDir(), "tls"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{TB: t, key: key, board: NewBoard(), at: utc(t, "2026-11-21 07:00")}
	r.Book = Open(t.TempDir(), key, func() time.Time { return r.at })
	return r
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// quarterly is the first of the two real calendars, in winter.
func quarterly() message.NoticeWindow {
	return message.NoticeWindow{Name: "winter", Class: message.Maintenance, Start: "2026-12-06 19:00", Rule: "FREQ=YEARLY;BYMONTH=3,12;BYDAY=1SU", DurationSeconds: 3 * 3600}
}

// monthly is the second.
func monthly() message.NoticeWindow {
	return message.NoticeWindow{Name: "monthly", Class: message.Maintenance, Start: "2026-11-28 22:00", Rule: "FREQ=MONTHLY;BYDAY=-1SA", Zone: "America/Denver", DurationSeconds: 4 * 3600}
}

func (r *rig) add(address string, w message.NoticeWindow, spread time.Duration) {
	r.Helper()
	if err := r.Add(address, w, spread); err != nil {
		r.Fatal(err)
	}
	if err := r.board.Post(r.Book); err != nil {
		r.Fatal(err)
	}
}

// notice is an address's notice as a controller opens it.
func (r *rig) notice(address string) message.Notice {
	r.Helper()
	all, err := r.Entries()
	if err != nil {
		r.Fatal(err)
	}
	for _, e := range all {
		if e.Address != address {
			continue
		}
		b, err := r.Notice(e)
		if err != nil {
			r.Fatal(err)
		}
		n, err := message.OpenNotice(b, r.key.Public().(ed25519.PublicKey))
		if err != nil {
			r.Fatal(err)
		}
		return n
	}
	r.Fatalf("no notice for %s", address)
	return message.Notice{}
}

// TestEachChangeIsANewerNotice, in the same second, too, and for its address
// alone.
func TestEachChangeIsANewerNotice(t *testing.T) {
	r := newRig(t)
	r.add(message.Fleet, quarterly(), 0)
	r.add("north", monthly(), 20*time.Minute)
	r.add(message.Fleet, monthly(), 0)
	if n := r.notice("north"); len(n.Windows) != 1 || n.SpreadSeconds != 1200 || n.Device != "north" {
		t.Errorf("north: got %+v", n)
	}
	first := r.notice(message.Fleet)
	if len(first.Windows) != 2 || first.SpreadSeconds != 0 {
		t.Errorf("fleet: got %+v", first)
	}
	if err := r.Cancel(message.Fleet, "winter"); err != nil {
		t.Fatal(err)
	}
	if err := r.Cancel(message.Fleet, "monthly"); err != nil {
		t.Fatal(err)
	}
	if n := r.notice(message.Fleet); n.N != first.N+2 || n.Issued <= first.Issued || len(n.Windows) != 0 {
		t.Errorf("after cancelling: got %+v, want number %d, later than %d, and no windows", n, first.N+2, first.Issued)
	}
	if err := r.Cancel(message.Fleet, "monthly"); !errors.Is(err, ErrUnknown) {
		t.Errorf("cancelled twice: got %v, want ErrUnknown", err)
	}
	if err := r.Add("north", monthly(), 0); !errors.Is(err, ErrExists) {
		t.Errorf("added twice: got %v, want ErrExists", err)
	}
}

// TestHubThatLostItsDataIsBelievedAgain: controllers refuse a number that is not
// greater than the one they know.
func TestHubThatLostItsDataIsBelievedAgain(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"a", "b", "c"} {
		w := quarterly()
		w.Name = name
		r.add(message.Fleet, w, 0)
	}
	before := r.notice(message.Fleet)
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	r.at = r.at.Add(time.Minute)
	r.add(message.Fleet, monthly(), 0)
	if n := r.notice(message.Fleet); n.N <= before.N || n.Issued <= before.Issued {
		t.Errorf("after the loss: number %d of %d, want more than %d of %d", n.N, n.Issued, before.N, before.Issued)
	}
}

// TestWindowThatNoControllerWouldTakeIsRefused, and changes nothing.
func TestWindowThatNoControllerWouldTakeIsRefused(t *testing.T) {
	r := newRig(t)
	for what, change := range map[string]func(*message.NoticeWindow){
		"name":     func(w *message.NoticeWindow) { w.Name = "" },
		"class":    func(w *message.NoticeWindow) { w.Class = "holiday" },
		"start":    func(w *message.NoticeWindow) { w.Start = "tomorrow" },
		"rule":     func(w *message.NoticeWindow) { w.Rule = "FREQ=SECONDLY" },
		"zone":     func(w *message.NoticeWindow) { w.Zone = "Mars/Olympus" },
		"duration": func(w *message.NoticeWindow) { w.DurationSeconds = 25 * 3600 },
	} {
		w := quarterly()
		change(&w)
		if err := r.Add(message.Fleet, w, 0); err == nil {
			t.Errorf("%s: %+v was taken", what, w)
		}
	}
	if err := r.Add("../north", quarterly(), 0); err == nil {
		t.Error("a path was taken for a device's name")
	}
	for i := range message.MaxNoticeWindows {
		w := quarterly()
		w.Name = fmt.Sprint("window ", i)
		r.add("north", w, 0)
	}
	if err := r.Add("north", quarterly(), 0); err == nil {
		t.Error("more windows than a notice has were taken")
	}
	if all, err := r.Entries(); err != nil || len(all) != 1 || len(all[0].Windows) != message.MaxNoticeWindows {
		t.Errorf("got %+v, %v, want the good ones alone", all, err)
	}
}

func TestTwoProcessesUndoNoChangeOfEachOther(t *testing.T) {
	r := newRig(t)
	var wg sync.WaitGroup
	const each = 8
	for p := range 4 {
		other := Open(filepath.Dir(r.path), r.key, nil) // as another process would
		wg.Go(func() {
			for i := range each {
				w := quarterly()
				w.Name = fmt.Sprint(p, " ", i)
				if err := other.Add(message.Fleet, w, 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := r.notice(message.Fleet); len(n.Windows) != 4*each {
		t.Errorf("got %d windows, want %d", len(n.Windows), 4*each)
	}
}

// TestSeriesIsIssuedAgainBeforeItsNoticeIsTooOld, and what is over goes.
func TestSeriesIsIssuedAgainBeforeItsNoticeIsTooOld(t *testing.T) {
	r := newRig(t)
	r.add(message.Fleet, quarterly(), 0)
	once := quarterly()
	once.Name, once.Rule = "once", ""
	r.add(message.Fleet, once, 0)
	for range 24 {
		r.at = r.at.AddDate(0, 0, 20)
		if err := r.Refresh(); err != nil {
			t.Fatal(err)
		}
		if n := r.notice(message.Fleet); r.at.Sub(n.Issued.Time()) > refreshAfter {
			t.Errorf("on %s: issued on %s, want within a month", r.at.Format(time.DateOnly), n.Issued.Time().Format(time.DateOnly))
		}
	}
	if n := r.notice(message.Fleet); len(n.Windows) != 1 || n.Windows[0].Name != "winter" {
		t.Errorf("got %+v, want the series alone", n.Windows)
	}
}

func TestDamagedBookIsToldNotReplaced(t *testing.T) {
	r := newRig(t)
	for _, content := range []string{"{", `{"v":2}`} {
		if err := os.WriteFile(r.path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Add(message.Fleet, quarterly(), 0); err == nil {
			t.Errorf("%s: was written over", content)
		}
		if err := r.board.Post(r.Book); err == nil {
			t.Errorf("%s: was shown", content)
		}
	}
}

// FuzzAnyBookIsRead without harm: it may have been edited by hand.
func FuzzAnyBookIsRead(f *testing.F) {
	f.Add([]byte(`{"v":1,"addresses":{"all":{"address":"all","n":1,"t":1795244400,"windows":[{"name":"a","class":"maintenance","start":"2026-12-06 19:00","duration":60}]}}}`))
	f.Add([]byte(`{"v":1,"addresses":null}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		r := newRig(t)
		if err := os.WriteFile(r.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.board.Post(r.Book); err == nil {
			r.board.Shown(r.at)
			r.board.Away("north", r.at)
		}
		if err := r.Add("north", quarterly(), 0); err == nil && len(r.notice("north").Windows) == 0 {
			t.Error("the window was not kept")
		}
	})
}
