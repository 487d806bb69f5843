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
//     After ten minutes without the broker each device tries once in every Spread,
//     at its own phase. In quiet time (maintenance) it tries every 8 to 15 min
//     and warns nobody, and returns at its own moment after that.
//   - What the cloud sends on the topics of Options.Subscribe is handed on; the
//     subscription is made anew with each connection.
//   - Every wait is bounded: dial and handshake, writes, acknowledgements, pings.
//     A broker that takes messages without acknowledging them is left.
//   - No byte of the broker makes paho panic or allocate without bound.
//   - Each packet is one write, hence one TLS record.
//   - Run returns after its last goroutine.
//
// Out of scope: what to say and when (agent/heartbeat), and what is heard.
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

	"fieldcam/agent/link"
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
	// MaxReceived bounds the payload of a message from the cloud, in bytes. Larger
	// ones are acknowledged and dropped.
	MaxReceived = 16 << 10
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
	// Clock is for the time in the link message, and for Quiet.
	Clock hal.Clock
	// Quiet tells when the cloud may be away on purpose: then attempts are rare and
	// failures no news, and after it comes a return at the device's own moment. nil:
	// never.
	Quiet link.Quiet
	// Spread is the time between attempts after 10 minutes without the broker, so that
	// a fleet returns over that long. 0: link.DefaultSpread.
	Spread time.Duration
	// Phase is one of the moments for these attempts; see link.Options. Zero: drawn.
	Phase time.Time
	// Subscribe lists topics, without wildcards, of which every message is given to
	// Received: also the retained one, at each connect, and some twice. Received is
	// called from the connection's goroutine and must not wait; the payload, of at
	// most MaxReceived bytes, is its own.
	Subscribe []string
	Received  func(topic string, payload []byte)
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

	// Of Run's goroutine:
	pace   pace
	warned bool // of this outage
	deaf   bool // the broker refuses a subscription, which was said

	mu      sync.Mutex // guards all below
	current *session   // nil: not connected
	err     error      // why not
}

// New makes a Link that is down. c must be valid; without a URL the link stays
// down for ever.
func New(c Config, o Options) *Link {
	l := &Link{c: c, o: o, topic: message.Topic(o.Device, message.KindLink), nudge: make(chan struct{}, 1), err: ErrOffline}
	l.pace = pace{
		backoff: backoff{min: c.ReconnectMin, max: c.ReconnectMax}, spread: o.Spread, phase: o.Phase, quiet: o.Quiet,
		now: func() time.Time { return o.Clock.Now() },
	}
	if l.pace.spread <= 0 {
		l.pace.spread = link.DefaultSpread
	}
	if l.pace.phase.IsZero() {
		l.pace.phase = time.Now().Add(rand.N(l.pace.spread)) //nolint:gosec // spreads load, keeps no secret
	}
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
	l.pace.lost = time.Now()
	if d, ok := l.pace.quiet.Held(l.pace.now()); ok { // a start after maintenance, before this device's turn
		l.pause(ctx, d, nudged)
	}
	for ctx.Err() == nil {
		lasted := l.once(ctx)
		if lasted > 0 {
			select {
			case <-l.nudge: // meant for an earlier wait
			default:
			}
			l.pace.connected(lasted)
		}
		d, floor := l.pace.wait(lasted, refused(l.Err()))
		l.pause(ctx, d, floor)
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
	l.subscribe(s, ctx.Done())
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

// down records that there is no connection, because of err. It warns of the first
// error after a connection, and when a broker begins or ceases to refuse us: a
// person must act on that. An outage of days is one line. In quiet time it does not
// warn; the first error after that does.
func (l *Link) down(err error) {
	before := l.Err()
	l.set(nil, err)
	begins := before == nil || errors.Is(before, ErrOffline)
	l.warned = l.warned && !begins
	switch {
	case l.o.Quiet.At(l.o.Clock.Now()):
		if begins {
			l.o.Log.Info().Err(err).Str("broker", l.url.Host).Msg("control link down in a maintenance window")
		}
	case !l.warned || refused(before) != refused(err):
		l.warned = true
		l.o.Log.Warn().Err(err).Str("broker", l.url.Host).Msg("control link down")
	}
}

// refused tells whether the broker answered, and does not want us.
func refused(err error) bool {
	return errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised) ||
		errors.Is(err, packets.ErrorRefusedIDRejected) || errors.Is(err, packets.ErrorRefusedBadProtocolVersion)
}

// Nudge cuts the wait for the next attempt short, to a random part of
// ReconnectMin: something is known to have changed for the better. The wait is
// no shorter than ReconnectMin since the last attempt failed, or than half of
// what it was when a connection broke; in quiet time it is a minute at least, and
// the return after it is not hastened.
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
