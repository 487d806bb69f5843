package bench

import (
	"context"
	"fmt"
	"io"
	"syscall"

	"fieldcam/cmd/fieldcam-sim/internal/bench/part"
)

// The parts: what has to be a process of its own.
const (
	partEnqueue = "enqueue" // fills a queue; traced by strace
	partDisk    = "disk"    // mounts an image of its own and fills it
	partCapture = "capture" // takes photos on time beside an upload
	partTick    = "tick"    // does nothing, over and over
)

// Part runs one part in this process: args is its order as JSON, and what it
// found goes to w as JSON.
func Part(ctx context.Context, name, args string, w io.Writer) error {
	switch name {
	case partEnqueue:
		return part.Serve(ctx, args, w, enqueue)
	case partDisk:
		return part.Serve(ctx, args, w, measureDisk)
	case partTick:
		return part.Serve(ctx, args, w, tick)
	case partCapture:
		return part.Serve(ctx, args, w, captureOnTime)
	}
	return fmt.Errorf("no part %q", name)
}

// call runs a part as a process of its own, behind the words of a wrapper
// command, if any. attributes may be nil.
func call[Found any](ctx context.Context, l *lab, name string, order any, attributes *syscall.SysProcAttr, wrapper ...string) (Found, error) {
	c := part.Command{Program: []string{l.self, "bench", "part"}, Wrapper: wrapper, Attributes: attributes}
	return part.Call[Found](ctx, c, name, order)
}
