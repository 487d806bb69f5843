// Package mqtt is the control link: one MQTT 3.1.1 connection to the broker, kept
// up for as long as the daemon runs.
//
// Promises:
//   - Publish answers: ErrOffline at once while there is no connection, nil once
//     the broker has the message, an error at the latest when ctx ends. Nothing is
//     queued and nothing is sent again: what matters is kept by those who publish.
//   - The broker's retained message on …/link says whether the device is there:
//     {"up":true} since the connection began; {"up":false} by the device when it
//     goes down, or by the broker (the will) when the connection breaks.
//   - Every attempt follows the one before after a random wait (full jitter), so
//     that a fleet comes back spread out, also where all of it is nudged at once.
//   - Every wait is bounded: dial and handshake, writes, acknowledgements, pings.
//     A broker that takes messages without acknowledging them is left.
//   - No byte of the broker makes paho panic or allocate without bound.
//   - Each packet is one write, hence one TLS record.
//   - Run returns after its last goroutine.
//
// Out of scope: what to say and when (agent/heartbeat), and subscriptions.
package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/hal"
)

const (
	// schemeTLS is a URL's scheme for TLS; "tcp" is the other one.
	schemeTLS = "tls"
	// stable is how long a connection must last to count as a success. One that
	// a broker accepts and ends at once is a failure like any other, else it
	// would be repeated at the shortest wait for ever.
	stable = time.Minute
	// stopTimeout bounds the farewell when Run stops.
	stopTimeout = time.Second
	// tickets is how many TLS session tickets are kept where the configuration
	// brings no cache: one broker needs one, and one spare.
	tickets = 2
)

// ErrOffline is what Publish returns while there is no connection: nothing was
// sent.
var ErrOffline = errors.New("control link is offline")

// Options are what a Link needs beside its Config.
type Options struct {
	// Device is the device's name: the client ID, and part of the topics.
	Device string
	// TLS is for "tls" URLs; its ServerName may be empty. nil: the system's
	// authorities, TLS 1.2 and up.
	TLS *tls.Config
	// Username and Password are shown to the broker; both may be empty.
	Username, Password string
	// Dial opens a connection, bounded by ctx. nil: a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Clock is for the time in the link message.
	Clock hal.Clock
	// OnUp is called when the link has come up, OnDown when it has gone down, with
	// nil where that was on purpose. They alternate, and are called from Run's
	// goroutine: they must not wait. nil: nobody cares.
	OnUp   func()
	OnDown func(err error)
	Log    zerolog.Logger
}

// Link is the control link. Its methods may be called from any goroutine.
type Link struct {
	c     Config
	o     Options
	url   *url.URL // nil: no control link
	tls   *tls.Config
	topic string // of the link message
	nudge chan struct{}

	mu      sync.Mutex // guards all below
	current *session   // nil: not connected
	err     error      // why not
}

// New makes a Link that is down. c must be valid; without a URL the link stays
// down for ever.
func New(c Config, o Options) *Link {
	l := &Link{c: c, o: o, topic: message.Topic(o.Device, message.KindLink), nudge: make(chan struct{}, 1), err: ErrOffline}
	if l.o.Dial == nil {
		l.o.Dial = (&net.Dialer{}).DialContext
	}
	if c.URL == "" {
		return l
	}
	l.url, l.err = url.Parse(c.URL)
	if l.err != nil {
		return l
	}
	l.err = ErrOffline
	l.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		l.tls = o.TLS.Clone()
	}
	if l.tls.ServerName == "" {
		l.tls.ServerName = l.url.Hostname()
	}
	if l.tls.ClientSessionCache == nil {
		// A new connection with a ticket costs 1.5 to 4.1 KB instead of 5.5.
		l.tls.ClientSessionCache = tls.NewLRUClientSessionCache(tickets)
	}
	return l
}

