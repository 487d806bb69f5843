package cameratest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/cameratest"
	"fieldcam/capture/photo"
	"fieldcam/hal/sim"
)

// sins are what a driver does wrong.
type sins struct {
	passTruncated bool // a picture that breaks off is no error
	ignoreContext bool // waits to the end, whatever ctx says
	stayOn        bool // leaves the power on
	sameAgain     bool // gives the last picture again
	neverCycle    bool // has no ladder
	blameCamera   bool // takes the writer's fault for the camera's
	outlive       bool // goes on after Close
	noBound       bool // waits for a silent camera for ever
	wholeAtOnce   bool // keeps the picture in memory
	cutAgain      bool // begins each power cycle anew
	keepHung      bool // leaves a silent camera on where it is kept on
}

// driver is a camera and its driver in one, as simple as can be.
type driver struct {
	sins   sins
	power  *camera.Power
	turn   *camera.Turn
	ladder *camera.Ladder
	silent bool // at the end of the last Shoot

	mu    sync.Mutex
	fault cameratest.Fault // guarded by mu
	hung  bool             // guarded by mu
	shots int              // guarded by mu
}

const parts = 20

// picture is the nth: a JPEG's two ends.
func picture(n int) string {
	return "\xFF\xD8" + strings.Repeat(fmt.Sprintf("%08d", n), parts) + "\xFF\xD9"
}

func (d *driver) Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error) {
	outer := ctx
	ctx, give, err := d.turn.Take(ctx)
	if err != nil {
		if d.sins.outlive && outer.Err() == nil {
			_, err = io.WriteString(w, picture(1))
			return photo.Exposure{Format: "jpg"}, err
		}
		return photo.Exposure{}, err
	}
	defer give()
	if d.sins.ignoreContext {
		ctx = context.Background()
	}
	d.silent = false
	err = d.shoot(ctx, w)
	if !d.sins.stayOn {
		err = errors.Join(err, d.ladder.Rest(d.power, d.silent && !d.sins.keepHung && !d.sins.neverCycle))
	}
	if err != nil {
		return photo.Exposure{}, err
	}
	return photo.Exposure{Format: "jpg"}, nil
}

var errCamera = errors.New("the camera does not answer")

func (d *driver) shoot(ctx context.Context, w io.Writer) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	f := d.fault
	if !d.sins.sameAgain || d.shots == 0 {
		d.shots++
	}
	p := picture(d.shots)
	d.mu.Unlock()
	part := len(p) / parts
	if d.sins.wholeAtOnce {
		p = "\xFF\xD8" + strings.Repeat("x", 100<<10) + "\xFF\xD9"
		part = len(p)
	}
	for n := 0; n < len(p); n += part {
		if f == cameratest.Hangs && n > len(p)/2 {
			d.mu.Lock()
			d.hung = true
			d.mu.Unlock()
		}
		if f == cameratest.Truncates && n > len(p)/2 {
			return d.truncated()
		}
		if err := d.answer(ctx); err != nil {
			return d.failed(ctx, err)
		}
		if _, err := io.WriteString(w, p[n:min(n+part, len(p))]); err != nil {
			if d.sins.blameCamera {
				d.ladder.Failed()
				d.ladder.Failed()
			}
			return fmt.Errorf("write: %w", err)
		}
	}
	d.ladder.Good()
	return nil
}

func (d *driver) truncated() error {
	if d.sins.passTruncated {
		return nil
	}
	d.ladder.Failed()
	return errors.New("no end")
}

func (d *driver) failed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil:
		d.silent = true
		d.ladder.Failed()
	case errors.Is(err, context.DeadlineExceeded):
		d.ladder.OutOfTime()
	}
	return err
}

// begin gives the camera power, after a cycle where that is due.
func (d *driver) begin(ctx context.Context) error {
	var err error
	switch {
	case d.sins.neverCycle || d.sins.cutAgain && d.ladder.Due() < camera.Cycle:
		_, err = d.power.On(ctx)
	case d.sins.cutAgain && d.power.Switched():
		err = d.power.Cycle(ctx)
	default:
		_, err = d.ladder.Start(ctx, d.power)
	}
	return err
}

// answer waits for the camera.
func (d *driver) answer(ctx context.Context) error {
	d.mu.Lock()
	dumb := d.hung || d.fault == cameratest.Silent
	d.mu.Unlock()
	wait := 50 * time.Millisecond
	if dumb {
		wait = 3 * time.Second
		if d.sins.noBound {
			wait = time.Hour
		}
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return ctx.Err()
	}
	if dumb {
		return errCamera
	}
	return nil
}

func (d *driver) Prepare(ctx context.Context) error {
	ctx, give, err := d.turn.Take(ctx)
	if err != nil {
		return err
	}
	defer give()
	return errors.Join(d.begin(ctx), d.answer(ctx), d.power.Rest())
}

func (d *driver) Close() error {
	return errors.Join(d.turn.Close(time.Second), d.power.Close())
}

// rig is one with a driver that has these sins.
func (s sins) rig(t testing.TB, setup cameratest.Setup) cameratest.Rig {
	board := sim.New()
	line := board.AddLine("POWER")
	pc := camera.DefaultPower()
	pc.OffTime, pc.WarmUp = 3*time.Second, 4*time.Second // more than a slot has
	setup.Configure(&pc, "POWER")
	p, err := camera.OpenPower(pc, board)
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{sins: s, power: p, turn: camera.NewTurn(), ladder: camera.NewLadder(zerolog.Nop())}
	up := func(bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.hung = false
	}
	line.Watch(up)
	r := cameratest.Rig{Camera: d, Break: func(f cameratest.Fault) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fault = f
		if f == cameratest.Healthy && pc.Line == "" {
			d.hung = false
		}
	}}
	if pc.Line != "" {
		r.On = line.High
		r.Offs = func() (n int) {
			for _, c := range line.History()[1:] {
				if !c.High {
					n++
				}
			}
			return n
		}
	}
	return r
}
