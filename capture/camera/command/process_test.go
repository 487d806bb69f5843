package command_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/command"
	"fieldcam/capture/camera/subprocess/programsim"
	"fieldcam/hal/sim"
)

// These run real processes, in real time: they wait for what the program tells, not
// for time to pass.

// patience is how long a test waits for what must come.
const patience = time.Minute

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// realCamera is a driver that starts processes, without a power line.
func realCamera(t *testing.T, cfg command.Config) (*command.Camera, string) {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	p, err := camera.OpenPower(camera.DefaultPower(), sim.New())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := command.New(cfg, command.Options{Power: p, Dir: dir, Log: zerolog.Nop()})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c, dir
}

// open is a simulated program.
func open(t *testing.T) *programsim.Program {
	t.Helper()
	dir, err := os.MkdirTemp("", "p") // short: a socket's name has 108 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	p, err := programsim.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); os.RemoveAll(dir) })
	return p
}

// eachReal runs the test with a real program in both ways.
func eachReal(t *testing.T, test func(t *testing.T, c *command.Camera, p *programsim.Program)) {
	for name, output := range map[string]string{"stdout": "-", "file": command.Output} {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			cfg := command.Default()
			cfg.Argv = p.Argv("-n", "-o", output)
			c, dir := realCamera(t, cfg)
			test(t, c, p)
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left in the directory: %v, %v; want nothing", left, err)
			}
		})
	}
}

func TestARealProgramsPictureComesWhole(t *testing.T) {
	eachReal(t, func(t *testing.T, c *command.Camera, p *programsim.Program) {
		for seed := range uint64(3) {
			p.SetOrder(programsim.Order{Seed: seed, Size: 1_000_000})
			var b bytes.Buffer
			if _, err := c.Shoot(bounded(t), &b); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), programsim.Picture(seed, 1_000_000)) {
				t.Errorf("got %d bytes, want the program's picture", b.Len())
			}
		}
		e := <-p.Events()
		if at := e.Args[len(e.Args)-1]; at != "-" && filepath.Dir(at) != e.Dir {
			t.Errorf("the picture goes to %s, want the program's own directory %s", at, e.Dir)
		}
		if strings.Contains(strings.Join(e.Env, " "), "FIELDCAM") || e.Input != 0 {
			t.Errorf("environment %q, input %d bytes; want nothing of the daemon's", e.Env, e.Input)
		}
	})
}

func TestARealProgramThatHangsIsEndedWithTheContext(t *testing.T) {
	eachReal(t, func(t *testing.T, c *command.Camera, p *programsim.Program) {
		for _, f := range []programsim.Faults{
			{Hang: true}, {HangAt: 100_000}, {HangAt: 100_000, DeafToInterrupt: true}, {HangAt: 100_000, Deaf: true, Child: true},
		} {
			p.SetFaults(f)
			ctx, cancel := context.WithCancel(bounded(t))
			told := make(chan struct{})
			go func() {
				defer close(told)
				for e := range p.Events() {
					if e.Kind == programsim.Hangs {
						cancel()
						return
					}
				}
			}()
			if _, err := c.Shoot(ctx, io.Discard); !errors.Is(err, context.Canceled) {
				t.Errorf("%+v: got %v, want context.Canceled", f, err)
			}
			<-told
			p.SetFaults(programsim.Faults{})
			if _, err := c.Shoot(bounded(t), io.Discard); err != nil {
				t.Errorf("after %+v: %v", f, err)
			}
		}
	})
}

func TestWhatARealProgramLeavesHoldsNothingUp(t *testing.T) {
	eachReal(t, func(t *testing.T, c *command.Camera, p *programsim.Program) {
		for _, f := range []programsim.Faults{{Child: true}, {Child: true, Escaped: true}, {Chatty: 1 << 20}} {
			p.SetFaults(f)
			var b bytes.Buffer
			if _, err := c.Shoot(bounded(t), &b); err != nil || !bytes.Equal(b.Bytes(), programsim.Picture(1, programsim.DefaultSize)) {
				t.Errorf("%+v: %v, %d bytes; want the picture", f, err, b.Len())
			}
		}
	})
}

// TestALargePictureNeedsLittleMemory: 50 MB from the program to the writer.
func TestALargePictureNeedsLittleMemory(t *testing.T) {
	eachReal(t, func(t *testing.T, c *command.Camera, p *programsim.Program) {
		const size = 50_000_000
		p.SetOrder(programsim.Order{Seed: 1, Size: size})
		n := 0
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		if _, err := c.Shoot(bounded(t), writer(func(p []byte) (int, error) { n += len(p); return len(p), nil })); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		t.Logf("%d bytes moved in %v, %d allocated meanwhile", n, took, after.TotalAlloc-before.TotalAlloc)
		if got := after.TotalAlloc - before.TotalAlloc; n != size || got > 1<<20 {
			t.Errorf("%d bytes moved, %d allocated; want %d, and 1 MiB at most", n, got, size)
		}
	})
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
