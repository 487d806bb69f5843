package due

import (
	"context"
	"fmt"
	"io"
	"syscall"

	"fieldcam/cmd/fieldcam-sim/internal/bench/part"
)

// The parts: what has to be a process of its own.
const (
	partController = "controller" // takes photos on time
	partLoad       = "load"       // keeps processors and disk busy
	partCron       = "cron"       // becomes cron
	partSystemd    = "systemd"    // becomes systemd
)

// command is how to say to this program that it is a part.
var command = [...]string{"bench-schedule", "part"}

// Part runs one part in this process: args is its order as JSON, and what it
// found goes to w as JSON.
func Part(ctx context.Context, name, args string, w io.Writer) error {
	switch name {
	case partController:
		return part.Serve(ctx, args, w, takeOnTime)
	case partLoad:
		return part.Serve(ctx, args, w, keepBusy)
	case partCron:
		return part.Serve(ctx, args, w, becomeCron)
	case partSystemd:
		return part.Serve(ctx, args, w, becomeSystemd)
	}
	return fmt.Errorf("no part %q", name)
}

// call runs a part as a process of its own.
func call[Found any](ctx context.Context, l *lab, name string, order any, attributes *syscall.SysProcAttr) (Found, error) {
	c := part.Command{Program: append([]string{l.self}, command[:]...), Attributes: attributes}
	return part.Call[Found](ctx, c, name, order)
}
