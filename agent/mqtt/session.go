package mqtt

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"fieldcam/agent/message"
)

const (
	// connectTimeout bounds one attempt, from the dial to the broker's CONNACK.
	connectTimeout = 30 * time.Second
	// ackTimeout is how long a PUBACK may take; after it the connection is taken
	// for dead. Longer than usual radio outages, during which TCP repeats.
	ackTimeout = 60 * time.Second
	// handOver bounds the wait until paho takes a message, while it writes another
	// packet. It is also the longest that a publisher outlives its connection.
	handOver = time.Second
	// maxInFlight bounds the messages that wait for a PUBACK.
	maxInFlight = 4
	// qos is at least once: a PUBACK says that the broker has the message.
	qos = 1
)

// session is one connection to the broker, from its CONNACK to its end. It has a
// paho client of its own: paho's may not be used again once it is disconnected,
// and knows no jitter. So nothing is sent twice behind the publisher's back.
type session struct {
	client paho.Client
	conn   *conn
	slots  chan struct{} // holds one per message in flight
	lost   chan struct{} // closed once the connection has broken and paho has ended
	cause  error         // why; read after lost

	mu     sync.Mutex     // guards ended, and senders against Add after Wait
	ended  bool           // no sender may start
	sender sync.WaitGroup // goroutines in send
	failed error          // why this side dropped the connection
	pinger sync.WaitGroup // keepAlive
}

// connect makes one attempt.
func (l *Link) connect(ctx context.Context) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	s := &session{slots: make(chan struct{}, maxInFlight), lost: make(chan struct{})}
	release := func() bool { return true }

	o := paho.NewClientOptions()
	o.Servers = []*url.URL{l.url}
	o.SetClientID(l.o.Device)
	o.SetUsername(l.o.Username)
	o.SetPassword(l.o.Password)
	o.SetProtocolVersion(4)   // 3.1.1, and no second attempt with 3.1
	o.SetCleanSession(false)  // what the cloud sends meanwhile waits at the broker
	o.SetAutoReconnect(false) // Link does it, with jitter
	o.SetConnectRetry(false)  // the same
	o.SetStore(forgetful{})   // nothing to resume: see session
	o.SetOrderMatters(true)   // no goroutine per message
	o.SetKeepAlive(0)         // conn does it: see keepAlive
	o.SetConnectTimeout(connectTimeout)
	o.SetWriteTimeout(handOver) // conn bounds the writes themselves
	o.SetBinaryWill(l.topic, message.Link{}.Marshal(), qos, true)
	// paho acknowledges once the handler returns. Without a handler it would not,
	// and the broker would stall.
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { l.receive(m.Topic(), m.Payload()) })
	o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
		c, err := l.open(ctx)
		if err != nil {
			return nil, err
		}
		s.conn = c
		release = context.AfterFunc(ctx, func() { c.Close() })
		return c, nil
	})
	var once sync.Once
	o.SetConnectionLostHandler(func(_ paho.Client, err error) {
		once.Do(func() {
			s.cause = err
			close(s.lost)
		})
	})

	s.client = paho.NewClient(o)
	token := s.client.Connect()
	<-token.Done() // bounded: open by ctx, the handshake by conn's deadline
	if err := token.Error(); err != nil {
		release()
		return nil, fmt.Errorf("connect to broker: %w", err)
	}
	s.pinger.Go(func() { s.conn.keepAlive(l.c.KeepAlive, s.drop) })
	if !release() {
		s.close()
		return nil, fmt.Errorf("connect to broker: %w", context.Cause(ctx))
	}
	return s, nil
}

// open dials, with TLS where the URL asks for it.
func (l *Link) open(ctx context.Context) (*conn, error) {
	raw, err := l.o.Dial(ctx, "tcp", l.url.Host)
	if err != nil {
		return nil, err
	}
	if l.url.Scheme != schemeTLS {
		return newConn(raw, raw, len(l.o.Subscribe), l.c.KeepAlive), nil
	}
	t := tls.Client(raw, l.tls)
	if err := t.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return newConn(t, raw, len(l.o.Subscribe), l.c.KeepAlive), nil
}

// publish sends one message and waits for its PUBACK, or for ctx. A message that
// ctx abandons may still be sent.
func (s *session) publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	select {
	case s.slots <- struct{}{}:
	case <-s.lost:
		return ErrOffline
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		<-s.slots
		return ErrOffline
	}
	result := make(chan error, 1)
	payload = bytes.Clone(payload) // the caller may go before it is written
	s.sender.Go(func() {
		defer func() { <-s.slots }()
		err := s.send(topic, payload, retained, ackTimeout)
		if errors.Is(err, errNoAck) {
			s.drop(err)
		}
		result <- err
	})
	s.mu.Unlock()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// errNoAck is a broker that takes messages and does not acknowledge them.
var errNoAck = errors.New("no acknowledgement from the broker")

// send is publish without ctx, bounded by handOver and timeout.
func (s *session) send(topic string, payload []byte, retained bool, timeout time.Duration) error {
	token := s.client.Publish(topic, qos, retained, payload)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-token.Done():
		if errors.Is(token.Error(), paho.ErrNotConnected) {
			return ErrOffline
		}
		return token.Error()
	case <-s.lost:
		return fmt.Errorf("connection lost before the acknowledgement: %w", s.cause)
	case <-timer.C:
		return fmt.Errorf("%w within %v", errNoAck, timeout)
	}
}

// drop breaks the connection, because of err.
func (s *session) drop(err error) {
	s.mu.Lock()
	if s.failed == nil {
		s.failed = err
	}
	s.mu.Unlock()
	s.conn.Close()
}

// err says why the session ended.
func (s *session) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	return s.cause
}

// close breaks the connection, so that the broker sends the will, and waits for
// everything that the session started.
func (s *session) close() {
	s.conn.Close()
	<-s.lost // bounded: every read and write of a closed conn fails
	s.wait()
}

// leave says farewell on topic, disconnects and waits for everything that the
// session started: about timeout, and handOver where the connection is stuck.
// Where the broker does not acknowledge the farewell in time the connection is
// broken instead: then the will says it.
func (s *session) leave(topic string, farewell []byte, timeout time.Duration) {
	s.conn.expire(timeout)
	if err := s.send(topic, farewell, true, timeout); err != nil {
		s.close()
		return
	}
	s.client.Disconnect(uint(timeout.Milliseconds()))
	s.wait()
}

// wait ends the senders: there is no connection any more.
func (s *session) wait() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.sender.Wait()
	s.conn.Close() // as paho has done
	s.pinger.Wait()
}

// forgetful is a paho store that keeps nothing: a session resumes no other's
// messages, and a broker cannot fill the memory with its own.
type forgetful struct{}

func (forgetful) Open()                             {}
func (forgetful) Put(string, packets.ControlPacket) {}
func (forgetful) Get(string) packets.ControlPacket  { return nil }
func (forgetful) All() []string                     { return nil }
func (forgetful) Del(string)                        {}
func (forgetful) Close()                            {}
func (forgetful) Reset()                            {}
