package emulated

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// peer is the emulator's end of a connection: it answers each line with what
// reply says.
func peer(t *testing.T, reply func(line string) string) (near net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(far); s.Scan(); {
			if _, err := fmt.Fprint(far, reply(s.Text())); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		far.Close()
		<-done
	})
	return near
}

func TestTheMonitorTellsAnswersFromEvents(t *testing.T) {
	conn := peer(t, func(line string) string {
		switch {
		case strings.Contains(line, "device_del"):
			return "{\"return\": {}}\n{\"event\": \"DEVICE_DELETED\", \"data\": {}}\n"
		case strings.Contains(line, "set_link"):
			return "{\"event\": \"OTHER\"}\n{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no nic\"}}\n"
		case strings.Contains(line, "qom-list"):
			return `{"return": [{"name": "device[1]", "type": "child<gic>"}, {"name": "device[7]", "type": "child<pl061>"}]}` + "\n"
		}
		return "{\"return\": {}}\n"
	})
	m := newMonitor(conn)
	ctx := t.Context()
	if err := m.Unplug(ctx); err != nil {
		t.Error(err)
	}
	if err := m.Network(ctx, false); err == nil || !strings.Contains(err.Error(), "DeviceNotFound: no nic") {
		t.Errorf("a refused command: %v", err)
	}
	if path, err := m.find(ctx, "pl061"); err != nil || path != "/machine/unattached/device[7]" {
		t.Errorf("the controller is at %q, %v", path, err)
	}
	if _, err := m.find(ctx, "pl06"); err == nil {
		t.Error("a device that is not there was found")
	}
	if n := m.Happened("OTHER"); n != 1 {
		t.Errorf("OTHER happened %d times, want 1", n)
	}
	conn.Close()
	if err := m.Await(ctx, "WATCHDOG", 0); !errors.Is(err, errGone) {
		t.Errorf("waiting for an event of an emulator that is gone: %v", err)
	}
	m.close()
	if _, err := m.Do(ctx, "cont", nil); err == nil {
		t.Error("a command after the end: no error")
	}
}

func TestNowComesAfterAllEdgesBefore(t *testing.T) {
	var p *Pins
	var edges []Edge
	conn := peer(t, func(line string) string {
		if strings.HasPrefix(line, "set_irq_in") {
			return "IRQ raise 1\nFAIL Unknown device\n"
		}
		// The record comes by another way, before the reply here and after it alike.
		p.hear("[S +1.000000] IRQ raise 1")
		p.hear("[S +1.500000] IRQ lower 1")
		p.hear("[R +2.000000] " + line)
		return "IRQ raise 1\nIRQ lower 1\nOK little\n"
	})
	p = newPins(conn, func(e Edge) { edges = append(edges, e) })
	at, err := p.Now(t.Context())
	if err != nil || at != 2*time.Second {
		t.Errorf("now: %v, %v, want 2s", at, err)
	}
	if w := p.Waveform(); len(w) != 2 || w[1] != (Edge{1, false, 1500 * time.Millisecond}) || len(edges) != 2 {
		t.Errorf("recorded %v, told of %v", w, edges)
	}
	if p.hear("qemu-system-aarch64: a complaint") {
		t.Error("a complaint was taken for the record")
	}
	if err := p.Drive(t.Context(), 5, true); err == nil || !strings.Contains(err.Error(), "Unknown device") {
		t.Errorf("a refused command: %v", err)
	}
	if err := p.Drive(t.Context(), PinCount, true); err == nil {
		t.Error("a pin that is none was driven")
	}
	p.close()
	if _, err := p.Now(t.Context()); err == nil {
		t.Error("the time after the end: no error")
	}
}

func TestTheShellTellsOutputAndExitCode(t *testing.T) {
	conn := peer(t, func(line string) string {
		number, text, _ := strings.Cut(line, " ")
		script, _ := base64.StdEncoding.DecodeString(text)
		switch string(script) {
		case "echo\nhello":
			return "0 0 \n" + number + " 0 " + base64.StdEncoding.EncodeToString([]byte("hello\n")) + "\n" // one of an earlier command before it
		case "nonsense":
			return "what?\n"
		}
		return number + " 3 \n"
	})
	s := newShell(conn)
	if out, err := s.Run(t.Context(), "echo\nhello"); err != nil || out != "hello\n" {
		t.Errorf("output %q, %v", out, err)
	}
	var failed *CommandError
	if _, err := s.Run(t.Context(), "false"); !errors.As(err, &failed) || failed.Code != 3 {
		t.Errorf("a command that fails: %v", err)
	}
	if _, err := s.Run(t.Context(), "nonsense"); err == nil {
		t.Error("a reply that is none: no error")
	}
	s.close()
	if _, err := s.Run(t.Context(), "true"); err == nil {
		t.Error("a command after the end: no error")
	}
}

func FuzzReply(f *testing.F) {
	f.Add("1 0 aGVsbG8K")
	f.Add("1 0 ")
	f.Add("x")
	f.Fuzz(func(t *testing.T, line string) {
		if _, _, output, err := parseReply(line); err == nil && len(output) > len(line) {
			t.Errorf("%q made %q", line, output)
		}
	})
}
