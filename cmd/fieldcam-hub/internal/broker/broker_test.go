package broker

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"fieldcam/cmd/fieldcam-hub/internal/authority"
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
	g.b, err = Open(Options{Dir: g.dir + "/nats", Listen: "127.0.0.1:0", TLS: g.tls, Devices: watched{g.devices, g.looks}, Log: zerolog.Nop()})
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

func TestHubHearsEveryDevice(t *testing.T) {
	g := newRig(t)
	hub := g.connect(HubUser)
	if !hub.subscribe("fieldcam/1/+/+") {
		t.Fatal("the hub may not subscribe")
	}
	for _, d := range []string{"north", "south"} {
		g.connect(d).publish("fieldcam/1/"+d+"/heartbeat", "lives", false)
		hub.hears("fieldcam/1/" + d + "/heartbeat=lives retained=false")
	}
}

// Nor may it subscribe to more than the two topics of its notices.
func TestDeviceHearsNothingOfAnother(t *testing.T) {
	g := newRig(t)
	north, south := g.connect("north"), g.connect("south")
	north.publish("fieldcam/1/north/status", "kept", true)
	for _, filter := range []string{"#", "+/+/+/+", "fieldcam/1/+/status", "fieldcam/1/north/#", "fieldcam/1/north/status", "fieldcam/1/south/#",
		"fieldcam/1/north/notice", "fieldcam/1/+/notice", "fieldcam/1/all/#", "$MQTT/#", "$MQTT/sub/#", "$MQTT/msgs/#", "$SYS/#", "$JS/#", "$MQTT/rmsgs/#"} {
		if south.subscribe(filter) {
			t.Errorf("south may subscribe to %s", filter)
		}
	}
	north.publish("fieldcam/1/north/condition", "private", false)
	if m := south.messages(); len(m) != 0 {
		t.Errorf("south heard %q", m)
	}
}

// Notices come to those whom they are for, also the one that was published while
// a device was away, and from nobody but the hub.
func TestNoticesReachTheirDevicesAndComeFromTheHubAlone(t *testing.T) {
	g := newRig(t)
	hub, north := g.connect(HubUser), g.connect("north")
	for _, filter := range []string{"fieldcam/1/north/notice", "fieldcam/1/all/notice"} {
		if !north.subscribe(filter) {
			t.Fatalf("north may not subscribe to %s", filter)
		}
	}
	hub.publish("fieldcam/1/all/notice", "to all", true)
	north.hears("fieldcam/1/all/notice=to all retained=false")
	hub.publish("fieldcam/1/south/notice", "to south", true)
	hub.publish("fieldcam/1/north/notice", "to north", true)
	north.hears("fieldcam/1/north/notice=to north retained=false")
	south := g.connect("south")
	south.finds("fieldcam/1/south/notice", "to south")
	south.finds("fieldcam/1/all/notice", "to all")
	for _, topic := range []string{"fieldcam/1/all/notice", "fieldcam/1/south/notice", "fieldcam/1/north/notice"} {
		g.connect("south").Publish(topic, 1, true, "forged").WaitTimeout(silence)
	}
	for _, m := range append(north.messages(), south.messages()...) {
		if strings.Contains(m, "forged") || strings.Contains(m, "to south") != strings.Contains(m, "/south/") {
			t.Errorf("heard %q", m)
		}
	}
}

// finds subscribes until it gets the retained message: NATS shows one to new
// subscribers only some time after it has confirmed it.
func (c *client) finds(topic, payload string) {
	c.t.Helper()
	want := topic + "=" + payload + " retained=true"
	for end := time.Now().Add(patience); !slices.Contains(c.messages(), want); {
		if !c.subscribe(topic) || time.Now().After(end) {
			c.t.Fatalf("heard %q, want %q", c.messages(), want)
		}
		select {
		case <-c.news:
		case <-time.After(silence):
		}
	}
}

