//go:build e2e

package e2e_test

import (
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"fieldcam/agent/message"
)

// ear hears everything that goes over the broker, from when it is connected.
type ear struct {
	client mqtt.Client

	mu    sync.Mutex        // guards all below
	count map[string]int    // messages by topic
	last  map[string][]byte // the latest by topic
}

// listenTo connects an ear, which connects again after each outage.
func listenTo(t testing.TB, m *mosquitto) *ear {
	t.Helper()
	e := &ear{count: map[string]int{}, last: map[string][]byte{}}
	e.client = mqtt.NewClient(mqtt.NewClientOptions().
		AddBroker("tls://" + m.addr).SetTLSConfig(m.clientTLS(t)).
		SetClientID("ear").SetUsername(hubUser).SetPassword(hubPassword).
		SetAutoReconnect(true).SetMaxReconnectInterval(time.Second).SetKeepAlive(5 * time.Second).
		SetOnConnectHandler(func(c mqtt.Client) { c.Subscribe("fieldcam/1/#", 1, e.hear) }))
	token := e.client.Connect()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("listen to the broker: %v", token.Error())
	}
	return e
}

func (e *ear) hear(_ mqtt.Client, m mqtt.Message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count[m.Topic()]++
	e.last[m.Topic()] = m.Payload()
}

// heard is how many messages of a kind came from the controller, and the last.
func (e *ear) heard(kind message.Kind) (count int, last []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	topic := message.Topic(device, kind)
	return e.count[topic], e.last[topic]
}

func (e *ear) close() {
	const quiesceMilliseconds = 100
	e.client.Disconnect(quiesceMilliseconds)
}

// retained is what the broker keeps on a topic of the controller; nil: nothing.
func (r *rig) retained(kind message.Kind) []byte {
	r.Helper()
	got := make(chan []byte, 1)
	c := mqtt.NewClient(mqtt.NewClientOptions().
		AddBroker("tls://" + r.broker.addr).SetTLSConfig(r.broker.clientTLS(r)).
		SetClientID("reader").SetUsername(hubUser).SetPassword(hubPassword))
	if token := c.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		r.Fatalf("connect to the broker: %v", token.Error())
	}
	defer c.Disconnect(0)
	token := c.Subscribe(message.Topic(device, kind), 1, func(_ mqtt.Client, m mqtt.Message) {
		if m.Retained() {
			select {
			case got <- m.Payload():
			default:
			}
		}
	})
	if !token.WaitTimeout(patience) || token.Error() != nil {
		r.Fatalf("subscribe: %v", token.Error())
	}
	select {
	case p := <-got:
		return p
	case <-time.After(5 * time.Second): // retained messages come with the subscription
		return nil
	}
}
