package cameratest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
}

// driver is a camera and its driver in one, as simple as can be.
type driver struct {
	sins   sins
	power  *camera.Power
	turn   *camera.Turn
	ladder int

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
	err = d.shoot(ctx, w)
	if !d.sins.stayOn {
		err = errors.Join(err, d.power.Rest())
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
				d.ladder = 2
			}
			return fmt.Errorf("write: %w", err)
		}
	}
	d.ladder = 0
	return nil
}

func (d *driver) truncated() error {
	if d.sins.passTruncated {
		return nil
	}
	d.ladder++
	return errors.New("no end")
}

func (d *driver) failed(ctx context.Context, err error) error {
	if !errors.Is(ctx.Err(), context.Canceled) {
		d.ladder++
	}
	return err
}

// begin gives the camera power, after a cycle where that is due.
func (d *driver) begin(ctx context.Context) error {
	if d.ladder >= 2 && d.power.Switched() && !d.sins.neverCycle {
		return d.power.Cycle(ctx)
	}
	_, err := d.power.On(ctx)
	return err
}

// answer waits for the camera.
func (d *driver) answer(ctx context.Context) error {
	d.mu.Lock()
	dumb := d.hung || d.fault == cameratest.Silent
	d.mu.Unlock()
	wait := 50 * time.Millisecond
	if dumb {
		wait = time.Second
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
	pc.KeepOn = setup.Power == cameratest.KeptOn
	if setup.Power != cameratest.NoLine {
		pc.Line = "POWER"
	}
	p, err := camera.OpenPower(pc, board)
	if err != nil {
		t.Fatal(err)
	}
	d := &driver{sins: s, power: p, turn: camera.NewTurn()}
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

func kind() cameratest.Kind {
	return cameratest.Kind{Faults: []cameratest.Fault{cameratest.Silent, cameratest.Hangs, cameratest.Truncates}, Switched: true}
}

func TestAGoodDriverPasses(t *testing.T) {
	cameratest.Run(t, kind(), func(t *testing.T, s cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
		synctest.Test(t, func(t *testing.T) { check(t, sins{}.rig(t, s)) })
	})
}

// tape is a testing.TB that only remembers whether the test failed.
type tape struct {
	testing.TB
	failed bool
}

// over ends a check as FailNow ends a test.
type over struct{}

func (p *tape) Helper()               {}
func (p *tape) Logf(string, ...any)   {}
func (p *tape) Error(...any)          { p.failed = true }
func (p *tape) Errorf(string, ...any) { p.failed = true }
func (p *tape) Fatalf(string, ...any) { p.failed = true; panic(over{}) }
func (p *tape) Fatal(...any)          { p.failed = true; panic(over{}) }

// A suite that finds nothing is worse than none.
func TestEverySinIsFound(t *testing.T) {
	for name, s := range map[string]sins{
		"passes a truncated picture":   {passTruncated: true},
		"ignores its context":          {ignoreContext: true},
		"leaves the power on":          {stayOn: true},
		"gives the old picture":        {sameAgain: true},
		"has no ladder":                {neverCycle: true},
		"blames the camera":            {blameCamera: true},
		"outlives Close":               {outlive: true},
		"waits for ever":               {noBound: true},
		"hands on the picture at once": {wholeAtOnce: true},
	} {
		found := false
		t.Run(name, func(t *testing.T) {
			cameratest.Run(t, kind(), func(t *testing.T, setup cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
				synctest.Test(t, func(t *testing.T) {
					p := &tape{TB: t}
					defer func() {
						if v := recover(); v != nil && v != any(over{}) {
							panic(v)
						}
						found = found || p.failed
						time.Sleep(2 * time.Hour) // for what a check left behind
					}()
					check(p, s.rig(t, setup))
				})
			})
		})
		if !found {
			t.Errorf("a driver that %s passes", name)
		}
	}
}
