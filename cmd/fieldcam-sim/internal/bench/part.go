package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// The parts: what has to be a process of its own.
const (
	partEnqueue = "enqueue" // fills a queue; traced by strace
	partDisk    = "disk"    // mounts an image of its own and fills it
	partCapture = "capture" // takes photos on time beside an upload
)

// Part runs one part in this process: args is its order as JSON, and what it
// found goes to w as JSON.
func Part(ctx context.Context, name, args string, w io.Writer) error {
	switch name {
	case partEnqueue:
		return runPart(ctx, args, w, enqueue)
	case partDisk:
		return runPart(ctx, args, w, measureDisk)
	case partCapture:
		return runPart(ctx, args, w, captureOnTime)
	}
	return fmt.Errorf("no part %q", name)
}

func runPart[Order, Found any](ctx context.Context, args string, w io.Writer, run func(context.Context, Order) (Found, error)) error {
	var o Order
	if err := json.Unmarshal([]byte(args), &o); err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	found, err := run(ctx, o)
	a := answer[Found]{Found: found}
	var unavailable unavailableError
	if errors.As(err, &unavailable) {
		a.Unavailable = unavailable.why.Error()
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

// stderrLimit bounds what an error quotes of a part's standard error.
const stderrLimit = 2000

// call runs a part as a process of its own, behind the words of a wrapper
// command, if any. attributes may be nil.
func call[Found any](ctx context.Context, l *lab, part string, order any, attributes *syscall.SysProcAttr, wrapper ...string) (found Found, err error) {
	args, err := json.Marshal(order)
	if err != nil {
		return found, fmt.Errorf("write order: %w", err)
	}
	argv := append(wrapper, l.self, "bench", "part", part, string(args))
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = attributes
	if attributes == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// No orphans, and a Ctrl-C reaches this process alone.
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pdeathsig = true, syscall.SIGKILL
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		text := stderr.Bytes()
		return found, fmt.Errorf("run part %s: %w: %s", part, err, text[max(0, len(text)-stderrLimit):])
	}
	var a answer[Found]
	if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		return found, fmt.Errorf("read result of part %s: %w", part, err)
	}
	if a.Unavailable != "" {
		return found, unavailableError{errors.New(a.Unavailable)}
	}
	return a.Found, nil
}
