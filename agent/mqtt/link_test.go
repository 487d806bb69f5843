package mqtt_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"fieldcam/agent/link"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

const (
	device    = "pole-17"
	linkTopic = "fieldcam/1/pole-17/link"
	topic     = "fieldcam/1/pole-17/heartbeat"
	// stopBound is the longest that Run may take to stop, in any state.
	stopBound = 3 * time.Second
)

// clock is the bubble's time as a wall clock.
type clock struct{}

func (clock) Now() time.Time { return time.Now().UTC().Round(0) }
func (clock) Synced() bool   { return true }

func config() mqtt.Config {
	c := mqtt.Default()
	c.URL = "tcp://127.0.0.1:1883"
	return c
}

func TestLinkSaysThatItIsUpAndThatItLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, map[string]string{"tempo": "secret"})
		r := run(t, config(), mqtt.Options{Dial: b.Dial, Username: "tempo", Password: "secret"})
		synctest.Wait()
		if !r.Connected() || !isUp(t, b) {
			t.Fatalf("connected %t, retained up %t, want both: %v", r.Connected(), isUp(t, b), r.Err())
		}
		c := b.Connects()[0]
		if c.Client != device || c.CleanSession || c.KeepAlive != mqtt.Default().KeepAlive ||
			c.WillTopic != linkTopic || string(c.WillPayload) != `{"v":1,"up":false}` || !c.WillRetained || c.WillQoS != 1 {
			t.Errorf("connect: got %+v", c)
		}
		if err := r.publish(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if took := r.stop(); took != 0 {
			t.Errorf("stop: took %v, want no wait with a good broker", took)
		}
		if isUp(t, b) || wills(b) != 0 {
			t.Errorf("after the end: up %t, %d wills, want a farewell and no will", isUp(t, b), wills(b))
		}
		if up, down := r.counts(); up != 1 || down != 1 {
			t.Errorf("got %d up, %d down, want one each", up, down)
		}
	})
}

func TestAbruptCutShowsTheWill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var tap taps
		r := run(t, config(), mqtt.Options{Dial: tap.on(b)})
		time.Sleep(time.Hour)
		tap.last().Close()
		synctest.Wait()
		if wills(b) != 1 || isUp(t, b) {
			t.Fatalf("after the cut: %d wills, up %t, want the will", wills(b), isUp(t, b))
		}
		time.Sleep(time.Minute)
		if !r.Connected() || !isUp(t, b) {
			t.Errorf("a minute later: connected %t, up %t, want both", r.Connected(), isUp(t, b))
		}
	})
}

// TestVanishedRadioIsNoticed by both sides, without a byte between them.
func TestVanishedRadioIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		var tap taps
		r := run(t, config(), mqtt.Options{Dial: tap.on(b)})
		time.Sleep(time.Minute)
		tap.last().(*mqtttest.Conn).Vanish()
		b.Set(mqtttest.Faults{Down: true})
		time.Sleep(mqtt.Default().KeepAlive*3/2 + time.Minute)
		if r.Connected() || isUp(t, b) {
			t.Errorf("connected %t, broker says up %t, want neither", r.Connected(), isUp(t, b))
		}
		b.Set(mqtttest.Faults{})
		time.Sleep(3 * time.Minute)
		if !r.Connected() || !isUp(t, b) {
			t.Errorf("after the return: connected %t, up %t, want both", r.Connected(), isUp(t, b))
		}
	})
}

func TestOutageOfDaysHealsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		r := run(t, config(), mqtt.Options{Dial: b.Dial})
		time.Sleep(time.Hour)
		b.Set(mqtttest.Faults{Down: true})
		b.Cut()
		time.Sleep(3 * 24 * time.Hour)
		began := time.Now()
		if err := r.publish(t.Context(), "x"); !errors.Is(err, mqtt.ErrOffline) || time.Since(began) != 0 {
			t.Errorf("publish: got %v after %v, want ErrOffline at once", err, time.Since(began))
		}
		b.Set(mqtttest.Faults{})
		time.Sleep(link.DefaultSpread)
		synctest.Wait()
		if !r.Connected() {
			t.Error("not connected one spread after the return")
		}
		r.stop()
		if got := strings.Count(r.log.String(), "\n"); got > 3 {
			t.Errorf("got %d log lines, want at most up, down, up:\n%s", got, r.log.String())
		}
	})
}

// TestUnexpectedMessagesAreAcknowledged: a subscription of an earlier software
// stands at the broker, and its messages would wait for ever.
func TestUnexpectedMessagesAreAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := broker(t, nil)
		run(t, config(), mqtt.Options{Dial: b.Dial})
		time.Sleep(time.Second)
		for id := range uint16(100) {
			if !b.Send(device, id+1, "fieldcam/1/pole-17/command/reboot", []byte("now")) {
				t.Fatal("not connected")
			}
		}
		synctest.Wait()
		if got := len(b.Acks()); got != 100 {
			t.Errorf("got %d acknowledgements, want 100", got)
		}
	})
}

func TestWithoutBrokerNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, mqtt.Default(), mqtt.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("dialled")
			return nil, mqtttest.ErrDown
		}})
		time.Sleep(time.Hour)
		if err := r.publish(t.Context(), "x"); !errors.Is(err, mqtt.ErrOffline) {
			t.Errorf("got %v, want ErrOffline", err)
		}
	})
}

// TestRunLeavesNoGoroutine, outside of simulated time too.
func TestRunLeavesNoGoroutine(t *testing.T) {
	b := mqtttest.New(nil)
	up := make(chan struct{}, 1)
	l := mqtt.New(config(), mqtt.Options{Device: device, Clock: clock{}, Dial: b.Dial, Log: zerolog.Nop(), OnUp: func() { up <- struct{}{} }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	<-up
	if err := l.Publish(t.Context(), topic, []byte("x"), false); err != nil {
		t.Error(err)
	}
	cancel()
	<-done
	b.Close()
	// A goroutine that has said its last word may still have to be run to its end.
	const patience = time.Minute
	leak := goleak.Find()
	for end := time.Now().Add(patience); leak != nil && time.Now().Before(end); {
		leak = goleak.Find()
	}
	if leak != nil {
		t.Error(leak)
	}
}
