// Package manager asks ModemManager how a modem fares, over D-Bus: the program that
// owns a modem's ports on most systems.
//
// Names and numbers are those of its API, version 1 (ModemManager reference manual,
// "D-Bus API" and "Common API: Flags and Enumerations").
package manager

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/godbus/dbus/v5"

	"fieldcam/agent/modem"
	"fieldcam/agent/modem/at"
)

const (
	service   = "org.freedesktop.ModemManager1"
	root      = dbus.ObjectPath("/org/freedesktop/ModemManager1")
	ifaceObj  = "org.freedesktop.DBus.ObjectManager"
	iface     = service + ".Modem"
	iface3GPP = service + ".Modem.Modem3gpp"
)

// Manager is a modem.Source. Its zero value asks on the system's bus. It is
// connected only while it asks.
type Manager struct {
	// Address is the bus's; empty: the system's.
	Address string
}

var _ modem.Source = Manager{}

// State implements modem.Source. Of several modems it asks the one whose path comes
// first.
func (m Manager) State(ctx context.Context) (s modem.State, err error) {
	err = m.with(ctx, func(_ *dbus.Conn, _ dbus.ObjectPath, p properties) error {
		s = stateOf(p)
		return nil
	})
	return s, err
}

// Restart implements modem.Source.
func (m Manager) Restart(ctx context.Context) error {
	return m.with(ctx, func(c *dbus.Conn, path dbus.ObjectPath, _ properties) error {
		if err := c.Object(service, path).CallWithContext(ctx, iface+".Reset", 0).Err; err != nil {
			return fmt.Errorf("have ModemManager reset the modem: %w", cmp.Or(ctx.Err(), err))
		}
		return nil
	})
}

// properties are those of a modem, by interface and name.
type properties map[string]map[string]dbus.Variant

// with calls f with the first modem.
func (m Manager) with(ctx context.Context, f func(*dbus.Conn, dbus.ObjectPath, properties) error) error {
	c, err := m.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect to D-Bus: %w", err)
	}
	defer c.Close()
	var all map[dbus.ObjectPath]properties
	call := c.Object(service, root).CallWithContext(ctx, ifaceObj+".GetManagedObjects", 0)
	if err := call.Store(&all); err != nil {
		// ctx's end closes the connection, which may be seen first.
		return fmt.Errorf("ask ModemManager: %w", cmp.Or(ctx.Err(), err))
	}
	var paths []dbus.ObjectPath
	for path, p := range all {
		if p[iface] != nil {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return fmt.Errorf("ask ModemManager: %w", modem.ErrNoModem)
	}
	path := slices.Min(paths)
	return f(c, path, all[path])
}

func (m Manager) connect(ctx context.Context) (*dbus.Conn, error) {
	if m.Address == "" {
		return dbus.ConnectSystemBus(dbus.WithContext(ctx))
	}
	return dbus.Connect(m.Address, dbus.WithContext(ctx))
}

// MMModemState and MMModemStateFailedReason.
const (
	stateFailed      = -1
	stateLocked      = 2
	reasonSIMMissing = 2
	reasonSIMError   = 3
)

func stateOf(p properties) modem.State {
	s := modem.State{Running: true}
	state, _ := get[int32](p[iface], "State")
	reason, _ := get[uint32](p[iface], "StateFailedReason")
	switch {
	case state == stateLocked:
		s.SIM = at.SIMLocked
	case state == stateFailed && reason == reasonSIMMissing:
		s.SIM = at.SIMMissing
	case state == stateFailed && reason == reasonSIMError:
		s.SIM = at.SIMFault
	case state > stateLocked:
		s.SIM = at.SIMReady
	}
	// The second value of SignalQuality tells whether it is of late.
	if q, ok := get[[]any](p[iface], "SignalQuality"); ok && len(q) == 2 {
		percent, known := q[0].(uint32)
		if known && percent > 0 && percent <= 100 {
			// ModemManager has made it of dBm, -113 to -51 being 0 to 100 %.
			s.DBm, s.HasSignal = -113+int(62*percent+50)/100, true
		}
	}
	if r, ok := get[uint32](p[iface3GPP], "RegistrationState"); ok {
		s.Registration = registration(r)
	}
	s.Operator.Name, _ = get[string](p[iface3GPP], "OperatorName")
	if bits, ok := get[uint32](p[iface], "AccessTechnologies"); ok {
		s.Operator.Technology = technology(bits)
	}
	return s
}

// get is a property of the type that the manual gives it; false where it is not
// there, or of another.
func get[T any](p map[string]dbus.Variant, name string) (value T, ok bool) {
	value, ok = p[name].Value().(T)
	return value, ok
}

// registration is MMModem3gppRegistrationState.
func registration(n uint32) at.Registration {
	states := []at.Registration{at.NotSearching, at.Home, at.Searching, at.Denied, at.Unknown, at.Roaming, at.Denied, at.Denied, at.Denied, at.Home, at.Roaming}
	if int64(n) >= int64(len(states)) {
		return at.Unknown
	}
	return states[n]
}

// technology is the newest of MMModemAccessTechnology that is set.
func technology(bits uint32) string {
	for _, t := range []struct {
		bit  uint32
		name string
	}{{15, "5G"}, {17, "NB-IoT"}, {16, "LTE-M"}, {14, "LTE"}, {9, "HSPA+"}, {8, "HSPA"}, {7, "HSPA"}, {6, "HSPA"}, {5, "UMTS"}, {4, "EDGE"}, {3, "GPRS"}, {2, "GSM"}, {1, "GSM"}} {
		if bits&(1<<t.bit) != 0 {
			return t.name
		}
	}
	return ""
}
