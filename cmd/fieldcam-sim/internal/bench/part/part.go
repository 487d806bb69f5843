// Package part runs pieces of a benchmark as processes of their own: to be
// traced, to have a mount namespace, or to have their memory to themselves. A
// part is the same program again, called with the part's name and its order as
// JSON; what it finds comes back as JSON on its standard output.
package part

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// Serve does a part in this process: args is its order as JSON, and what run
// found goes to w as JSON. A figure.UnavailableError travels to the caller; any
// other error is returned.
func Serve[Order, Found any](ctx context.Context, args string, w io.Writer, run func(context.Context, Order) (Found, error)) error {
	var o Order
	if err := json.Unmarshal([]byte(args), &o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	found, err := run(ctx, o)
	a := answer[Found]{Found: found}
	var unavailable figure.UnavailableError
	if errors.As(err, &unavailable) {
		a.Unavailable = unavailable.Why.Error()
	} else if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(a)
}

// answer is what a part prints.
type answer[Found any] struct {
	Found Found
	// Unavailable says what this machine or user has not got.
	Unavailable string
}

// Command is how a part is called.
type Command struct {
	// Program are the words before the part's name: this program, and how it is
	// told to do a part.
	Program []string
	// Wrapper are the words of a command to run it by, such as strace; or none.
	Wrapper []string
	// Attributes may be nil.
	Attributes *syscall.SysProcAttr
	// Progress is where its standard error goes as it comes; nil: the error of a
	// part that fails quotes the end of it.
	Progress io.Writer
}

// stderrLimit bounds what an error quotes of a part's standard error.
const stderrLimit = 2000

// Call runs a part and waits for it. It is killed where ctx ends, or this
// process does.
func Call[Found any](ctx context.Context, c Command, name string, order any) (found Found, err error) {
	args, err := json.Marshal(order)
	if err != nil {
		return found, fmt.Errorf("write order: %w", err)
	}
	argv := append(append(append([]string{}, c.Wrapper...), c.Program...), name, string(args))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	attributes := syscall.SysProcAttr{}
	if c.Attributes != nil {
		attributes = *c.Attributes
	}
	// No orphans, and a Ctrl-C reaches this process alone.
	attributes.Setpgid, attributes.Pdeathsig = true, syscall.SIGKILL
	cmd.SysProcAttr = &attributes
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if c.Progress != nil {
		cmd.Stderr = c.Progress
	}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		if text := stderr.Bytes(); len(text) > 0 {
			err = fmt.Errorf("%w: %s", err, text[max(0, len(text)-stderrLimit):])
		}
		return found, fmt.Errorf("run part %s: %w", name, err)
	}
	var a answer[Found]
	if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		return found, fmt.Errorf("read result of part %s: %w", name, err)
	}
	if a.Unavailable != "" {
		return found, figure.UnavailableError{Why: errors.New(a.Unavailable)}
	}
	return a.Found, nil
}
