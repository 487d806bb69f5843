// Package broker is an MQTT 3.1.1 broker inside the hub: NATS server's, with
// nothing of NATS reachable from outside.
//
// Promises: only registered devices and the hub itself get in; a device
// publishes on fieldcam/1/<device>/<kind> only, for the kinds of package message,
// its will included, so that what is retained for it is bounded; it hears the
// maintenance notices to itself and to the fleet only, which the hub alone may
// publish;
// its client ID is its name, so that it cannot end another's connection or take
// over its session; a device that is struck off is disconnected within seconds;
// retained messages and QoS 1 survive a restart and a power cut.
//
// Out of scope: what the messages say, QoS 2, and clusters: a larger fleet has a
// broker of its own (see the hub's --broker).
package broker

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/registry"
)

const (
	// HubUser is the hub's own user name; no device can have it
	// (photo.CheckDevice).
	HubUser = "$hub"
	// readyWait bounds the start: a large store on a slow disk is read through.
	readyWait = 30 * time.Second
	// readyLook is how long one look at it takes, so that a taken port is told
	// at once.
	readyLook = 100 * time.Millisecond
	// registryEvery is how often connections are compared with the registry.
	registryEvery = time.Second
	// maxPayload is above every message (message.MaxStatus), with room for kinds
	// to come.
	maxPayload = 2 * message.MaxStatus
	// maxStore bounds what retained messages and sessions may take of the disk,
	// which the photos need; maxMemory bounds what is kept in memory for them.
	maxStore  = 1 << 30
	maxMemory = 64 << 20
)

// Devices tells who may connect. *registry.Registry is one.
type Devices interface {
	Authenticate(device, password string) bool
	Known(device string) bool
	Devices() ([]registry.Device, error)
}

// Options is what a Broker needs.
type Options struct {
	// Dir holds retained messages and sessions. It is made where it is missing.
	Dir string
	// Listen is HOST:PORT; an empty host means all addresses, port 0 a free one.
	Listen string
	// TLS is the server's configuration; nil means plain TCP.
	TLS     *tls.Config
	Devices Devices
	// Gate keeps devices waiting until Admit is called, or for 15 s after Open.
	Gate bool
	Log  zerolog.Logger
}

// Broker is a running broker.
type Broker struct {
	server   *server.Server
	devices  Devices
	password string
	addr     string
	log      zerolog.Logger
	refused  zerolog.Logger // log, for strangers: a few lines a minute
	gate     *gate
	late     *time.Timer // opens the gate, gateWait after Open
}

// refusedBurst is how many refused connections are logged each minute: whoever
// tries passwords must not fill the log.
const refusedBurst = 10

// Open starts a broker and returns when it accepts connections. The caller
// closes it, and runs Run beside it.
func Open(o Options) (*Broker, error) {
	host, portText, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("open broker: %w", err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("open broker: port %q: want 0 to 65535", portText)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open broker: %w", err)
	}
	b := &Broker{devices: o.Devices, password: rand.Text(), log: o.Log, gate: newGate(o.Gate),
		refused: o.Log.Sample(&zerolog.BurstSampler{Burst: refusedBurst, Period: time.Minute})}
	b.late = time.AfterFunc(readyWait+gateWait, b.Admit) // and sooner, once it listens
	opts := &server.Options{
		ServerName:         "fieldcam-hub",
		DontListen:         true, // NATS' own protocol stays closed
		NoSigs:             true,
		MaxPayload:         maxPayload,
		JetStream:          true,
		JetStreamMaxStore:  maxStore,
		JetStreamMaxMemory: maxMemory,
		StoreDir:           o.Dir,
		// NATS' default answers before its disk does, and loses acknowledged
		// messages in a power cut (measured; docs of JetStream: sync_interval 2m).
		SyncAlways:                 true,
		CustomClientAuthentication: b,
		MQTT:                       server.MQTTOpts{Host: host, Port: int(port), TLSConfig: o.TLS, TLSTimeout: tlsTimeout.Seconds(), AuthTimeout: tlsTimeout.Seconds()},
	}
	if port == 0 {
		opts.MQTT.Port = server.RANDOM_PORT
	}
	if b.server, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("open broker: %w", err)
	}
	log := &natsLog{log: o.Log}
	b.server.SetLoggerV2(log, false, false, false)
	b.server.Start()
	for end := time.Now().Add(readyWait); !b.server.ReadyForConnections(readyLook); {
		if err := log.fatal(); err != nil || time.Now().After(end) {
			b.Close()
			return nil, fmt.Errorf("open broker on %s: %w", o.Listen, cmp.Or(err, errNotReady))
		}
	}
	state, err := b.server.Varz(nil)
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("open broker: %w", err)
	}
	b.late.Reset(gateWait)
	b.addr = net.JoinHostPort(host, strconv.Itoa(state.MQTT.Port))
	return b, nil
}

// errNotReady is what Open returns where NATS gives no reason.
var errNotReady = fmt.Errorf("not ready after %s", readyWait)

// tlsTimeout bounds a handshake: four round trips over a mobile link at its
// worst. It bounds the wait for the CONNECT after it, too. NATS' default of 2 s
// for either shuts such a link out.
const tlsTimeout = 30 * time.Second

// Addr is where the broker listens, HOST:PORT; the host is as it was given.
func (b *Broker) Addr() string { return b.addr }

// Admit lets devices in where Options.Gate keeps them waiting. A second call does
// nothing.
func (b *Broker) Admit() { b.gate.decide(true) }

// HubPassword is HubUser's password. It changes with each start.
func (b *Broker) HubPassword() string { return b.password }

// Close disconnects everybody and returns when all is on the disk. A second call
// does nothing.
func (b *Broker) Close() {
	b.late.Stop()
	b.gate.decide(false) // who waits there would hold it up, and be heard by nobody
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// Run disconnects devices that are struck off or have got a new password, until
// ctx ends.
func (b *Broker) Run(ctx context.Context) error {
	tick := time.NewTicker(registryEvery)
	defer tick.Stop()
	before := map[string]string{}
	for {
		if now, err := b.devices.Devices(); err == nil { // else: those of the last time may stay
			after := make(map[string]string, len(now))
			for _, d := range now {
				after[d.Name] = d.Hash
			}
			gone := map[string]bool{}
			for name, hash := range before {
				if after[name] != hash {
					gone[name] = true
				}
			}
			if err := b.disconnect(gone); err != nil {
				b.log.Warn().Err(err).Msg("disconnect removed devices")
				after = before // again in a second
			}
			before = after
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// maxConnections is more than one machine holds.
const maxConnections = 1 << 20

func (b *Broker) disconnect(devices map[string]bool) error {
	if len(devices) == 0 {
		return nil
	}
	all, err := b.server.Connz(&server.ConnzOptions{Username: true, Limit: maxConnections})
	if err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	var errs []error
	for _, c := range all.Conns {
		if devices[c.AuthorizedUser] {
			b.log.Info().Str("device", c.AuthorizedUser).Msg("removed device disconnected")
			errs = append(errs, b.server.DisconnectClientByID(c.Cid))
		}
	}
	return errors.Join(errs...)
}
