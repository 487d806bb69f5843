package mqtttest

import (
	"net"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// writeTimeout bounds one write to a client that does not read.
const writeTimeout = 10 * time.Second

// refusedTopic is the return code for a topic that nobody may read (table 3.9.3).
const refusedTopic = 0x80

// client is one connection after its CONNECT.
type client struct {
	b    *Broker
	conn net.Conn
	id   string
	will *Message // nil: none, or given up

	writing chan struct{} // holds one while a packet is written: a mutex would stall simulated time

	mu      sync.Mutex // guards all below
	filters map[string]bool
	next    uint16 // packet ID
}

// Serve speaks MQTT on conn until either side ends it, and closes it.
func (b *Broker) Serve(conn net.Conn) {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		conn.Close()
		return
	}
	b.conns[conn] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.conns, conn)
		b.mu.Unlock()
		conn.Close()
	}()
	first, err := packets.ReadPacket(conn)
	if err != nil {
		return
	}
	hello, ok := first.(*packets.ConnectPacket)
	if !ok {
		return
	}
	c, keepAlive := b.admit(conn, hello)
	if c == nil {
		return
	}
	c.serve(keepAlive)
	b.leave(c)
}

// admit answers a CONNECT; nil where it was refused.
func (b *Broker) admit(conn net.Conn, hello *packets.ConnectPacket) (*client, time.Duration) {
	keepAlive := time.Duration(hello.Keepalive) * time.Second
	b.mu.Lock()
	code := hello.Validate()
	if b.users != nil {
		if want, known := b.users[hello.Username]; !known || want != string(hello.Password) {
			code = packets.ErrRefusedBadUsernameOrPassword
		}
	}
	if b.faults.Refuse != 0 {
		code = b.faults.Refuse
	}
	b.connects = append(b.connects, Connect{
		At: time.Now(), Client: hello.ClientIdentifier, Username: hello.Username, Password: string(hello.Password),
		CleanSession: hello.CleanSession, WillTopic: hello.WillTopic, WillPayload: hello.WillMessage,
		WillQoS: hello.WillQos, WillRetained: hello.WillRetain, KeepAlive: keepAlive, ReturnCode: code,
	})
	hang := b.faults.Hang
	old := b.clients[hello.ClientIdentifier]
	b.mu.Unlock()

	ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
	ack.ReturnCode = code
	c := &client{b: b, conn: conn, id: hello.ClientIdentifier, filters: map[string]bool{}, writing: make(chan struct{}, 1)}
	if code != packets.Accepted {
		_ = c.write(ack) // it is closed next
		return nil, 0
	}
	if old != nil { // section 3.1.4: the newer connection wins
		old.conn.Close()
		b.leave(old)
	}
	if hello.WillFlag {
		c.will = &Message{Client: c.id, Topic: hello.WillTopic, Payload: hello.WillMessage, QoS: hello.WillQos, Retained: hello.WillRetain, Will: true}
	}
	b.mu.Lock()
	b.clients[c.id] = c
	b.mu.Unlock()
	if !hang && c.write(ack) != nil {
		b.leave(c)
		return nil, 0
	}
	return c, keepAlive
}

// leave ends a client's session once, and sends its will unless it said farewell.
func (b *Broker) leave(c *client) {
	b.mu.Lock()
	if b.clients[c.id] != c {
		b.mu.Unlock()
		return
	}
	delete(b.clients, c.id)
	// In the same step: a client that returns finds its will sent, and what it
	// says then is the later word.
	will := c.will
	var to []*client
	if will != nil {
		to = b.keep(*will)
	}
	b.mu.Unlock()
	for _, other := range to {
		other.deliver(*will, false)
	}
}

// serve handles a client's packets until the connection ends.
func (c *client) serve(keepAlive time.Duration) {
	for n := 2; ; n++ { // the CONNECT was the first
		if keepAlive > 0 {
			_ = c.conn.SetReadDeadline(time.Now().Add(keepAlive * 3 / 2)) // section 3.1.2.10
		}
		p, err := packets.ReadPacket(c.conn)
		if err != nil {
			return
		}
		f := c.b.current()
		last := f.CloseAfter > 0 && n >= f.CloseAfter
		if !c.handle(p, f, last) || last {
			return
		}
	}
}

