package visca

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/serial"
	"fieldcam/hal/sim"
)

// FuzzReply: whatever comes from the line, reading it ends, and a reply is the
// camera's own.
func FuzzReply(f *testing.F) {
	f.Add([]byte{0x90, 0x41, 0xFF, 0x90, 0x51, 0xFF})
	f.Add([]byte{0x90, 0x60, 0x02, 0xFF})
	f.Add([]byte{0x12, 0x90, 0x50, 0x02, 0xFF})
	f.Add([]byte{0xFF, 0xFF, 0x80, 0xFF, 0x90, 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xFF})
	f.Fuzz(func(t *testing.T, sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			board := sim.New()
			end := board.AddPort("tty")
			defer end.Close()
			port, err := board.OpenPort("tty", 9600)
			if err != nil {
				t.Fatal(err)
			}
			defer port.Close()
			if len(sent) > 2000 {
				sent = sent[:2000]
			}
			if _, err := end.Write(sent); err != nil {
				t.Fatal(err)
			}
			l := line{Conn: serial.New(port, 9600), address: 1}
			until := time.Now().Add(10 * time.Second)
			for {
				r, err := l.reply(context.Background(), until)
				if err != nil {
					break
				}
				if r.kind != replyACK && r.kind != replyCompletion && r.kind != replyError || len(r.data) > maxPacket {
					t.Errorf("got %+v", r)
				}
			}
			if time.Now().After(until.Add(time.Second)) {
				t.Error("it did not end in time")
			}
		})
	})
}
