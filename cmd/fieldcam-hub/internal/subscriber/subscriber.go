// Package subscriber is the hub's ear on the broker, its own or any other that
// speaks MQTT 3.1.1: it hands what devices publish to a function.
//
// Promises: it reconnects for ever, with jitter; after each connection the
// retained messages come again; it publishes nothing but the retained messages
// that it is asked to. Messages that were sent
// while the connection was down and are not retained are lost: heartbeats and
// conditions are old by then, and devices tell the ledger's days again (see
// agent/proof).
package subscriber

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"fieldcam/agent/message"
)

const (
	// connectWait and ackWait bound the waits for a broker that says nothing.
	connectWait = 20 * time.Second
	ackWait     = 20 * time.Second
	// keepAlive finds a dead connection in a minute.
	keepAlive = 40 * time.Second
	// backoffMin and backoffMax bound the pause between attempts; the pause is a
	// random part of it (full jitter).
	backoffMin = time.Second
	backoffMax = 30 * time.Second
	// quiesceMilliseconds lets paho send its DISCONNECT.
	quiesceMilliseconds = 100
)

// Options is where the broker is.
type Options struct {
	// URL is "tls://HOST:PORT" or "tcp://HOST:PORT".
	URL string
	// TLS is used for "tls".
	TLS *tls.Config
	// ClientID must be the hub's alone on this broker.
	ClientID string
	Username string
	Password string
	// Handle is called for each message, one at a time. It must not block.
	Handle func(topic string, payload []byte, retained bool)
	// Link is called with true after each connection, once the subscriptions
	// stand, and with false when it is lost.
	Link func(up bool)
	// Retain brings what is to be retained; nil: nothing. It waits while there is no
	// connection; one that is sent while the connection breaks may be lost.
	Retain <-chan Retained
	Log    zerolog.Logger
}

// Retained is a message for the broker to keep.
type Retained struct {
	Topic string
	// Payload empty removes the one that is kept (MQTT 3.1.1, 3.3.1.3).
	Payload []byte
}

// Run listens until ctx ends.
func Run(ctx context.Context, o Options) error {
	pause := backoffMin
	for told := ""; ctx.Err() == nil; {
		began := time.Now()
		err := listen(ctx, o)
		o.Link(false)
		if ctx.Err() != nil {
			break
		}
		if time.Since(began) > backoffMax {
			pause, told = backoffMin, ""
		}
		if s := err.Error(); s != told { // once, not for each attempt
			o.Log.Warn().Err(err).Msg("no connection to the broker")
			told = s
		}
		wait := time.NewTimer(rand.N(pause))
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
		pause = min(2*pause, backoffMax)
	}
	return nil
}

// listen holds one connection until it is lost or ctx ends.
func listen(ctx context.Context, o Options) error {
	lost := make(chan error, 1)
	c := mqtt.NewClient(mqtt.NewClientOptions().
		AddBroker(o.URL).SetTLSConfig(o.TLS).
		SetClientID(o.ClientID).SetUsername(o.Username).SetPassword(o.Password).
		// A session would bring hours-old heartbeats after an outage.
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).
		SetProtocolVersion(4). // 3.1.1 only: no second attempt as 3.1
		SetConnectTimeout(connectWait).SetWriteTimeout(ackWait).
		SetKeepAlive(keepAlive).SetPingTimeout(ackWait).SetOrderMatters(true).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err }))
	defer c.Disconnect(quiesceMilliseconds)
	if err := wait(ctx, c.Connect(), connectWait); err != nil {
		return fmt.Errorf("connect to %s: %w", o.URL, err)
	}
	// Heartbeats need no acknowledgement: three may miss.
	filters := map[string]byte{}
	for _, kind := range message.Kinds() {
		filters[message.Filter(kind)] = 1
	}
	filters[message.Filter(message.KindHeartbeat)] = 0
	if err := subscribe(ctx, c, filters, o.Handle); err != nil {
		return fmt.Errorf("subscribe at %s: %w", o.URL, err)
	}
	o.Link(true)
	for _, pause := range again() {
		if done, err := hold(ctx, c, o.Retain, lost, pause); done {
			return err
		}
		if err := subscribe(ctx, c, filters, o.Handle); err != nil {
			return fmt.Errorf("subscribe again at %s: %w", o.URL, err)
		}
	}
	_, err := hold(ctx, c, o.Retain, lost, 0)
	return err
}

// again says after which pauses the subscriptions are made once more, which
// brings the retained messages once more (MQTT 3.1.1, 3.8.4). NATS shows a
// retained message to new subscribers only some time after it has confirmed it
// (seen with v2.12.2): one that a device sent while the hub was connecting comes
// neither live nor retained.
func again() []time.Duration { return []time.Duration{time.Second, 10 * time.Second, time.Minute} }

// subscribe makes the subscriptions.
func subscribe(ctx context.Context, c mqtt.Client, filters map[string]byte, handle func(string, []byte, bool)) error {
	t := c.SubscribeMultiple(filters, func(_ mqtt.Client, m mqtt.Message) { handle(m.Topic(), m.Payload(), m.Retained()) })
	if err := wait(ctx, t, ackWait); err != nil {
		return err
	}
	for filter, granted := range t.(*mqtt.SubscribeToken).Result() {
		if granted > 2 { // MQTT 3.1.1, 3.9.3: 0x80 is a failure
			return fmt.Errorf("%s was refused", filter)
		}
	}
	return nil
}

// hold waits for a pause, 0 for ever, and publishes what it is asked to; done tells
// that the connection has ended, or ctx has.
func hold(ctx context.Context, c mqtt.Client, retain <-chan Retained, lost <-chan error, pause time.Duration) (done bool, err error) {
	var over <-chan time.Time
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		over = t.C
	}
	for {
		select {
		case <-over:
			return false, nil
		case <-ctx.Done():
			return true, nil
		case err := <-lost:
			return true, fmt.Errorf("connection lost: %w", err)
		case m := <-retain:
			if m.Payload == nil {
				m.Payload = []byte{} // paho knows no nil
			}
			if err := wait(ctx, c.Publish(m.Topic, 1, true, m.Payload), ackWait); err != nil {
				return true, fmt.Errorf("publish retained message: %w", err)
			}
		}
	}
}

// wait waits for paho's answer, within bounds.
func wait(ctx context.Context, t mqtt.Token, bound time.Duration) error {
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errors.New("no answer")
	}
}
