package broker

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"fieldcam/cmd/fieldcam-hub/internal/registry"
)

// patience bounds what must come; silence is how long nothing must.
const (
	patience = 2 * time.Minute
	silence  = 300 * time.Millisecond
)

// rig is a broker with two registered devices.
type rig struct {
	t         testing.TB
	dir       string
	devices   *registry.Registry
	passwords map[string]string
	tls       *tls.Config
	b         *Broker
	looks     chan struct{} // one for each look of the broker at its devices
	gate      bool
}

// watched tells when the broker looks at its devices.
type watched struct {
	*registry.Registry
	looks chan struct{}
}

func (w watched) Devices() ([]registry.Device, error) {
	select {
	case w.looks <- struct{}{}:
	default: // nobody counts
	}
	return w.Registry.Devices()
}

func newRig(t testing.TB) *rig {
	g := &rig{t: t, dir: t.TempDir(), passwords: map[string]string{}, looks: make(chan struct{})}
	var err error
	if g.devices, err = registry.Open(g.dir); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"north", "south"} {
		if g.passwords[d], err = g.devices.Add(d, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	g.open()
	t.Cleanup(func() { g.b.Close() })
	return g
}

func (g *rig) open() {
	g.t.Helper()
	var err error
	g.b, err = Open(Options{Dir: g.dir + "/nats", Listen: "127.0.0.1:0", TLS: g.tls, Devices: watched{g.devices, g.looks}, Gate: g.gate, Log: zerolog.Nop()})
	if err != nil {
		g.t.Fatal(err)
	}
	g.passwords[HubUser] = g.b.HubPassword()
}

// client is a connection that notes what it hears.
type client struct {
	t testing.TB
	mqtt.Client
	conn  net.Conn
	mu    sync.Mutex // guards heard
	heard []string
	news  chan struct{}
	lost  chan struct{}
}

func (g *rig) options(user string) *mqtt.ClientOptions {
	return mqtt.NewClientOptions().AddBroker("tcp://" + g.b.Addr()).SetClientID(user).SetProtocolVersion(4).
		SetUsername(user).SetPassword(g.passwords[user]).SetAutoReconnect(false).SetConnectTimeout(patience)
}

func (g *rig) dial(o *mqtt.ClientOptions) (*client, error) {
	c := &client{t: g.t, news: make(chan struct{}, 1), lost: make(chan struct{})}
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) {
		c.mu.Lock()
		c.heard = append(c.heard, fmt.Sprintf("%s=%s retained=%v", m.Topic(), m.Payload(), m.Retained()))
		c.mu.Unlock()
		select {
		case c.news <- struct{}{}:
		default:
		}
	})
	o.SetConnectionLostHandler(func(mqtt.Client, error) { close(c.lost) })
	if o.Servers[0].Scheme == "tcp" {
		o.SetCustomOpenConnectionFn(func(u *url.URL, _ mqtt.ClientOptions) (net.Conn, error) {
			conn, err := net.DialTimeout("tcp", u.Host, patience)
			c.conn = conn
			return conn, err
		})
	}
	c.Client = mqtt.NewClient(o)
	t := c.Connect()
	if !t.WaitTimeout(patience) {
		return nil, fmt.Errorf("no answer")
	}
	if t.Error() == nil {
		g.t.Cleanup(func() { c.Disconnect(0) })
	}
	return c, t.Error()
}

// connect connects a user who is let in. Whoever takes a name over that was taken
// over less than a second ago is kept waiting and sent away by nats-server
// (mqttSessFlappingJailDur): then it comes again.
func (g *rig) connect(user string) *client {
	g.t.Helper()
	for end := time.Now().Add(patience); ; {
		c, err := g.dial(g.options(user))
		if err == nil {
			return c
		}
		if time.Now().After(end) {
			g.t.Fatalf("connect as %s: %v", user, err)
		}
	}
}

func (c *client) publish(topic, payload string, retained bool) {
	c.t.Helper()
	if t := c.Publish(topic, 1, retained, payload); !t.WaitTimeout(patience) || t.Error() != nil {
		c.t.Fatalf("publish %s: %v", topic, t.Error())
	}
}

// subscribe tells whether the broker granted it.
func (c *client) subscribe(filter string) bool {
	c.t.Helper()
	t := c.Subscribe(filter, 1, nil)
	if !t.WaitTimeout(patience) {
		c.t.Fatalf("subscribe %s: no answer", filter)
	}
	return t.Error() == nil && t.(*mqtt.SubscribeToken).Result()[filter] < 3
}

func (c *client) messages() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.heard)
}

// hears waits for a message.
func (c *client) hears(want string) {
	c.t.Helper()
	end := time.After(patience)
	for !slices.Contains(c.messages(), want) {
		select {
		case <-c.news:
		case <-end:
			c.t.Fatalf("heard %q, want %q", c.messages(), want)
		}
	}
}
