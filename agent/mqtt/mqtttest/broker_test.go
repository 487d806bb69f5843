package mqtttest_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"testing"
	"testing/synctest"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"fieldcam/agent/mqtt/mqtttest"
)

// connect makes a paho client that keeps what it receives.
func connect(t *testing.T, b *mqtttest.Broker, id string) (paho.Client, <-chan paho.Message) {
	t.Helper()
	got := make(chan paho.Message, 100)
	o := paho.NewClientOptions().AddBroker("tcp://broker:1883").SetClientID(id).SetAutoReconnect(false).SetKeepAlive(0)
	o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return b.Dial(t.Context(), "", "") })
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { got <- m })
	c := paho.NewClient(o)
	if token := c.Connect(); !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Fatalf("connect %s: %v", id, token.Error())
	}
	t.Cleanup(func() { c.Disconnect(1000) })
	return c, got
}

func must(t *testing.T, token paho.Token) {
	t.Helper()
	if !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Fatalf("got %v, want an acknowledgement", token.Error())
	}
}

func TestSubscribersGetWhatIsKeptAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mqtttest.New(nil)
		t.Cleanup(b.Close)
		device, _ := connect(t, b, "pole-17")
		must(t, device.Publish("fieldcam/1/pole-17/status", 1, true, "kept"))
		must(t, device.Publish("fieldcam/1/pole-17/heartbeat", 1, false, "too early"))
		hub, got := connect(t, b, "hub")
		must(t, hub.Subscribe("fieldcam/1/+/status", 1, nil))
		must(t, hub.Subscribe("fieldcam/#", 1, nil))
		must(t, device.Publish("fieldcam/1/pole-17/heartbeat", 1, false, "in time"))
		must(t, device.Publish("other/1/pole-17/heartbeat", 1, false, "foreign"))
		synctest.Wait()
		if first := <-got; string(first.Payload()) != "kept" || !first.Retained() {
			t.Errorf("first: got %q, want what is kept", first.Payload())
		}
		<-got // the same for the second subscription
		if next := <-got; string(next.Payload()) != "in time" || next.Retained() || next.Qos() != 1 {
			t.Errorf("next: got %q, want what came", next.Payload())
		}
		if len(got) != 0 {
			t.Errorf("got %d more messages, want none", len(got))
		}
		if n := len(b.Messages()); n != 4 {
			t.Errorf("kept %d messages, want all 4", n)
		}
	})
}

func TestNewerConnectionTakesTheNameOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := mqtttest.New(nil)
		t.Cleanup(b.Close)
		first, _ := connect(t, b, "pole-17")
		second, _ := connect(t, b, "pole-17")
		synctest.Wait()
		if first.IsConnectionOpen() || !second.IsConnectionOpen() {
			t.Errorf("open: first %t, second %t, want the second", first.IsConnectionOpen(), second.IsConnectionOpen())
		}
	})
}

func TestPipeKeepsItsDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := mqtttest.Pipe()
		began := time.Now()
		_ = a.SetReadDeadline(began.Add(time.Minute))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("read: got %v after %v, want the deadline after a minute", err, time.Since(began))
		}
		_ = a.SetDeadline(time.Now().Add(time.Minute))
		if n, err := a.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) || n != 64<<10 {
			t.Errorf("write: got %d, %v, want a full buffer and the deadline", n, err)
		}
		a.Close()
		if got, err := io.ReadAll(b); len(got) != 64<<10 || err != nil {
			t.Errorf("got %d bytes, %v, want all that was written, then the end", len(got), err)
		}
		if _, err := b.Write([]byte("x")); err == nil {
			t.Error("write to a closed side: got no error")
		}
	})
}

func TestVanishedPipeTellsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := mqtttest.Pipe()
		a.Vanish()
		if n, err := b.Write(make([]byte, 1<<20)); n != 1<<20 || err != nil {
			t.Errorf("write: got %d, %v, want all of it lost", n, err)
		}
		a.Close()
		_ = b.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: got %v, want silence", err)
		}
	})
}
