package visca

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fieldcam/capture/camera/serial"
)

const (
	// replyTime is how long a camera may take for an ACK or an answer: it looks at its
	// line once for each picture, 17 to 40 ms, and packets of others may go before.
	replyTime = time.Second
	// sendTime bounds the sending of one packet: 16 bytes take 17 ms.
	sendTime = time.Second
	// busyPause is the time until a command is sent again that the camera could not do
	// now; busyTries is how often that is done.
	busyPause = 250 * time.Millisecond
	busyTries = 8
)

// line is the conversation with the camera at address.
type line struct {
	*serial.Conn
	address byte
}

// errSilent: no whole reply came.
var errSilent = errors.New("want a reply, got nothing")

// packet waits for the next packet, without its terminator. What is longer than a
// packet can be is dropped up to its end.
func (l *line) packet(ctx context.Context, until time.Time) ([]byte, error) {
	var p []byte
	for tooLong := false; ; {
		b, err := l.Next(ctx, until)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if seen := l.Seen(); len(seen) > 0 {
				return nil, fmt.Errorf("want a reply, got … % X", seen)
			}
			return nil, errSilent
		case err != nil:
			return nil, err
		case b == terminator && !tooLong:
			return p, nil
		case b == terminator:
			p, tooLong = nil, false
		case len(p) == maxPacket-1:
			tooLong = true
		default:
			p = append(p, b)
		}
	}
}

// reply waits for the camera's next reply; packets of others are passed over.
func (l *line) reply(ctx context.Context, until time.Time) (reply, error) {
	for {
		p, err := l.packet(ctx, until)
		if err != nil {
			return reply{}, err
		}
		if r, err := parseReply(withoutNoise(p), l.address); err == nil {
			return r, nil
		}
	}
}

// withoutNoise is the packet p without what may stand before it: none of a packet's
// bytes but the first has the highest bit set.
func withoutNoise(p []byte) []byte {
	for i := len(p) - 1; i > 0; i-- {
		if p[i] >= 0x80 {
			return p[i:]
		}
	}
	return p
}

// command sends a command and waits until the camera has done it. One that it cannot
// do now is sent again.
func (l *line) command(ctx context.Context, what string, body []byte) error {
	for n := 1; ; n++ {
		err := l.try(ctx, body)
		busy := errors.Is(err, ErrBufferFull) || errors.Is(err, ErrNotExecutable)
		if busy && n < busyTries {
			err = serial.Pause(ctx, busyPause)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
}

// try sends a command and waits for its completion; the movement may take as long as
// ctx allows.
func (l *line) try(ctx context.Context, body []byte) error {
	if err := l.Discard(); err != nil {
		return err
	}
	if err := l.Write(ctx, packet(l.address, body...), sendTime); err != nil {
		return err
	}
	until := time.Now().Add(replyTime)
	for acknowledged, socket := false, byte(0); ; {
		r, err := l.reply(ctx, until)
		switch {
		case err != nil:
			return err
		case r.kind == replyError && (!acknowledged || r.socket == socket || r.socket == 0):
			return r.code
		case r.kind == replyACK && !acknowledged:
			acknowledged, socket = true, r.socket
			until = time.Now().Add(maxTimeout)
		case r.kind == replyCompletion && len(r.data) == 0 && (!acknowledged || r.socket == socket):
			return nil // some cameras leave out the ACK of what is done at once
		}
	}
}

// ask sends an inquiry and waits for the answer, of size bytes.
func (l *line) ask(ctx context.Context, what string, body []byte, size int) ([]byte, error) {
	if err := l.Discard(); err != nil {
		return nil, err
	}
	if err := l.Write(ctx, packet(l.address, body...), sendTime); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	until := time.Now().Add(replyTime)
	for {
		r, err := l.reply(ctx, until)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", what, err)
		case r.kind == replyError && r.socket == 0:
			return nil, fmt.Errorf("%s: %w", what, r.code)
		case r.kind == replyCompletion && len(r.data) == size:
			return r.data, nil
		}
	}
}

// attach gives the cameras on the line their addresses, and clears what the camera
// still has to do. A camera with a fixed address may answer neither.
func (l *line) attach(ctx context.Context) error {
	if err := l.Discard(); err != nil {
		return err
	}
	if err := l.Write(ctx, setAddress(), sendTime); err != nil {
		return err
	}
	// The packet comes back with the next free address, once it has been round.
	until := time.Now().Add(replyTime)
	for {
		p, err := l.packet(ctx, until)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			break
		}
		if len(p) >= 3 && p[len(p)-2] == replyAddress && p[len(p)-3] == broadcast {
			if cameras := p[len(p)-1] - 1; cameras < l.address {
				return fmt.Errorf("the line has %d cameras, want one at address %d", cameras, l.address)
			}
			break
		}
	}
	if err := l.Write(ctx, clearInterface(l.address), sendTime); err != nil {
		return err
	}
	_, err := l.reply(ctx, time.Now().Add(replyTime))
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	if err != nil && !errors.Is(err, errSilent) {
		return fmt.Errorf("clear the line: %w", err)
	}
	return nil
}
