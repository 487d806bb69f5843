//go:build e2e

package e2e_test

import (
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestSystemdHearsThatTheDaemonIsReadyAliveAndStopping(t *testing.T) {
	r := newRig(t, usual)
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(r.dir, "notify.sock"), Net: "unixgram"})
	must(t, err)
	heard := make(chan string, 100)
	go func() {
		defer close(heard)
		for b := make([]byte, 4096); ; {
			n, err := socket.Read(b)
			if err != nil {
				return
			}
			heard <- string(b[:n])
		}
	}()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(r.dir, "notify.sock"))
	t.Setenv("WATCHDOG_USEC", "90000000") // as in scripts/fieldcam.service
	must(t, r.broker.begin())
	must(t, r.StartHub(r.ctx))
	must(t, r.StartDaemon(r.ctx))
	var all []string
	for alive := 0; alive < 2; { // the second one comes after watchInterval
		select {
		case s := <-heard:
			all = append(all, s)
			if s == "WATCHDOG=1" {
				alive++
			}
		case <-time.After(patience):
			t.Fatalf("heard %q within %v, want WATCHDOG=1 twice", all, patience)
		}
	}
	r.stop()
	for all[len(all)-1] != "STOPPING=1" { // what was sent may still wait in the socket
		select {
		case s := <-heard:
			all = append(all, s)
		case <-time.After(patience):
			t.Fatalf("heard %q within %v, want STOPPING=1 at the end", all, patience)
		}
	}
	must(t, socket.Close())
	for s := range heard {
		all = append(all, s)
	}
	if all[0] != "READY=1" || all[len(all)-1] != "STOPPING=1" || slices.Index(all, "WATCHDOG=1") < 1 {
		t.Errorf("heard %q, want READY=1, then WATCHDOG=1 again and again, then STOPPING=1", all)
	}
}
