package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/accounts"
	"fieldcam/queue/ledger"
)

// tell sends an account of today; the broker has it on return.
func tell(t testing.TB, url, name, password string) {
	t.Helper()
	now := time.Now()
	var d ledger.Day
	d.Take(now.UTC().Truncate(time.Hour), 1)
	b, err := message.Ledger{At: message.At(now), Day: now.UTC().Format(time.DateOnly), Session: "capture", Proof: d.Proof(), Photos: 1, Waiting: 1}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, url, name, password, nil)
	if w := c.Publish(message.Topic(name, message.KindLedger), 1, false, b); !w.WaitTimeout(patience) || w.Error() != nil {
		t.Fatalf("publish: %v", w.Error())
	}
}

// wantAccounts waits until the hub shows so many accounts of a system.
func wantAccounts(t testing.TB, h *hub, name string, want int) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		all, err := h.accounts.Newest(name, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s has %d accounts, want %d", name, len(all), want)
		}
		time.Sleep(5 * time.Millisecond) // another process's answer: no event to wait for
	}
}

func TestAccountsAreOnTheDiskWhenTheHubHasStopped(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	h, stop := start(t, s)
	wantLinked(t, h)
	d := addDevice(t, s.data, "north")
	tell(t, d.MQTTURL, "north", d.Password)
	wantAccounts(t, h, "north", 1)
	stop()
	a, err := accounts.Open(accounts.Options{Dir: filepath.Join(s.data, "accounts"), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if all, err := a.Newest("north", 10); err != nil || len(all) != 1 || all[0].Waiting != 1 {
		t.Errorf("on the disk: %+v, %v, want the account with its waiting photo", all, err)
	}
}

func TestRemovedDeviceLeavesNoAccounts(t *testing.T) {
	for _, running := range []bool{true, false} {
		s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
		h, stop := start(t, s)
		wantLinked(t, h)
		d := addDevice(t, s.data, "north")
		south := addDevice(t, s.data, "south")
		tell(t, d.MQTTURL, "north", d.Password)
		tell(t, south.MQTTURL, "south", south.Password)
		wantAccounts(t, h, "north", 1)
		wantAccounts(t, h, "south", 1)
		if !running {
			stop()
		}
		if _, err := command(t, "device", "remove", "north", "--data", s.data); err != nil {
			t.Fatal(err)
		}
		if !running {
			h, stop = start(t, s)
		}
		wantAccounts(t, h, "north", 0)
		wantAccounts(t, h, "south", 1)
		stop()
		if _, err := os.Stat(filepath.Join(s.data, "accounts", "north.json")); !os.IsNotExist(err) {
			t.Errorf("running %v: north.json: %v, want none", running, err)
		}
	}
}

// Who moves a hub may bring the registry last.
func TestAnEmptyRegistryRemovesNoAccounts(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	h, stop := start(t, s)
	wantLinked(t, h)
	d := addDevice(t, s.data, "north")
	tell(t, d.MQTTURL, "north", d.Password)
	wantAccounts(t, h, "north", 1)
	stop()
	if err := os.Remove(filepath.Join(s.data, "devices.json")); err != nil {
		t.Fatal(err)
	}
	h, stop = start(t, s)
	wantLinked(t, h)
	stop()
	if _, err := os.Stat(filepath.Join(s.data, "accounts", "north.json")); err != nil {
		t.Error(err)
	}
}
