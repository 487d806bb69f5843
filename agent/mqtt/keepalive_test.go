package mqtt_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

// written notes when packets leave for the broker, and their types.
type written struct {
	net.Conn
	mu    sync.Mutex
	types []byte
	at    []time.Time
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.types, w.at = append(w.types, p[0]>>4), append(w.at, time.Now())
	w.mu.Unlock()
	return w.Conn.Write(p)
}

// pings are the moments of the pings since a moment.
func (w *written) pings(since time.Time) (all []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, kind := range w.types {
		if kind == 12 && !w.at[i].Before(since) {
			all = append(all, w.at[i])
		}
	}
	return all
}

// TestASilentLinkIsPingedAsOftenAsTheBrokerWasTold, who ends one that is silent for
// half as long again.
func TestASilentLinkIsPingedAsOftenAsTheBrokerWasTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var w *written
		c := config()
		c.KeepAlive = 20 * time.Minute
		r := run(t, c, mqtt.Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := b.Dial(ctx, network, addr)
			w = &written{Conn: conn}
			return w, err
		}})
		time.Sleep(time.Minute)
		began := time.Now()
		time.Sleep(24 * time.Hour)
		if n := len(b.Connects()); n != 1 || !r.Connected() || b.Connects()[0].KeepAlive != c.KeepAlive {
			t.Errorf("%d connects, connected %t, keep-alive %v, want one that lasts, %v", n, r.Connected(), b.Connects()[0].KeepAlive, c.KeepAlive)
		}
		if n := len(w.pings(began)); n != 72 {
			t.Errorf("%d pings on a link that is silent for 24 hours, want 72", n)
		}
		// One that is used needs none.
		began = time.Now()
		for range 24 {
			time.Sleep(15 * time.Minute)
			if err := r.publish(t.Context(), "x"); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(w.pings(began)); n != 0 {
			t.Errorf("%d pings on a link that is used each quarter of an hour, want none", n)
		}
	})
}

func TestABrokerThatDoesNotAnswerAPingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		r := run(t, config(), mqtt.Options{Dial: b.Dial})
		time.Sleep(time.Second)
		b.Set(mqtttest.Faults{Hang: true})
		time.Sleep(mqtt.Default().KeepAlive + 25*time.Second)
		if !r.Connected() {
			t.Error("left before the ping had its time")
		}
		time.Sleep(10 * time.Second)
		if r.Connected() {
			t.Error("still connected to a broker that does not answer a ping")
		}
	})
}

// TestAShortKeepAliveIsKept: the broker ends a link that is silent for longer than was
// promised, whatever the wait for an answer is.
func TestAShortKeepAliveIsKept(t *testing.T) {
	for _, every := range []time.Duration{5 * time.Second, 20 * time.Second, 31 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b := broker(t, nil)
			var w *written
			c := config()
			c.KeepAlive = every
			r := run(t, c, mqtt.Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := b.Dial(ctx, network, addr)
				w = &written{Conn: conn}
				return w, err
			}})
			time.Sleep(time.Minute)
			began := time.Now()
			time.Sleep(time.Hour)
			synctest.Wait()
			last := began
			for _, at := range append(w.pings(began), time.Now()) {
				if gap := at.Sub(last); gap > every+time.Second {
					t.Errorf("%v: %v without a ping, want none longer", every, gap)
				}
				last = at
			}
			if n := len(b.Connects()); n != 1 || !r.Connected() {
				t.Errorf("%v: %d connects, connected %t, want one that lasts", every, n, r.Connected())
			}
		})
	}
}
