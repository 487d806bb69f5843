package mqtt_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"fieldcam/agent/mqtt"
	"fieldcam/agent/mqtt/mqtttest"
)

// attack lets a broker answer the CONNECT with those bytes, after a good CONNACK
// where greet is set, and holds the Link to its bounds: no panic, no end of Run
// before its time, a quick stop. It gives back how long the first connection
// lasted after the answer.
func attack(t *testing.T, greet bool, answer []byte) (lasted time.Duration) {
	if greet {
		answer = append([]byte{0x20, 2, 0, 0}, answer...)
	}
	synctest.Test(t, func(t *testing.T) {
		served := make(chan time.Duration, 1000)
		attempts := 0
		r := run(t, config(), mqtt.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			attempts++
			ours, theirs := mqtttest.Pipe()
			go func() {
				defer theirs.Close()
				began := time.Now()
				defer func() { served <- time.Since(began) }()
				if _, err := packets.ReadPacket(theirs); err != nil {
					return
				}
				_, _ = theirs.Write(answer)
				// Whatever the answer was, then silence: until the link gives up.
				_ = theirs.SetDeadline(time.Now().Add(time.Hour))
				for {
					if _, err := packets.ReadPacket(theirs); err != nil {
						return
					}
				}
			}()
			return ours, nil
		}})
		time.Sleep(3 * time.Second)
		_ = r.publish(t.Context(), "x") // bounded by the acknowledgement's own bound
		if up, down := r.counts(); down > up {
			t.Errorf("got %d up, %d down", up, down)
		}
		r.stop()
		lasted = <-served
		for range attempts - 1 {
			<-served
		}
	})
	return lasted
}

// hostile are answers that once broke a client, or could.
var hostile = map[string][]byte{
	"return code beyond the table":    {0x20, 2, 0, 6},
	"network error as a return code":  {0x20, 2, 0, 0xfe},
	"empty CONNACK":                   {0x20, 0},
	"CONNACK twice":                   {0x20, 2, 0, 0, 0x20, 2, 0, 0},
	"message before CONNACK":          {0x30, 3, 0, 1, 'a'},
	"SUBACK for nothing":              {0x20, 2, 0, 0, 0x90, 4, 0, 1, 0, 0},
	"SUBACK with the ID of a message": {0x20, 2, 0, 0, 0x90, 9, 0, 1, 0, 0, 0, 0, 0, 0, 0},
	"256 MB":                          {0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0xff, 0x7f},
	"endless length":                  {0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0xff, 0xff, 0xff},
	"topic longer than the packet":    {0x20, 2, 0, 0, 0x30, 4, 0xff, 0xff, 'a', 'b'},
	"QoS 1 without room for an ID":    {0x20, 2, 0, 0, 0x32, 3, 0, 1, 'a'},
	"QoS 3":                           {0x20, 2, 0, 0, 0x36, 5, 0, 1, 'a', 0, 1},
	"QoS 2":                           {0x20, 2, 0, 0, 0x34, 5, 0, 1, 'a', 0, 1},
	"PUBREL for nothing":              {0x20, 2, 0, 0, 0x62, 2, 0, 1},
	"PUBACK with flags":               {0x20, 2, 0, 0, 0x42, 2, 0, 1},
	"PUBACK for nothing":              {0x20, 2, 0, 0, 0x40, 2, 0xff, 0xff},
	"a CONNECT":                       {0x10, 0},
	"type 0":                          {0x00, 0},
	"type 15":                         {0xf0, 0},
	"half a packet":                   {0x20, 2, 0, 0, 0x30, 9, 0, 1},
	"a web server":                    []byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
}

// harmless are those which need not end the connection at once.
var harmless = map[string]bool{"PUBACK for nothing": true, "half a packet": true}

// hostileToSubscribers are answers after a SUBSCRIBE, with its packet ID as %.
var hostileToSubscribers = map[string][]byte{
	"one code too many":     {0x90, 5, '%', '%', 0, 0, 0},
	"no codes":              {0x90, 2, '%', '%'},
	"hundred codes":         append([]byte{0x90, 102, '%', '%'}, make([]byte, 100)...),
	"flags":                 {0x91, 4, '%', '%', 0, 0},
	"another's ID":          {0x90, 4, 0xee, 0xee, 0, 0},
	"ID 0":                  {0x90, 4, 0, 0, 0, 0},
	"twice":                 {0x90, 4, '%', '%', 1, 1, 0x90, 4, '%', '%', 1, 1},
	"UNSUBACK":              {0xb0, 2, '%', '%'},
	"codes of no table":     {0x90, 4, '%', '%', 0x7f, 3},
	"an ID of a QoS 2 flow": {0x62, 2, '%', '%'},
}

// TestHostileAnswerToASubscriptionDoesNoHarm: no panic, and a quick stop.
func TestHostileAnswerToASubscriptionDoesNoHarm(t *testing.T) {
	for name, answer := range hostileToSubscribers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan time.Duration, 1000)
				r := run(t, config(), mqtt.Options{
					Subscribe: []string{"fieldcam/1/pole-17/notice", "fieldcam/1/all/notice"},
					Dial: func(context.Context, string, string) (net.Conn, error) {
						ours, theirs := mqtttest.Pipe()
						go func() {
							defer theirs.Close()
							answered := time.Time{}
							defer func() { ended <- time.Since(answered) }()
							_ = theirs.SetDeadline(time.Now().Add(time.Hour))
							for {
								p, err := packets.ReadPacket(theirs)
								if err != nil {
									return
								}
								reply := []byte(nil)
								switch p := p.(type) {
								case *packets.ConnectPacket:
									reply = []byte{0x20, 2, 0, 0}
								case *packets.PublishPacket:
									reply = []byte{0x40, 2, byte(p.MessageID >> 8), byte(p.MessageID)}
								case *packets.SubscribePacket:
									id := []byte{byte(p.MessageID >> 8), byte(p.MessageID)}
									reply = bytes.ReplaceAll(answer, []byte("%%"), id)
									answered = time.Now()
								}
								_, _ = theirs.Write(reply)
							}
						}()
						return ours, nil
					},
				})
				time.Sleep(5 * time.Second)
				_ = r.publish(t.Context(), "x")
				r.stop()
				lasted := <-ended
				if survives := name == "codes of no table"; survives == (lasted == 0) {
					t.Errorf("the connection lasted %v after the answer, want it to end at once: %t", lasted, !survives)
				}
				for len(ended) > 0 {
					<-ended
				}
			})
		})
	}
}

func TestHostileBrokerDoesNoHarm(t *testing.T) {
	for name, answer := range hostile {
		t.Run(name, func(t *testing.T) {
			lasted := attack(t, false, answer)
			if harmless[name] == (lasted == 0) {
				t.Errorf("the connection lasted %v, want it to end at once: %t", lasted, !harmless[name])
			}
		})
	}
}

func FuzzBroker(f *testing.F) {
	for _, answer := range hostile {
		f.Add(false, answer)
		if len(answer) > 4 {
			f.Add(true, answer[4:])
		}
	}
	f.Fuzz(func(t *testing.T, greet bool, answer []byte) { attack(t, greet, answer) })
}
