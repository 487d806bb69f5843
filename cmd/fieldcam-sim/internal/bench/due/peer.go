package due

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// peer is a program beside which the product is measured.
type peer struct {
	cmd   *exec.Cmd
	out   bytes.Buffer // may be read after ended
	ended chan error
}

// startPeer starts a part that becomes another program and runs until stop.
func startPeer(l *lab, name string, order any, attributes *syscall.SysProcAttr) (*peer, error) {
	args, err := json.Marshal(order)
	if err != nil {
		return nil, fmt.Errorf("write order: %w", err)
	}
	p := &peer{cmd: exec.Command(l.self, append(command[:], name, string(args))...), ended: make(chan error, 1)}
	attributes.Setpgid, attributes.Pdeathsig = true, syscall.SIGKILL
	p.cmd.SysProcAttr, p.cmd.Stdout, p.cmd.Stderr = attributes, &p.out, &p.out
	if err := p.cmd.Start(); errors.Is(err, fs.ErrPermission) {
		return nil, figure.UnavailableError{Why: err}
	} else if err != nil {
		return nil, err
	}
	go func() { p.ended <- p.cmd.Wait() }()
	return p, nil
}

// stop ends the peer with all its processes. Its error says that it has ended
// before.
func (p *peer) stop() error {
	select {
	case err := <-p.ended:
		return fmt.Errorf("ended early: %v: %s", err, bytes.TrimSpace(p.out.Bytes()))
	default:
	}
	err := p.cmd.Process.Kill()
	<-p.ended
	return err
}

// stamps reads a file of stamps: milliseconds after the latest instant that is a
// whole number of periods, and so long again that the job was due that much after
// it. Those due outside of the time given are left out.
func stamps(path string, period, offset time.Duration, from, to time.Time) ([]float64, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []float64
	for line := range strings.Lines(string(text)) {
		seconds, parts, ok := strings.Cut(strings.TrimSpace(line), ".")
		sec, err := strconv.ParseInt(seconds, 10, 64)
		nsec, err2 := strconv.ParseInt(parts, 10, 64)
		if !ok || err != nil || err2 != nil {
			return nil, fmt.Errorf("%s: want a time, got %q", path, line)
		}
		ran := time.Unix(sec, nsec)
		slot := ran.Add(-offset).Truncate(period).Add(offset)
		if slot.Before(from) || slot.After(to) {
			continue
		}
		all = append(all, milliseconds(ran.Sub(slot)))
	}
	return all, nil
}

// pause waits, or gives ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
