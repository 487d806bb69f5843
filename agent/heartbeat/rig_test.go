package heartbeat_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/message"
)

const device = "pole-17"

// clock is the bubble's time as a wall clock that can step.
type clock struct {
	mu    sync.Mutex
	step  time.Duration
	unset bool
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Round(0).Add(c.step)
}

func (c *clock) Synced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unset
}

// set says whether somebody vouches for the clock.
func (c *clock) set(synced bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unset = !synced
}

func (c *clock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step += d
}

// sent is one message that a fakeLink took.
type sent struct {
	at      time.Time
	topic   string
	payload []byte
	kept    bool
}

var errOffline = errors.New("offline")

// fakeLink is a Publisher: offline, hung, or good.
type fakeLink struct {
	mu    sync.Mutex
	down  bool
	hung  bool
	slow  time.Duration // how long a status takes
	left  int           // statuses that it takes before it goes down; 0: all
	took  []sent
	tries int
	tried []time.Time // of what is not a heartbeat
}

func (l *fakeLink) Publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	l.mu.Lock()
	l.tries++
	if topic != message.Topic(device, message.KindHeartbeat) {
		l.tried = append(l.tried, time.Now())
	}
	down, hung, slow := l.down, l.hung, l.slow
	l.mu.Unlock()
	if down {
		return errOffline
	}
	if hung {
		<-ctx.Done()
		return ctx.Err()
	}
	at := time.Now()
	if retained && slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, sent{at, topic, payload, retained})
	if l.left > 0 && topic == message.Topic(device, message.KindStatus) {
		l.left--
		l.down = l.left == 0
	}
	return nil
}

func (l *fakeLink) set(down, hung bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down, l.hung = down, hung
}

// limit lets n statuses through, and then goes down; 0: all.
func (l *fakeLink) limit(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down, l.left = false, n
}

// of lists the messages of one kind.
func (l *fakeLink) of(kind message.Kind) (all []sent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.took {
		if s.topic == message.Topic(device, kind) {
			all = append(all, s)
		}
	}
	return all
}

// rig is a running Heart.
type rig struct {
	*heartbeat.Heart
	link   *fakeLink
	health *health.Registry
	clock  *clock
	stop   func()
}

func run(t testing.TB, every time.Duration, checkIn func(time.Time) (time.Time, bool)) *rig {
	return runWith(t, &clock{}, every, heartbeat.Options{CheckIn: checkIn})
}

// runWith runs a Heart with options of the caller's.
func runWith(t testing.TB, c *clock, every time.Duration, o heartbeat.Options) *rig {
	r := &rig{link: &fakeLink{}, clock: c}
	r.health = health.New(r.clock, zerolog.Nop())
	o.Device, o.Link, o.Health, o.Clock = device, r.link, r.health, r.clock
	o.Status = func() message.Status { return message.Status{Model: "Tempo", Queue: message.Queue{Waiting: 3}} }
	r.Heart = heartbeat.New(heartbeat.Config{Every: every, StatusEvery: 24 * time.Hour}, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Errorf("run: got %v, want nil", err)
		}
	}()
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			began := time.Now()
			<-done
			if took := time.Since(began); took != 0 {
				t.Errorf("stop: took %v, want no wait", took)
			}
		})
	}
	t.Cleanup(r.stop)
	return r
}
