package broker

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

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
