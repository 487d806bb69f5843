package accounts_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/accounts"
	"fieldcam/queue/ledger"
)

// account is that of a day with four slots, of which some were taken.
func account(day time.Time, at, taken int) message.Ledger {
	var d ledger.Day
	for n := range 4 {
		slot := day.Add(time.Duration(6+n) * time.Hour)
		if n < taken {
			d.Take(slot, uint64(n+1))
		} else {
			d.Miss(slot, photo.CameraFault, "no answer")
		}
	}
	return message.Ledger{At: message.Unix(at), Day: day.Format(time.DateOnly), Session: "capture", Proof: d.Proof(), Photos: int64(taken)}
}

var first = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// now is the hub's wall time: some days after first.
func now() time.Time { return first.AddDate(0, 0, 5).Add(7 * time.Hour) }

func openIn(t *testing.T, dir string, log zerolog.Logger) *accounts.Accounts {
	t.Helper()
	a, err := accounts.Open(accounts.Options{Dir: dir, Now: now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func open(t *testing.T) (*accounts.Accounts, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "accounts")
	return openIn(t, dir, zerolog.Nop()), dir
}

func keep(t *testing.T, a *accounts.Accounts, l message.Ledger) {
	t.Helper()
	if err := a.Keep("pole", l); err != nil {
		t.Fatal(err)
	}
}

func newest(t *testing.T, a *accounts.Accounts, limit int) []accounts.Account {
	t.Helper()
	all, err := a.Newest("pole", limit)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestTheLaterAccountOfADayStands(t *testing.T) {
	a, dir := open(t)
	keep(t, a, account(first, 100, 2))
	keep(t, a, account(first, 300, 4))
	keep(t, a, account(first, 200, 3)) // late on its way
	keep(t, a, account(first.AddDate(0, 0, 1), 50, 1))
	a.Close()
	again := openIn(t, dir, zerolog.Nop())
	keep(t, again, account(first, 250, 3)) // very late
	for _, where := range []string{"in memory", "on the disk"} {
		all := newest(t, again, 10)
		if len(all) != 2 || all[0].Day != "2026-11-21" || all[0].Taken() != 1 || all[0].Missed()["camera-fault"] != 3 {
			t.Fatalf("%s: newest %+v, want 2026-11-21 with one photo and three camera faults, of two accounts", where, all)
		}
		if all[1].Due() != 4 || all[1].Taken() != 4 || len(all[1].Missed()) != 0 {
			t.Errorf("%s: 2026-11-20: due %d, taken %d, missed %v, want 4, 4 and none", where, all[1].Due(), all[1].Taken(), all[1].Missed())
		}
		again.Close()
	}
}

// The disk of a hub with thousands of systems is slower than they speak.
func TestKeepDoesNotWaitForTheDisk(t *testing.T) {
	a, dir := open(t)
	for n := range 4000 {
		keep(t, a, account(first.AddDate(0, 0, -n%300), n, 1+n%4))
	}
	path := filepath.Join(dir, "pole.json")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file before anything writes: %v, want none", err)
	}
	if all := newest(t, a, 1000); len(all) != 300 || all[299].At != 3899 {
		t.Errorf("%d accounts, the last of %d, want 300 in memory, the newest of each", len(all), all[len(all)-1].At)
	}
	a.Close()
	if n := len(newest(t, openIn(t, dir, zerolog.Nop()), 1000)); n != 300 {
		t.Errorf("%d accounts on the disk after Close, want 300", n)
	}
}

func TestWhatWasKeptIsSoonOnTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, dir := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		path := filepath.Join(dir, "pole.json")
		keep(t, a, account(first, 1, 1))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		before := stat(t, path)
		keep(t, a, account(first, 1, 1)) // the same, sent twice
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !os.SameFile(before, stat(t, path)) {
			t.Error("an equal account was written again")
		}
		keep(t, a, account(first, 2, 2))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if os.SameFile(before, stat(t, path)) {
			t.Error("a changed account was not written")
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v, want nil", err)
		}
	})
}

