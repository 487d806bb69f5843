// Package at speaks to a modem by AT commands on a serial port (3GPP TS 27.007
// and ITU-T V.250).
//
// Promises: every command is bounded in time, and by ctx; what the modem sends on
// its own between the lines of an answer is not taken for a part of it; an answer
// is bounded in lines and bytes, whatever comes; no command here changes what the
// modem remembers when it is off.
//
// Out of scope: data connections, messages, calls. Whoever has a ModemManager
// leaves the ports to that, and asks it (agent/modem/manager).
package at

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"fieldcam/hal"
)

const (
	// maxLine bounds a line of an answer in bytes, and maxLines an answer in lines:
	// the longest here, of AT+COPS?, has some 60 bytes.
	maxLine  = 512
	maxLines = 32
	// maxNoise bounds what is read for one answer.
	maxNoise = 16 << 10
	// writeTime bounds a command's way to the port.
	writeTime = time.Second
)

// Conn is a conversation with a modem over an open port, which stays the caller's.
// One goroutine uses it at a time.
type Conn struct {
	port hal.Port
	buf  [256]byte
	rest []byte // read and not used
	line []byte // of the line that is coming
}

// New makes a Conn.
func New(port hal.Port) *Conn { return &Conn{port: port} }

// A ResultError is a final result that is not OK: "ERROR", "+CME ERROR: 10".
type ResultError struct {
	Command string
	Result  string
	// Code is the number behind +CME ERROR (TS 27.007, 9.2) or +CMS ERROR; -1 where
	// there is none.
	Code int
}

func (e *ResultError) Error() string {
	return fmt.Sprintf("%s: the modem says %s", e.Command, e.Result)
}

// ErrSilent is what Command returns where no answer came in its time.
var ErrSilent = errors.New("the modem does not answer")

// Command sends a command, such as "AT+CSQ", and gives the lines of the answer that
// begin with prefix, or with the empty prefix all of them but the command's echo. It
// fails with a *ResultError where the modem says so, ErrSilent after bound, ctx's
// error after its end, and the port's.
func (c *Conn) Command(ctx context.Context, command, prefix string, bound time.Duration) ([]string, error) {
	lines, err := c.command(ctx, command, prefix, bound)
	switch {
	case err == nil:
		return lines, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", command, ctx.Err())
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("%s: %w within %v", command, ErrSilent, bound)
	}
	var result *ResultError
	if errors.As(err, &result) {
		return nil, err
	}
	return nil, fmt.Errorf("%s: %w", command, err)
}

func (c *Conn) command(ctx context.Context, command, prefix string, bound time.Duration) ([]string, error) {
	until := time.Now().Add(bound)
	if err := c.port.SetDeadline(time.Now().Add(min(bound, writeTime))); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = c.port.SetDeadline(time.Unix(1, 0)) })() // a closed port ends its waits itself
	c.rest, c.line = nil, nil
	if err := c.port.Discard(); err != nil { // what came late of the last answer
		return nil, err
	}
	if _, err := c.port.Write([]byte(command + "\r")); err != nil { // V.250, 5.2.1: a command line ends with CR alone
		return nil, err
	}
	if err := c.port.SetDeadline(until); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var lines []string
	for left := maxNoise; ; {
		line, err := c.next(&left)
		if err != nil {
			return nil, err
		}
		if line == command || line == "" {
			continue
		}
		if final, err := finalResult(command, line); final {
			return lines, err
		}
		if strings.HasPrefix(line, prefix) && len(lines) < maxLines {
			lines = append(lines, line)
		}
	}
}

// errNoise is what a modem that sends without end is told of.
var errNoise = fmt.Errorf("more than %d bytes and no result", maxNoise)

// next is the next line without its end. Of a line that is too long the rest is
// dropped. Bytes that are no printable ASCII are dropped: a modem that starts sends
// some.
func (c *Conn) next(left *int) (string, error) {
	for {
		for i, b := range c.rest {
			switch {
			case b == '\r' || b == '\n':
				c.rest = c.rest[i+1:]
				line := string(bytes.TrimSpace(c.line))
				c.line = c.line[:0]
				return line, nil
			case b >= ' ' && b < 0x7f && len(c.line) < maxLine:
				c.line = append(c.line, b)
			}
		}
		c.rest = nil
		if *left <= 0 {
			return "", errNoise
		}
		n, err := c.port.Read(c.buf[:])
		*left -= n
		c.rest = c.buf[:n]
		if n == 0 && err != nil {
			return "", err
		}
	}
}

// finalResult tells whether a line ends an answer (V.250, 5.7.1; TS 27.007, 9.1),
// and with what.
func finalResult(command, line string) (bool, error) {
	switch line {
	case "OK":
		return true, nil
	case "ERROR", "NO CARRIER", "BUSY", "NO ANSWER", "COMMAND NOT SUPPORT":
		return true, &ResultError{Command: command, Result: line, Code: -1}
	}
	for _, p := range []string{"+CME ERROR:", "+CMS ERROR:"} {
		if text, ok := strings.CutPrefix(line, p); ok {
			code, err := number(strings.TrimSpace(text))
			if err != nil {
				code = -1 // in words, after AT+CMEE=2
			}
			return true, &ResultError{Command: command, Result: line, Code: code}
		}
	}
	return false, nil
}
