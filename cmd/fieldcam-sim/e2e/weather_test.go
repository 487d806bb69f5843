//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
)

// weather is what goes wrong around the daemon, one thing or two at a time.
type weather struct {
	*rig
	rng    *rand.Rand
	counts map[string]int
	err    error // what could not be brought back
}

// trouble is one thing that goes wrong; the other things go on.
type trouble struct {
	name       string
	begin, end func() error
}

func (w *weather) troubles() []trouble {
	upload, control := w.Network()
	mode := func(m proxy.Mode, all ...*proxy.Proxy) func() error {
		return func() (err error) {
			for _, p := range all {
				err = errors.Join(err, p.SetMode(m))
			}
			return err
		}
	}
	rate := func(bytesPerSecond int) func() error {
		return func() error {
			upload.SetRate(bytesPerSecond)
			control.SetRate(bytesPerSecond)
			return nil
		}
	}
	camera := func(f vc0706sim.Faults) func() error {
		return func() error { w.Camera().SetFaults(f); return nil }
	}
	open := mode(proxy.Open, upload, control)
	return []trouble{
		{"network cut", mode(proxy.Cut, upload, control), open},
		{"upload cut", mode(proxy.Cut, upload), open},
		{"broker cut", mode(proxy.Cut, control), open},
		{"network in a hole", mode(proxy.Hole, upload, control), open},
		{"upload in a hole", mode(proxy.Hole, upload), open},
		{"connections reset", func() error { upload.Reset(); control.Reset(); return nil }, func() error { return nil }},
		{"slow", rate(20_000), rate(0)},
		{"very slow", rate(3_000), rate(0)},
		{"hub killed", func() error { w.Hub().Kill(); return nil }, func() error { return w.StartHub(w.ctx) }},
		{"hub stopped", func() error { return w.Hub().Stop(stopTime) }, func() error { return w.StartHub(w.ctx) }},
		{"broker killed", func() error { w.broker.Kill(); return nil }, w.broker.begin},
		{"camera silent", camera(vc0706sim.Faults{Silent: true}), w.mendCamera},
		{"camera loses bytes", camera(vc0706sim.Faults{DropInChunk: 0.01}), w.mendCamera},
		{"camera doubles bytes", camera(vc0706sim.Faults{DoubleInChunk: 0.01, Noise: 0.1}), w.mendCamera},
		{"camera hangs", camera(vc0706sim.Faults{HangAfter: 1500}), w.mendCamera},
		{"picture truncated", camera(vc0706sim.Faults{Truncate: true}), w.mendCamera},
	}
}

// mendCamera takes the faults away, and the power for a moment: a camera that
// hangs needs it.
func (w *weather) mendCamera() error {
	hung := w.Camera().Faults().HangAfter > 0
	w.Camera().SetFaults(vc0706sim.Faults{})
	if hung {
		w.Camera().SetPower(false)
		return w.repower()
	}
	return nil
}

// run makes trouble until ctx ends.
func (w *weather) run(ctx context.Context) {
	all := w.troubles()
	wait := func(least, most time.Duration) {
		t := time.NewTimer(least + time.Duration(w.rng.Int64N(int64(most-least))))
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	for ctx.Err() == nil && w.err == nil {
		t := all[w.rng.IntN(len(all))]
		w.counts[t.name]++
		if err := t.begin(); err != nil {
			w.err = fmt.Errorf("%s: %w", t.name, err)
		}
		wait(300*time.Millisecond, 4*time.Second)
		if err := t.end(); err != nil {
			w.err = errors.Join(w.err, fmt.Errorf("end of %s: %w", t.name, err))
		}
		wait(0, 1500*time.Millisecond)
	}
}

// heal lets everything work again.
func (w *weather) heal() {
	for _, t := range w.troubles() {
		if err := t.end(); err != nil {
			w.err = errors.Join(w.err, fmt.Errorf("end of %s: %w", t.name, err))
		}
	}
}

// page is the hub's page of the controller; empty where it does not answer.
func (r *rig) page() string {
	r.Helper()
	client := http.Client{Timeout: patience}
	resp, err := client.Get(r.PageURL() + "system/" + device)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(text)
}
