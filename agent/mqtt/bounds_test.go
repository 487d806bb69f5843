package mqtt_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

func TestPublishIsBoundedByItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		r := run(t, config(), mqtt.Options{Dial: b.Dial})
		time.Sleep(time.Second)
		b.Set(mqtttest.Faults{NoPuback: true})
		var wg sync.WaitGroup
		for range 20 { // more than may be in flight
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				if err := r.publish(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the deadline", err)
				}
				if took := time.Since(began); took != 5*time.Second {
					t.Errorf("took %v, want 5s", took)
				}
			})
		}
		wg.Wait()
		if n := len(b.On(topic)); n > 4 {
			t.Errorf("got %d messages in flight, want at most 4", n)
		}
	})
}

// TestBrokerWithoutAcknowledgementsIsLeft, and found well again.
func TestBrokerWithoutAcknowledgementsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		r := run(t, config(), mqtt.Options{Dial: b.Dial})
		time.Sleep(time.Second)
		b.Set(mqtttest.Faults{NoPuback: true})
		began := time.Now()
		if err := r.publish(t.Context(), "x"); err == nil {
			t.Error("publish: got no error without a PUBACK")
		}
		if took := time.Since(began); took > 61*time.Second {
			t.Errorf("took %v, want about a minute", took)
		}
		synctest.Wait()
		if r.Connected() {
			t.Error("still connected to a broker that does not answer")
		}
		b.Set(mqtttest.Faults{})
		time.Sleep(4 * time.Minute)
		if err := r.publish(t.Context(), "y"); err != nil {
			t.Errorf("publish after the return: %v", err)
		}
	})
}

// TestStopIsQuickInAnyState: SIGTERM has less than five seconds for everything.
func TestStopIsQuickInAnyState(t *testing.T) {
	hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	silent := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := mqtttest.Pipe()
		t.Cleanup(func() { theirs.Close() })
		return ours, nil
	}
	for name, state := range map[string]struct {
		dial   func(context.Context, string, string) (net.Conn, error)
		before mqtttest.Faults
		after  mqtttest.Faults
	}{
		"dialing":       {dial: hang},
		"no CONNACK":    {dial: silent},
		"down":          {before: mqtttest.Faults{Down: true}},
		"first PUBACK":  {before: mqtttest.Faults{NoPuback: true}},
		"later PUBACKs": {after: mqtttest.Faults{NoPuback: true}},
		"mute":          {after: mqtttest.Faults{Hang: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := broker(t, nil)
				b.Set(state.before)
				if state.dial == nil {
					state.dial = b.Dial
				}
				r := run(t, config(), mqtt.Options{Dial: state.dial})
				time.Sleep(10 * time.Second)
				b.Set(state.after)
				var wg sync.WaitGroup
				for range 6 {
					wg.Go(func() { _ = r.publish(t.Context(), "x") })
				}
				synctest.Wait()
				r.stop() // checks its bound
				wg.Wait()
			})
		})
	}
}