// stored is how much of the store is taken, in bytes and messages.
func (g *rig) stored() (bytes, messages uint64) {
	g.t.Helper()
	j, err := g.b.server.Jsz(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return j.Bytes, j.Messages
}

// One device must not fill the store that all share: it has a retained message
// of each kind at most, and nothing waits for its acknowledgement.
func TestOneDeviceCannotFillTheStore(t *testing.T) {
	g := newRig(t)
	o := g.options("south").SetCleanSession(false).SetAutoAckDisabled(true)
	south, err := g.dial(o)
	if err != nil {
		t.Fatal(err)
	}
	south.Subscribe("fieldcam/1/south/#", 1, nil).WaitTimeout(patience)
	for i := range 40 {
		if !south.IsConnectionOpen() {
			south = g.connect("south")
		}
		south.Publish(fmt.Sprintf("fieldcam/1/south/x%d", i), 0, true, "junk").WaitTimeout(silence)
		south.Publish(fmt.Sprintf("fieldcam/1/south/status/x%d", i), 0, true, "junk").WaitTimeout(silence)
	}
	// It may be about to be sent away for the last junk, without knowing yet.
	status := strings.Repeat("s", 1000)
	for end := time.Now().Add(patience); ; south = g.connect("south") {
		t := south.Publish("fieldcam/1/south/status", 1, true, status)
		if t.WaitTimeout(patience) && t.Error() == nil {
			break
		}
		if time.Now().After(end) {
			g.t.Fatalf("publish a status after the junk: %v", t.Error())
		}
	}
	for range 39 {
		south.publish("fieldcam/1/south/status", status, true)
	}
	// Each device that was here has its session, and south one status: once the
	// broker has dropped those that were replaced, which it does after its PUBACK.
	for deadline := time.Now().Add(patience); ; time.Sleep(silence) {
		bytes, messages := g.stored()
		if messages <= 3 && bytes <= 10_000 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages of %d bytes are stored", messages, bytes)
		}
	}
}

func TestSlowLinkHasTimeToSignIn(t *testing.T) {
	g := newRig(t)
	v, err := g.b.server.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	if v.MQTT.AuthTimeout != tlsTimeout.Seconds() {
		t.Errorf("a CONNECT may take %v s, want %v", v.MQTT.AuthTimeout, tlsTimeout.Seconds())
	}
}

func TestDeviceCannotSpeakForAnother(t *testing.T) {
	g := newRig(t)
	hub, south := g.connect(HubUser), g.connect("south")
	hub.subscribe("#")
	for _, topic := range []string{"fieldcam/1/north/status", "fieldcam/1/north/link", "$MQTT/rmsgs/fieldcam/1/north/status", "other"} {
		south.Publish(topic, 0, true, "forged").WaitTimeout(patience)
	}
	o := g.options("south")
	o.SetWill("fieldcam/1/north/link", "forged will", 1, true)
	south.Disconnect(0)
	if c, err := g.dial(o); err == nil {
		c.breakOff()
	}
	north := g.connect("north")
	north.publish("fieldcam/1/north/heartbeat", "true", false)
	hub.hears("fieldcam/1/north/heartbeat=true retained=false")
	late := g.connect("north")
	late.subscribe("fieldcam/1/north/#")
	time.Sleep(silence) // what must not come has no event to wait for
	if m := late.messages(); len(m) != 0 {
		t.Errorf("retained for north: %q", m)
	}
	for _, m := range hub.messages() {
		if strings.Contains(m, "forged") {
			t.Errorf("the hub heard %q", m)
		}
	}
}

// breakOff ends a connection without a DISCONNECT.
func (c *client) breakOff() {
	c.t.Helper()
	if err := c.conn.Close(); err != nil {
		c.t.Fatal(err)
	}
}

