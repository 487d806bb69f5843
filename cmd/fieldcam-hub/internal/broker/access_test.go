package broker

import (
	"context"
	"crypto/tls"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"fieldcam/cmd/fieldcam-hub/internal/authority"
)

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