// handle does what one packet asks for; false ends the connection.
func (c *client) handle(p packets.ControlPacket, f Faults, last bool) bool {
	mute := f.Hang || last
	var answer packets.ControlPacket
	switch p := p.(type) {
	case *packets.PublishPacket:
		c.b.take(Message{Client: c.id, Topic: p.TopicName, Payload: p.Payload, QoS: p.Qos, Retained: p.Retain, Dup: p.Dup})
		if p.Qos == 1 && !f.NoPuback {
			ack := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
			ack.MessageID = p.MessageID
			answer = ack
		}
		if p.Qos > 1 {
			return false
		}
	case *packets.PubackPacket:
		c.b.mu.Lock()
		c.b.acks = append(c.b.acks, p.MessageID)
		c.b.mu.Unlock()
	case *packets.SubscribePacket:
		ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		ack.MessageID = p.MessageID
		for i := range p.Topics {
			code := min(p.Qoss[i], 1)
			if f.RefuseSubscribe {
				code = refusedTopic
			}
			ack.ReturnCodes = append(ack.ReturnCodes, code)
		}
		switch {
		case mute, f.NoSuback:
		case f.RefuseSubscribe:
			answer = ack
		default:
			return c.subscribe(p.Topics, ack) == nil
		}
	case *packets.PingreqPacket:
		answer = packets.NewControlPacket(packets.Pingresp)
	case *packets.DisconnectPacket:
		c.b.mu.Lock()
		c.will = nil // section 3.14.4
		c.b.mu.Unlock()
		return false
	default:
		return false
	}
	return answer == nil || mute || c.write(answer) == nil
}

// subscribe adds filters, answers with ack and sends what is retained for them.
// From ack on its client misses nothing, and what comes then follows what is
// retained: the filters stand before ack, and nobody else writes before the end.
func (c *client) subscribe(filters []string, ack packets.ControlPacket) error {
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	c.b.mu.Lock()
	c.mu.Lock()
	for _, f := range filters {
		c.filters[f] = true
	}
	c.mu.Unlock()
	var kept []Message
	for topic, m := range c.b.retained {
		for _, f := range filters {
			if matches(f, topic) {
				kept = append(kept, m)
				break
			}
		}
	}
	c.b.mu.Unlock()
	if err := c.send(ack); err != nil {
		return err
	}
	for _, m := range kept {
		if err := c.send(c.publication(m, true)); err != nil {
			return err
		}
	}
	return nil
}

// wants tells whether the client subscribed to the topic.
func (c *client) wants(topic string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.filters {
		if matches(f, topic) {
			return true
		}
	}
	return false
}

// deliver sends a message to the client, at the QoS at which it came. A client
// that is just leaving misses it.
func (c *client) deliver(m Message, retained bool) { _ = c.write(c.publication(m, retained)) }

// publication is the packet that brings a message to the client.
func (c *client) publication(m Message, retained bool) *packets.PublishPacket {
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.TopicName, p.Payload, p.Qos, p.Retain = m.Topic, m.Payload, min(m.QoS, 1), retained
	if p.Qos > 0 {
		c.mu.Lock()
		c.next = max(c.next+1, 1)
		p.MessageID = c.next
		c.mu.Unlock()
	}
	return p
}

func (c *client) write(p packets.ControlPacket) error {
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	return c.send(p)
}

// send is write for whoever holds c.writing.
func (c *client) send(p packets.ControlPacket) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	return p.Write(c.conn)
}

// matches tells whether a topic fits a filter (section 4.7).
func matches(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i, level := range f {
		if level == "#" {
			return true
		}
		if i >= len(t) || (level != "+" && level != t[i]) {
			return false
		}
	}
	return len(f) == len(t)
}
