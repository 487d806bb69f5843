package mqtt_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

// rig is a running Link.
type rig struct {
	*mqtt.Link
	mu   sync.Mutex
	ups  []time.Time
	down []error
	log  bytes.Buffer
	stop func() time.Duration // and how long that took
}

// run runs a Link in the bubble of t, until its end.
func run(t testing.TB, c mqtt.Config, o mqtt.Options) *rig {
	r := &rig{}
	o.Device, o.Clock, o.Log = device, clock{}, zerolog.New(zerolog.SyncWriter(&r.log))
	o.OnUp = func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ups = append(r.ups, time.Now())
	}
	o.OnDown = func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.down = append(r.down, err)
	}
	r.Link = mqtt.New(c, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	var once sync.Once
	var took time.Duration
	r.stop = func() time.Duration {
		once.Do(func() {
			began := time.Now()
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: got %v, want nil", err)
			}
			took = time.Since(began)
			if took > stopBound {
				t.Errorf("stop: took %v, want at most %v", took, stopBound)
			}
			if err := r.Publish(context.Background(), topic, nil, false); !errors.Is(err, mqtt.ErrOffline) {
				t.Errorf("publish after the end: got %v, want ErrOffline", err)
			}
		})
		return took
	}
	t.Cleanup(func() { r.stop() })
	return r
}

// counts is how often the link went up and down.
func (r *rig) counts() (up, down int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ups), len(r.down)
}

func (r *rig) publish(ctx context.Context, payload string) error {
	return r.Publish(ctx, topic, []byte(payload), false)
}

// broker makes a broker that ends with the test.
func broker(t testing.TB, users map[string]string) *mqtttest.Broker {
	b := mqtttest.New(users)
	t.Cleanup(b.Close)
	return b
}

// isUp tells what the broker's retained link message says.
func isUp(t testing.TB, b *mqtttest.Broker) bool {
	t.Helper()
	m, ok := b.Retained(linkTopic)
	if !ok {
		return false
	}
	l, err := message.ParseLink(m.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return l.Up
}

// wills counts the wills that the broker sent.
func wills(b *mqtttest.Broker) (n int) {
	for _, m := range b.Messages() {
		if m.Will {
			n++
		}
	}
	return n
}

// taps keeps the connections that a dialer makes.
type taps struct {
	mu    sync.Mutex
	conns []net.Conn
	dials []time.Time
}

// on is dial, kept.
func (p *taps) on(b *mqtttest.Broker) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dials = append(p.dials, time.Now())
		c, err := b.Dial(ctx, network, addr)
		if err == nil {
			p.conns = append(p.conns, c)
		}
		return c, err
	}
}

// all is when each was dialled.
func (p *taps) all() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.dials)
}

// last is the newest connection.
func (p *taps) last() net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns[len(p.conns)-1]
}
