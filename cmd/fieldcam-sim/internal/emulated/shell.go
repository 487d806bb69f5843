package emulated

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
)

// Shell runs commands in the guest, beside what runs there. Its methods may be
// called from any goroutine.
type Shell struct {
	conn    net.Conn
	reader  sync.WaitGroup
	gone    chan struct{}
	turn    chan struct{} // holds a token: one command at a time
	replies chan string
	asked   int // how many so far; whoever has the turn may use it
}

func newShell(conn net.Conn) *Shell {
	s := &Shell{conn: conn, gone: make(chan struct{}), turn: make(chan struct{}, 1), replies: make(chan string)}
	s.turn <- struct{}{}
	s.reader.Go(func() {
		defer close(s.replies)
		lines := bufio.NewScanner(conn)
		lines.Buffer(nil, replyLimit)
		for lines.Scan() {
			select {
			case s.replies <- lines.Text():
			case <-s.gone:
			}
		}
	})
	return s
}

// replyLimit bounds what a command prints, in bytes of base64.
const replyLimit = 16 << 20

// close ends it, after the emulator.
func (s *Shell) close() {
	close(s.gone)
	_ = s.conn.Close() // the emulator's end is closed already
	s.reader.Wait()
}

// CommandError is a command of the guest that did not end well.
type CommandError struct {
	Command string
	Code    int
	Output  string
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("in the guest: %s: exit code %d: %s", e.Command, e.Code, strings.TrimSpace(e.Output))
}

// Run runs a script of the guest's shell in /guest and gives what it printed; an
// exit code but 0 is a CommandError. The first one waits for the boot. What the
// script leaves in the background goes on. A script whose ctx ends runs on, and the
// next one waits for its end.
func (s *Shell) Run(ctx context.Context, script string) (output string, err error) {
	select {
	case <-s.turn:
		defer func() { s.turn <- struct{}{} }()
	case <-s.gone:
		return "", errGone
	case <-ctx.Done():
		return "", ctx.Err()
	}
	s.asked++
	if _, err := fmt.Fprintf(s.conn, "%d %s\n", s.asked, base64.StdEncoding.EncodeToString([]byte(script))); err != nil {
		return "", fmt.Errorf("in the guest: %s: %w", script, err)
	}
	for {
		select {
		case reply, ok := <-s.replies:
			if !ok {
				return "", fmt.Errorf("in the guest: %s: %w", script, errGone)
			}
			number, code, output, err := parseReply(reply)
			if err != nil {
				return "", fmt.Errorf("in the guest: %s: %w", script, err)
			}
			if number != s.asked {
				continue // of one whose ctx ended
			}
			if code != 0 {
				return output, &CommandError{Command: script, Code: code, Output: output}
			}
			return output, nil
		case <-ctx.Done():
			return "", fmt.Errorf("in the guest: %s: %w", script, ctx.Err())
		}
	}
}

// parseReply reads what init.sh answers: the command's number, its exit code, and
// its output in base64.
func parseReply(line string) (number, code int, output string, err error) {
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return 0, 0, "", errors.New("a reply that is none")
	}
	number, nerr := strconv.Atoi(words[0])
	code, cerr := strconv.Atoi(words[1])
	out, oerr := base64.StdEncoding.DecodeString(words[2])
	return number, code, string(out), errors.Join(nerr, cerr, oerr)
}
