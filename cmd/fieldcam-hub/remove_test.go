package main

import (
	"fmt"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/broker"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
)

// A device that is struck off leaves nothing at the broker that would bring it
// back at the next start, whether the hub runs then or not.
func TestRemovedDeviceDoesNotComeBack(t *testing.T) {
	for _, running := range []bool{true, false} {
		s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
		h, stop := start(t, s)
		wantLinked(t, h)
		d := addDevice(t, s.data, "north")
		c := connect(t, d.MQTTURL, "north", d.Password, nil)
		b, err := message.Status{Device: "north"}.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for topic, payload := range map[message.Kind][]byte{message.KindStatus: b, message.KindLink: message.Link{Up: true}.Marshal()} {
			if w := c.Publish(message.Topic("north", topic), 1, true, payload); !w.WaitTimeout(patience) || w.Error() != nil {
				t.Fatalf("publish: %v", w.Error())
			}
		}
		wantState(t, h, "north", fleet.OK)
		if !running {
			stop()
		}
		if _, err := command(t, "device", "remove", "north", "--data", s.data); err != nil {
			t.Fatal(err)
		}
		if !running {
			h, _ = start(t, s)
		}
		// What must go has no event to wait for: ask again until nothing is retained.
		for end, look := time.Now().Add(patience), 0; ; look++ {
			heard := make(chan string, 8)
			// A client ID of its own: with the hub's it would end the hub's connection,
			// and with that of the last look it might come too soon after it.
			ear := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + h.ready["mqtt"]).SetClientID(fmt.Sprint("look-", look)).SetUsername(broker.HubUser).
				SetPassword(h.broker.HubPassword()).SetProtocolVersion(4))
			if w := ear.Connect(); !w.WaitTimeout(patience) || w.Error() != nil {
				t.Fatalf("connect: %v", w.Error())
			}
			ear.Subscribe("fieldcam/1/#", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() }).WaitTimeout(patience)
			time.Sleep(200 * time.Millisecond)
			_, known := h.fleet.System("north")
			n := len(heard)
			ear.Disconnect(0)
			if n == 0 && !known {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("running %v: %d messages are retained, known %v", running, n, known)
			}
		}
		stop()
	}
}
