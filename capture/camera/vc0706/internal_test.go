package vc0706

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/serial"
	"fieldcam/capture/camera/serial/serialtest"
)

func replyTo(in string, cmd Command) ([]byte, error) {
	c := &conn{Conn: serial.New(serialtest.Heard([]byte(in)), 38400), timeout: time.Second}
	return c.reply(context.Background(), cmd, time.Second)
}

func TestReplyIsFoundInWhatArrives(t *testing.T) {
	const version = "\x76\x00\x11\x00\x0BVC0706 1.00"
	for _, in := range []string{
		version,
		"Init end\r\n" + version,
		"\x76\x00\x39\x00" + version,                  // a motion event of four bytes
		"\x76\x00\x39\x00\x00" + version,              // and of five
		"\x00" + version,                              // the end of a short reply
		"\x76\x76" + version[1:],                      // a doubled mark
		"\x76\x00\x76\x00" + version,                  // an event cut short
		"\x76\x01\x11\x00\x00" + version,              // another device's
		"\x76\x00\x36\x00\x00" + version + "\x76\xFF", // another command's
	} {
		got, err := replyTo(in, CmdVersion)
		if err != nil || string(got) != "VC0706 1.00" {
			t.Errorf("reply in % X: %q, %v, want the version", in, got, err)
		}
	}
}

func TestBrokenRepliesAreErrorsThatSayWhatCame(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "got nothing",
		"\x76\x00\x11":             "got … 76 00 11",
		"\x76\x00\x11\x00\x0BVC07": "56 43 30 37",
		"\x76\x00\x11\x03\x00":     "03, wrong data format",
		"\x76\x00\x11\x03":         "03, wrong data format",
		"\x76\x00\x11\x77\x00":     "77, unknown",
		"\x76\x00\x11\x00\xFFxx":   "want a reply 76 … 11",
	} {
		got, err := replyTo(in, CmdVersion)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("reply in % X: %q, %v, want an error with %q", in, got, err, want)
		}
	}
}

// FuzzReply: whatever a camera sends, a reply is either one that is there, or
// an error.
func FuzzReply(f *testing.F) {
	f.Add([]byte("\x76\x00\x11\x00\x0BVC0706 1.00"))
	f.Add([]byte("Init end\r\n\x76\x00\x39\x00\x76\x00\x11\x00\x00"))
	f.Add([]byte("\x76\x00\x11\x00\xFF"))
	f.Add([]byte("\x76\x76\x00\x11\x05\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		data, err := replyTo(string(in), CmdVersion)
		if err == nil {
			whole := append([]byte{ReplyMark, 0, byte(CmdVersion), 0, byte(len(data))}, data...)
			if len(data) > MaxData || !bytes.Contains(in, whole) {
				t.Errorf("reply % X is not in % X", whole, in)
			}
			return
		}
		var silent *serial.SilenceError
		var status *StatusError
		switch {
		case errors.As(err, &silent):
			if len(silent.Got) > serial.ShownBytes {
				t.Errorf("error quotes %d bytes, want %d at most", len(silent.Got), serial.ShownBytes)
			}
		case errors.As(err, &status):
			if !bytes.Contains(in, []byte{ReplyMark, 0, byte(CmdVersion), byte(status.Status)}) {
				t.Errorf("status %v is not in % X", status.Status, in)
			}
		default:
			t.Errorf("error %v, want a SilenceError or a StatusError", err)
		}
	})
}

func TestCommandsAreTheManuals(t *testing.T) {
	got := readFrame(0x12340, 0x1000, 100*time.Microsecond)
	want := []byte{0, 0x0A, 0, 1, 0x23, 0x40, 0, 0, 0x10, 0, 0, 0x0A}
	if !bytes.Equal(got, want) {
		t.Errorf("read frame: % X, want % X", got, want)
	}
	if got := registerData(DeviceSensor, RegisterStoredResolution, 1); !bytes.Equal(got, []byte{4, 1, 0, 0x19}) {
		t.Errorf("resolution register: % X, want 04 01 00 19", got)
	}
	if got := registerData(DeviceChip, RegisterCompression, 1); !bytes.Equal(got, []byte{1, 1, 0x12, 4}) {
		t.Errorf("compression register: % X, want 01 01 12 04", got)
	}
}
