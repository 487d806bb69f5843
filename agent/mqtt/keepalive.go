package mqtt

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// paho looks each 5 s whether it is time for a ping, for as long as the connection
// lasts: most of an idle controller's wake-ups. So it is told to send none, and conn,
// which sees each packet, does it when it is time.

// pingTimeout is how long a ping may go unanswered.
const pingTimeout = 30 * time.Second

// The packets of a client that matter here (MQTT 3.1.1, section 2.2).
const (
	typeConnect = 1
	typePingreq = 12
)

// keepAliveAt is where a CONNECT's keep-alive is behind its length: after the
// protocol's name and level, and the flags (MQTT 3.1.1, section 3.1.2).
const keepAliveAt = 6 + 1 + 1

// errNoPong is a broker, or a way to it, that is silent.
var errNoPong = errors.New("no answer from the broker to a ping")

// promising is a CONNECT that promises a packet at least each so often, whatever it
// promised before; other packets it gives back as they are.
func promising(packet []byte, every time.Duration) []byte {
	if len(packet) == 0 || packet[0]>>4 != typeConnect {
		return packet
	}
	at := 1
	for at < len(packet) && packet[at]&0x80 != 0 { // its length
		at++
	}
	if at += 1 + keepAliveAt; len(packet) < at+2 {
		return packet
	}
	packet = slices.Clone(packet) // it is the caller's
	binary.BigEndian.PutUint16(packet[at:], uint16(every/time.Second))
	return packet
}

// keepAlive sends a ping where nothing was sent, or nothing heard, for so long, until
// the connection ends. Where nothing is heard in pingTimeout after one it calls drop,
// which ends the connection.
func (c *conn) keepAlive(every time.Duration, drop func(error)) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	var asked time.Time // of the first ping that has no answer yet; zero: none
	for {
		select {
		case <-c.done:
			return
		case <-timer.C:
		}
		sent, heard := c.last()
		if !heard.Before(asked) {
			asked = time.Time{}
		}
		waits := !asked.IsZero()
		if waits && time.Since(asked) >= pingTimeout {
			drop(errNoPong)
			return
		}
		// The broker was promised a packet each so often, also while its answer is missing.
		if time.Since(sent) >= every || !waits && time.Since(heard) >= every {
			now := time.Now()
			if _, err := c.Write([]byte{typePingreq << 4, 0}); err != nil {
				return // that has ended the connection
			}
			if sent = now; !waits {
				asked, waits = now, true
			}
		}
		next := every - time.Since(sent)
		if waits {
			next = min(next, pingTimeout-time.Since(asked))
		} else {
			next = min(next, every-time.Since(heard))
		}
		timer.Reset(max(1, next))
	}
}

// last is when the last packet was sent, and heard.
func (c *conn) last() (sent, heard time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent, c.heard
}
