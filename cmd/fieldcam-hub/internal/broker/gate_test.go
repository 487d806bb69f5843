package broker

import (
	"testing"
	"time"
)

func TestWhatADeviceSaysFirstWaitsForTheHubsEar(t *testing.T) {
	g := newRig(t)
	g.b.Close()
	g.gate = true
	g.open()
	const topic = "fieldcam/1/north/condition"
	said := make(chan *client)
	go func() {
		c, err := g.dial(g.options("north"))
		if err != nil {
			t.Error(err)
			close(said)
			return
		}
		said <- c
	}()
	hub := g.connect(HubUser) // is not kept waiting
	select {
	case <-said:
		t.Error("the device was let in, want it to wait")
	case <-time.After(silence):
	}
	if !hub.subscribe("fieldcam/1/+/condition") {
		t.Fatal("the hub may not subscribe")
	}
	g.b.Admit()
	device, ok := <-said
	if !ok {
		return
	}
	device.publish(topic, "an event", false)
	hub.hears(topic + "=an event retained=false")
}

func TestAtTheEndWhoWaitsIsSentAway(t *testing.T) {
	g := newRig(t)
	g.b.Close()
	g.gate = true
	g.open()
	refused := make(chan error)
	go func() {
		_, err := g.dial(g.options("north"))
		refused <- err
	}()
	for g.b.server.NumClients() == 0 && !t.Failed() { // it has connected, and waits at the gate, or is about to
		select {
		case err := <-refused:
			t.Fatalf("got %v before the end, want it to wait", err)
		case <-time.After(silence):
		}
	}
	g.b.Close() // waits for its connections
	if err := <-refused; err == nil {
		t.Error("the device was let in at the end, where nobody hears it")
	}
}