// worst is the longest account that a device can send.
func worst(t *testing.T, session string) message.Ledger {
	t.Helper()
	l := account(first, 1, 1)
	most := int64(message.MaxCount)
	l.At, l.Session = message.At(now()), session
	l.Photos, l.Uploaded, l.Deleted, l.Waiting, l.Kept, l.Lost, l.Dropped, l.Thinned = most, most, most, most, most, most, most, most
	var d ledger.Day
	for n := 0; len(d.Proof()) < ledger.MaxProof-4 && n < 1440; n++ {
		d.Miss(first.Add(time.Duration(n*n%1440)*time.Minute), []photo.Cause{photo.CameraFault, photo.NotRunning}[n%2], "")
	}
	l.Proof = d.Proof()
	b, err := l.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if l, err = message.ParseLedger(b); err != nil || l.Session != session {
		t.Fatalf("session %q, %v, want %q", l.Session, err, session)
	}
	return l
}

func TestASystemFillsNoMoreThanItsShare(t *testing.T) {
	for _, c := range []string{"<", "\"", "\u2028"} {
		a, dir := open(t)
		const share, bound = 800, 1 << 20
		l := worst(t, strings.Repeat(c, message.MaxSession/len(c)))
		give := func(ago int) {
			t.Helper()
			l.Day = first.AddDate(0, 0, -ago).Format(time.DateOnly)
			keep(t, a, l)
		}
		for ago := range 900 {
			if give(899 - ago); ago%300 == 0 { // in one write, and in several
				a.Close()
			}
		}
		give(-1)
		for ago := range 2 * share { // too old
			give(5000 + ago)
		}
		a.Close()
		size := stat(t, filepath.Join(dir, "pole.json")).Size()
		if t.Logf("%q: %d bytes", c, size); size > bound {
			t.Errorf("%q: %d bytes, want at most %d, which are read again", c, size, bound)
		}
		all := newest(t, openIn(t, dir, zerolog.Nop()), 2*share)
		if len(all) != share || all[0].Day != "2026-11-21" || all[share-1].Day != first.AddDate(0, 0, 2-share).Format(time.DateOnly) {
			t.Errorf("%q: %d accounts from %s to %s, want %d without the oldest", c, len(all), all[0].Day, all[len(all)-1].Day, share)
		}
	}
}

func TestAWrongClockFreezesNothing(t *testing.T) {
	a, _ := open(t)
	ahead := account(first, int(now().Unix())+400*86400, 1)
	keep(t, a, ahead)
	keep(t, a, account(first, int(now().Unix()), 4))
	if all := newest(t, a, 9); len(all) != 1 || all[0].Taken() != 4 {
		t.Errorf("after an account of a clock 400 days ahead and one of a right clock: %+v, want the latter", all)
	}
	future := account(now().AddDate(0, 0, 3), int(now().Unix()), 4)
	if err := a.Keep("pole", future); err == nil {
		t.Error("an account of a day to come was kept")
	}
	tomorrow := account(now().Truncate(24*time.Hour).AddDate(0, 0, 1), int(now().Unix())+3600, 4)
	keep(t, a, tomorrow)
}

func TestBadAccountsAreRefused(t *testing.T) {
	a, _ := open(t)
	keep(t, a, account(first, 1, 1))
	bad := account(first, 2, 1)
	bad.Proof = []byte{9, 9}
	if err := a.Keep("pole", bad); err == nil {
		t.Error("a proof that can't be read was kept")
	}
	if err := a.Keep("../pole", account(first, 2, 1)); err == nil {
		t.Error("an account of ../pole was kept")
	}
	if all := newest(t, a, 9); len(all) != 1 || all[0].At != 1 {
		t.Errorf("after that: %+v, want the one before", all)
	}
}

func TestTheNumberOfSystemsIsBounded(t *testing.T) {
	a, _ := open(t)
	const most = 4096
	for n := range most {
		if err := a.Keep(fmt.Sprintf("pole-%d", n), account(first, 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Keep("one-more", account(first, 1, 1)); err == nil {
		t.Errorf("system %d was taken", most+1)
	}
	if err := a.Keep("pole-7", account(first, 2, 1)); err != nil {
		t.Errorf("a known system: %v, want it taken", err)
	}
}