// Run keeps the link up until ctx ends; then it says farewell, which takes at
// most a second or two, and returns nil. Call it once.
func (l *Link) Run(ctx context.Context) error {
	if l.url == nil {
		<-ctx.Done()
		return nil
	}
	wait := backoff{min: l.c.ReconnectMin, max: l.c.ReconnectMax}
	for ctx.Err() == nil {
		lasted := l.once(ctx)
		if lasted >= stable {
			wait.tries = 0
		}
		if lasted == 0 {
			l.pause(ctx, wait.next(), l.c.ReconnectMin)
			continue
		}
		select {
		case <-l.nudge: // meant for an earlier wait
		default:
		}
		wait.tries = max(wait.tries, triesOfLost)
		d := wait.next()
		l.pause(ctx, d, d/2)
	}
	return nil
}

// once is one connection, or the attempt to make one, and how long the link was
// up.
func (l *Link) once(ctx context.Context) (lasted time.Duration) {
	s, err := l.connect(ctx)
	if err != nil {
		l.down(err)
		return 0
	}
	up := message.Link{Up: true, At: message.At(l.o.Clock.Now())}.Marshal()
	if err := s.publish(ctx, l.topic, up, true); err != nil {
		if ctx.Err() != nil {
			s.leave(l.topic, message.Link{}.Marshal(), stopTimeout)
		} else {
			s.close()
		}
		l.down(fmt.Errorf("publish link: %w", err))
		return 0
	}

	began := time.Now()
	l.set(s, nil)
	l.o.Log.Info().Str("broker", l.url.Host).Msg("control link up")
	if l.o.OnUp != nil {
		l.o.OnUp()
	}
	select {
	case <-s.lost:
		l.down(s.err())
		s.wait()
		err = s.err()
	case <-ctx.Done():
		l.set(nil, ErrOffline)
		s.leave(l.topic, message.Link{}.Marshal(), stopTimeout)
	}
	if l.o.OnDown != nil {
		l.o.OnDown(err)
	}
	return time.Since(began)
}

// down records that there is no connection, because of err. It logs the first
// error after a connection, and when a broker begins or ceases to refuse us: a
// person must act on that. An outage of days is one line.
func (l *Link) down(err error) {
	before := l.Err()
	l.set(nil, err)
	if before == nil || errors.Is(before, ErrOffline) || refused(before) != refused(err) {
		l.o.Log.Warn().Err(err).Str("broker", l.url.Host).Msg("control link down")
	}
}

// refused tells whether the broker answered, and does not want us.
func refused(err error) bool {
	return errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised) ||
		errors.Is(err, packets.ErrorRefusedIDRejected) || errors.Is(err, packets.ErrorRefusedBadProtocolVersion)
}

// pause waits for d, but not past the end of ctx. A nudge makes it shorter, to no
// less than floor, and to a random moment within ReconnectMin from then: others
// may have been nudged by the same event.
func (l *Link) pause(ctx context.Context, d, floor time.Duration) {
	began := time.Now()
	until := began.Add(d)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case <-l.nudge:
			soon := time.Now().Add(rand.N(l.c.ReconnectMin)) //nolint:gosec // spreads load, keeps no secret
			if least := began.Add(floor); soon.Before(least) {
				soon = least
			}
			if soon.Before(until) {
				until = soon
				timer.Reset(time.Until(until))
			}
		}
	}
}

// Nudge cuts the wait for the next attempt short, to a random part of
// ReconnectMin: something is known to have changed for the better. The wait is
// no shorter than ReconnectMin since the last attempt failed, or than half of
// what it was when a connection broke.
func (l *Link) Nudge() {
	select {
	case l.nudge <- struct{}{}:
	default: // one is enough
	}
}

// Connected tells whether messages can be published now.
func (l *Link) Connected() bool { return l.Err() == nil }

// Err says why there is no connection: the last attempt's error, or ErrOffline
// where there was none; nil while there is one.
func (l *Link) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *Link) set(s *session, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current, l.err = s, err
}

// Publish sends payload at QoS 1 and waits until the broker has it. An error other
// than ErrOffline does not say that the broker has it not.
func (l *Link) Publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	l.mu.Lock()
	s := l.current
	l.mu.Unlock()
	if s == nil {
		return fmt.Errorf("publish %s: %w", topic, ErrOffline)
	}
	if err := s.publish(ctx, topic, payload, retained); err != nil {
		return fmt.Errorf("publish %s: %w", topic, err)
	}
	return nil
}
