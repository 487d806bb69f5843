package mqtt_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

const (
	ownNotice   = "fieldcam/1/pole-17/notice"
	fleetNotice = "fieldcam/1/all/notice"
)

// ear keeps what a Link hears.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) hear(topic string, payload []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, topic+" "+string(payload))
}

func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	slices.Sort(e.heard)
	all := e.heard
	e.heard = nil
	return all
}

// hearing is Options of a Link that hears both notices.
func hearing(b *mqtttest.Broker) (*ear, mqtt.Options) {
	e := &ear{}
	return e, mqtt.Options{Dial: b.Dial, Subscribe: []string{ownNotice, fleetNotice}, Received: e.hear}
}

func TestWhatTheCloudSaysIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		b.Publish(fleetNotice, []byte("kept"), true)
		e, o := hearing(b)
		r := run(t, config(), o)
		synctest.Wait()
		if got := e.take(); !slices.Equal(got, []string{fleetNotice + " kept"}) {
			t.Errorf("after the connect: got %q, want what was retained", got)
		}
		b.Publish(ownNotice, []byte("new"), true)
		b.Publish("fieldcam/1/pole-18/notice", []byte("another's"), true)
		b.Publish("fieldcam/1/pole-17/command/reboot", []byte("not asked"), false)
		b.Send(device, 77, "fieldcam/1/pole-17/command/reboot", []byte("of an earlier software"))
		b.Publish(ownNotice, bytes.Repeat([]byte("x"), mqtt.MaxReceived+1), false)
		synctest.Wait()
		if got := e.take(); !slices.Equal(got, []string{ownNotice + " new"}) {
			t.Errorf("got %q, want what was subscribed to, and not too long", got)
		}
		if got := len(b.Acks()); got != 4 {
			t.Errorf("got %d acknowledgements, want one for each message", got)
		}
		// A cut, and a notice meanwhile: the subscription is made anew.
		b.Set(mqtttest.Faults{Down: true})
		b.Cut()
		synctest.Wait()
		b.Publish(ownNotice, []byte("newer"), true)
		b.Set(mqtttest.Faults{})
		time.Sleep(5 * time.Minute)
		if got := e.take(); !r.Connected() || !slices.Equal(got, []string{fleetNotice + " kept", ownNotice + " newer"}) {
			t.Errorf("after the cut: connected %t, got %q, want both as they are now", r.Connected(), got)
		}
	})
}

// TestRefusedSubscriptionStopsNothing: a broker whose rules are older than this
// software.
func TestRefusedSubscriptionStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		b.Set(mqtttest.Faults{RefuseSubscribe: true})
		_, o := hearing(b)
		r := run(t, config(), o)
		for range 3 {
			time.Sleep(time.Hour)
			if err := r.publish(t.Context(), "x"); err != nil {
				t.Errorf("publish: %v", err)
			}
			b.Cut()
		}
		r.stop()
		if n := strings.Count(r.log.String(), "nothing can be heard"); n != 1 {
			t.Errorf("said %d times, want once:\n%s", n, r.log.String())
		}
	})
}

// TestBrokerThatDoesNotAnswerASubscriptionIsLeft, as one that takes messages
// without acknowledging them.
func TestBrokerThatDoesNotAnswerASubscriptionIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		b.Set(mqtttest.Faults{NoSuback: true})
		e, o := hearing(b)
		r := run(t, config(), o)
		time.Sleep(30 * time.Second)
		if err := r.publish(t.Context(), "x"); err != nil {
			t.Errorf("publish while the answer is awaited: %v", err)
		}
		time.Sleep(31 * time.Second)
		if n := len(b.Connects()); n == 1 && r.Connected() {
			t.Error("still connected to the first one, want it left")
		}
		b.Set(mqtttest.Faults{})
		b.Publish(ownNotice, []byte("x"), true)
		time.Sleep(5 * time.Minute)
		if got := e.take(); !r.Connected() || len(got) != 1 {
			t.Errorf("a good broker: connected %t, heard %q", r.Connected(), got)
		}
	})
}

// TestManyMessagesAreAllHeard, in their order.
func TestManyMessagesAreAllHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var heard []string
		_, o := hearing(b)
		o.Received = func(_ string, payload []byte) { heard = append(heard, string(payload)) }
		r := run(t, config(), o)
		synctest.Wait()
		var want []string
		for n := range 200 {
			want = append(want, fmt.Sprint(n))
			b.Publish(ownNotice, []byte(want[n]), false)
		}
		synctest.Wait()
		r.stop()
		if !slices.Equal(heard, want) {
			t.Errorf("got %d of 200: %q", len(heard), heard)
		}
	})
}
