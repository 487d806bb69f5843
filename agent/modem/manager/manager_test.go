package manager_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"fieldcam/agent/modem"
	"fieldcam/agent/modem/at"
	"fieldcam/agent/modem/manager"
)

// bus is a real D-Bus daemon, with a ModemManager that says what a test wants.
type bus struct {
	t       *testing.T
	address string
	conn    *dbus.Conn
	objects map[dbus.ObjectPath]map[string]map[string]dbus.Variant
	resets  atomic.Int32
	refuse  atomic.Pointer[dbus.Error]
}

func newBus(t *testing.T) *bus {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "bus.conf")
	text := `<busconfig><type>session</type><listen>unix:path=` + filepath.Join(dir, "bus") + `</listen>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "dbus-daemon", "--config-file="+conf, "--nofork", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("start dbus-daemon (scripts/deps installs it): %v", err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	b := &bus{t: t, address: strings.TrimSpace(address)}
	if b.conn, err = dbus.Connect(b.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.conn.Close() })
	return b
}

// serve takes ModemManager's name with these modems.
func (b *bus) serve(modems ...map[string]map[string]dbus.Variant) {
	b.t.Helper()
	b.objects = map[dbus.ObjectPath]map[string]map[string]dbus.Variant{}
	for i, m := range modems {
		path := dbus.ObjectPath("/org/freedesktop/ModemManager1/Modem/" + string(rune('0'+i)))
		b.objects[path] = m
		if err := b.conn.ExportMethodTable(map[string]any{"Reset": b.reset}, path, "org.freedesktop.ModemManager1.Modem"); err != nil {
			b.t.Fatal(err)
		}
	}
	objects := map[string]any{"GetManagedObjects": func() (map[dbus.ObjectPath]map[string]map[string]dbus.Variant, *dbus.Error) {
		return b.objects, nil
	}}
	if err := b.conn.ExportMethodTable(objects, "/org/freedesktop/ModemManager1", "org.freedesktop.DBus.ObjectManager"); err != nil {
		b.t.Fatal(err)
	}
	if reply, err := b.conn.RequestName("org.freedesktop.ModemManager1", dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		b.t.Fatalf("take the name: %v, %v", reply, err)
	}
}

func (b *bus) reset() *dbus.Error {
	b.resets.Add(1)
	return b.refuse.Load()
}

// aModem has these values at the interface Modem, and these at Modem3gpp.
func aModem(of, of3GPP map[string]any) map[string]map[string]dbus.Variant {
	m := map[string]map[string]dbus.Variant{"org.freedesktop.ModemManager1.Modem": {}, "org.freedesktop.ModemManager1.Modem.Modem3gpp": {}}
	for name, value := range of {
		m["org.freedesktop.ModemManager1.Modem"][name] = dbus.MakeVariant(value)
	}
	for name, value := range of3GPP {
		m["org.freedesktop.ModemManager1.Modem.Modem3gpp"][name] = dbus.MakeVariant(value)
	}
	return m
}

// quality is MM's (ub).
type quality struct {
	Percent uint32
	Recent  bool
}

func ask(t *testing.T, b *bus) (modem.State, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return manager.Manager{Address: b.address}.State(ctx)
}

func TestAModemIsToldAsModemManagerSeesIt(t *testing.T) {
	for name, test := range map[string]struct {
		of, of3GPP map[string]any
		want       modem.State
	}{
		"connected": {
			map[string]any{"State": int32(11), "SignalQuality": quality{55, true}, "AccessTechnologies": uint32(1 << 14)},
			map[string]any{"RegistrationState": uint32(5), "OperatorName": "Field"},
			modem.State{Running: true, SIM: at.SIMReady, Registration: at.Roaming, DBm: -79, HasSignal: true, Operator: at.Operator{Name: "Field", Technology: "LTE"}},
		},
		"no card":   {map[string]any{"State": int32(-1), "StateFailedReason": uint32(2)}, nil, modem.State{Running: true, SIM: at.SIMMissing}},
		"bad card":  {map[string]any{"State": int32(-1), "StateFailedReason": uint32(3)}, nil, modem.State{Running: true, SIM: at.SIMFault}},
		"locked":    {map[string]any{"State": int32(2)}, map[string]any{"RegistrationState": uint32(0)}, modem.State{Running: true, SIM: at.SIMLocked, Registration: at.NotSearching}},
		"searching": {map[string]any{"State": int32(7), "SignalQuality": quality{0, false}}, map[string]any{"RegistrationState": uint32(2)}, modem.State{Running: true, SIM: at.SIMReady, Registration: at.Searching}},
		"nonsense":  {map[string]any{"State": "good", "SignalQuality": uint32(7), "AccessTechnologies": "LTE"}, map[string]any{"RegistrationState": uint32(1 << 31), "OperatorName": int32(5)}, modem.State{Running: true, Registration: at.Unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBus(t)
			b.serve(aModem(test.of, test.of3GPP))
			if got, err := ask(t, b); err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestNoModemAndNoManagerAreErrors(t *testing.T) {
	b := newBus(t)
	if _, err := ask(t, b); err == nil || !strings.Contains(err.Error(), "ask ModemManager") {
		t.Errorf("no ModemManager: got %v, want that", err)
	}
	b.serve()
	if _, err := ask(t, b); !errors.Is(err, modem.ErrNoModem) {
		t.Errorf("no modem: got %v, want ErrNoModem", err)
	}
	if _, err := (manager.Manager{Address: "unix:path=/nonexistent"}).State(t.Context()); err == nil || !strings.Contains(err.Error(), "connect to D-Bus") {
		t.Errorf("no bus: got %v, want that", err)
	}
}

func TestARestartIsModemManagersReset(t *testing.T) {
	b := newBus(t)
	b.serve(aModem(map[string]any{"State": int32(11)}, nil))
	m := manager.Manager{Address: b.address}
	if err := m.Restart(t.Context()); err != nil || b.resets.Load() != 1 {
		t.Errorf("got %v after %d resets, want one", err, b.resets.Load())
	}
	b.refuse.Store(dbus.NewError("org.freedesktop.ModemManager1.Error.Core.Unauthorized", []any{"PolicyKit authorization failed"}))
	if err := m.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), "PolicyKit authorization failed") {
		t.Errorf("got %v, want why not", err)
	}
}

// TestAManagerThatHangsIsBounded: it has its name, and answers nothing.
func TestAManagerThatHangsIsBounded(t *testing.T) {
	b := newBus(t)
	b.serve()
	release := make(chan struct{})
	defer close(release)
	hang := map[string]any{"GetManagedObjects": func() (map[dbus.ObjectPath]map[string]map[string]dbus.Variant, *dbus.Error) {
		<-release
		return nil, nil
	}}
	if err := b.conn.ExportMethodTable(hang, "/org/freedesktop/ModemManager1", "org.freedesktop.DBus.ObjectManager"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := (manager.Manager{Address: b.address}).State(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
