// Package mqtttest is an MQTT 3.1.1 broker in memory, for tests: it keeps every
// message with its time, and fails on demand. It runs in a synctest bubble.
//
// It speaks CONNECT with credentials and wills, PUBLISH at QoS 0 and 1, SUBSCRIBE
// with wildcards, PINGREQ and DISCONNECT; it keeps retained messages, takes a
// client ID over, and ends a connection that stays silent for one and a half
// keep-alives. It keeps no session beyond its connection and queues nothing for
// clients that are away.
package mqtttest

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// Faults are what a Broker does wrong. The zero Faults is a good broker.
type Faults struct {
	// Down refuses connections in Dial.
	Down bool
	// Refuse answers each CONNECT with this return code; 0 accepts.
	Refuse byte
	// Hang reads everything and answers nothing, not even a CONNECT.
	Hang bool
	// NoPuback takes messages and does not acknowledge them.
	NoPuback bool
	// NoSuback takes subscriptions and does not acknowledge them.
	NoSuback bool
	// RefuseSubscribe answers each topic of a SUBSCRIBE with a failure.
	RefuseSubscribe bool
	// CloseAfter ends a connection after that many packets from its client, the
	// last of them taken but not answered; 0 never.
	CloseAfter int
}

// Message is one message that the broker took.
type Message struct {
	At       time.Time
	Client   string // who sent it, or whose will it is; empty: the cloud
	Topic    string
	Payload  []byte
	QoS      byte
	Retained bool // sent to be retained
	Dup      bool
	Will     bool
}

// Connect is one CONNECT that the broker read.
type Connect struct {
	At                         time.Time
	Client, Username, Password string
	CleanSession, WillRetained bool
	WillTopic                  string
	WillPayload                []byte
	WillQoS                    byte
	KeepAlive                  time.Duration
	ReturnCode                 byte // what it was answered
}

// Broker is the broker. Its methods may be called from any goroutine.
type Broker struct {
	users map[string]string // nil: everybody

	mu       sync.Mutex // guards all below
	faults   Faults
	conns    map[net.Conn]bool
	clients  map[string]*client
	retained map[string]Message
	messages []Message
	connects []Connect
	acks     []uint16
	closed   bool
	served   sync.WaitGroup
}

// New makes a Broker that lets in users with their passwords; nil: everybody.
func New(users map[string]string) *Broker {
	return &Broker{users: maps.Clone(users), conns: map[net.Conn]bool{}, clients: map[string]*client{}, retained: map[string]Message{}}
}

// ErrDown is what Dial returns while the broker is Down or closed.
var ErrDown = errors.New("connection refused")

// Dial connects to the broker, whatever the address. Its signature is that of
// net.Dialer.DialContext.
func (b *Broker) Dial(context.Context, string, string) (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.faults.Down {
		return nil, ErrDown
	}
	mine, yours := Pipe()
	b.conns[mine] = true // before it is served, so that no Cut misses it
	b.served.Go(func() { b.Serve(mine) })
	return yours, nil
}

// Set makes the broker fail, or be good again, from now on. Connections that stand
// stay; see Cut.
func (b *Broker) Set(f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// Cut ends all connections without a word.
func (b *Broker) Cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.conns {
		conn.Close()
	}
}

// Close ends the broker and waits for the connections that Dial made.
func (b *Broker) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.Cut()
	b.served.Wait()
}

// Messages lists all messages taken so far, wills among them, in order.
func (b *Broker) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

// On lists the messages taken so far on one topic.
func (b *Broker) On(topic string) []Message {
	return slices.DeleteFunc(b.Messages(), func(m Message) bool { return m.Topic != topic })
}

// Retained is the message that the broker keeps for a topic; false for none.
func (b *Broker) Retained(topic string) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.retained[topic]
	return m, ok
}

// Connects lists every CONNECT so far.
func (b *Broker) Connects() []Connect {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.connects)
}

// Acks lists the packet IDs that clients have acknowledged.
func (b *Broker) Acks() []uint16 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.acks)
}

// Send sends a message with packet ID id at QoS 1 to a connected client, whether
// it has subscribed or not; false where it is not connected.
func (b *Broker) Send(id string, packetID uint16, topic string, payload []byte) bool {
	b.mu.Lock()
	c := b.clients[id]
	b.mu.Unlock()
	if c == nil {
		return false
	}
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos, p.MessageID, p.TopicName, p.Payload = 1, packetID, topic, payload
	return c.write(p) == nil
}

// Publish is a message of the cloud's own, at QoS 1, for all who subscribed.
func (b *Broker) Publish(topic string, payload []byte, retained bool) {
	b.take(Message{Topic: topic, Payload: payload, QoS: 1, Retained: retained})
}

// take keeps a message and hands it to those who subscribed.
func (b *Broker) take(m Message) {
	b.mu.Lock()
	to := b.keep(m)
	b.mu.Unlock()
	for _, c := range to {
		c.deliver(m, false)
	}
}

// keep keeps a message and gives those who subscribed; b.mu is held.
func (b *Broker) keep(m Message) (to []*client) {
	m.At = time.Now()
	b.messages = append(b.messages, m)
	if m.Retained {
		if len(m.Payload) == 0 {
			delete(b.retained, m.Topic) // section 3.3.1.3
		} else {
			b.retained[m.Topic] = m
		}
	}
	for _, c := range b.clients {
		if c.wants(m.Topic) {
			to = append(to, c)
		}
	}
	return to
}

// current is the faults now.
func (b *Broker) current() Faults {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}