func TestWillTellsOfALostConnectionAndIsRetained(t *testing.T) {
	g := newRig(t)
	hub := g.connect(HubUser)
	hub.subscribe("fieldcam/1/+/link")
	o := g.options("north")
	o.SetWill("fieldcam/1/north/link", "down", 1, true)
	north, err := g.dial(o)
	if err != nil {
		t.Fatal(err)
	}
	north.publish("fieldcam/1/north/link", "up", true)
	hub.hears("fieldcam/1/north/link=up retained=false")
	north.breakOff()
	hub.hears("fieldcam/1/north/link=down retained=false")
	second := g.connect(HubUser)
	second.subscribe("fieldcam/1/+/link")
	second.hears("fieldcam/1/north/link=down retained=true")
}

func TestRetainedMessageSurvivesRestart(t *testing.T) {
	g := newRig(t)
	g.connect("north").publish("fieldcam/1/north/status", "well", true)
	g.b.Close()
	g.open()
	hub := g.connect(HubUser)
	hub.subscribe("fieldcam/1/+/status")
	hub.hears("fieldcam/1/north/status=well retained=true")
}

func TestStrangersStayOut(t *testing.T) {
	g := newRig(t)
	g.connect("north")
	for name, change := range map[string]func(*mqtt.ClientOptions){
		"wrong password":       func(o *mqtt.ClientOptions) { o.SetPassword("wrong") },
		"no password":          func(o *mqtt.ClientOptions) { o.SetPassword("") },
		"nobody":               func(o *mqtt.ClientOptions) { o.SetUsername("").SetPassword("") },
		"unknown device":       func(o *mqtt.ClientOptions) { o.SetUsername("east") },
		"another's password":   func(o *mqtt.ClientOptions) { o.SetUsername("south").SetClientID("south") },
		"another's client ID":  func(o *mqtt.ClientOptions) { o.SetClientID("south") },
		"quoted client ID":     func(o *mqtt.ClientOptions) { o.SetClientID(`x" - "north`) },
		"hub without password": func(o *mqtt.ClientOptions) { o.SetUsername(HubUser) },
		"a name with wildcard": func(o *mqtt.ClientOptions) { o.SetUsername("*") },
	} {
		o := g.options("north")
		change(o)
		if _, err := g.dial(o); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
}

func TestRemovedDeviceIsDisconnected(t *testing.T) {
	g := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- g.b.Run(ctx) }()
	defer func() { cancel(); <-done }()
	north, south := g.connect("north"), g.connect("south")
	for range 2 { // with the second look it has done with the first: it knows both
		<-g.looks
	}
	if err := g.devices.Remove("north"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-north.lost:
	case <-time.After(patience):
		t.Fatal("a removed device stays connected")
	}
	if _, err := g.dial(g.options("north")); err == nil {
		t.Error("a removed device comes back")
	}
	if !south.IsConnected() {
		t.Error("another device was disconnected, too")
	}
}

func TestTLSOnlyWithTheAuthority(t *testing.T) {
	g := newRig(t)
	g.b.Close()
	a, err := authority.Open(t.TempDir(), []string{"127.0.0.1"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	g.tls = a.TLS()
	g.open()
	dial := func(cfg *tls.Config) error {
		o := g.options("north")
		o.Servers = nil
		_, err := g.dial(o.AddBroker("tls://" + g.b.Addr()).SetTLSConfig(cfg))
		return err
	}
	if err := dial(&tls.Config{RootCAs: a.Pool()}); err != nil {
		t.Errorf("with the authority: %v", err)
	}
	if err := dial(&tls.Config{}); err == nil {
		t.Error("a client without the authority trusts the broker")
	}
	if _, err := g.dial(g.options("north")); err == nil {
		t.Error("plain TCP was accepted beside TLS")
	}
}

func TestTakenPortIsAnErrorThatNamesIt(t *testing.T) {
	g := newRig(t)
	_, err := Open(Options{Dir: t.TempDir(), Listen: g.b.Addr(), Devices: g.devices, Log: zerolog.Nop()})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}
