package child_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/child"
)

// patience bounds every wait for a program of a line or two.
const patience = 2 * time.Minute

// shell is a Process that runs script.
func shell(t *testing.T, script string) *child.Process {
	t.Helper()
	p := child.New("script", filepath.Join(t.TempDir(), "log"), "/bin/sh", "-c", script)
	t.Cleanup(p.Kill)
	return p
}

func start(t *testing.T, p *child.Process) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
}

// await waits until the log says text.
func await(t *testing.T, p *child.Process, text string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		log, err := os.ReadFile(p.Log())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(log), text) {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("log: got %q, want %q in it", log, text)
		}
	}
}

// gone waits until the program has ended.
func gone(t *testing.T, p *child.Process) {
	t.Helper()
	for began := time.Now(); p.Running(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatal("the program runs on")
		}
	}
}

func TestStopLetsAProgramEndInOrder(t *testing.T) {
	p := shell(t, `trap 'echo farewell; exit 0' TERM; echo ready; while :; do sleep 0.02; done`)
	if p.PID() != 0 || p.Running() || p.Err() != nil {
		t.Errorf("before the start: PID %d, running %t, %v", p.PID(), p.Running(), p.Err())
	}
	start(t, p)
	await(t, p, "ready")
	pid := p.PID()
	start(t, p) // one that runs is left alone
	if !p.Running() || p.PID() != pid {
		t.Errorf("running %t as %d, want true as %d", p.Running(), p.PID(), pid)
	}
	if err := p.Stop(patience); err != nil {
		t.Errorf("Stop: got %v, want nil for exit code 0", err)
	}
	await(t, p, "farewell")
	if p.Running() {
		t.Error("it runs after Stop")
	}
}

func TestStopTellsHowAProgramEnded(t *testing.T) {
	p := shell(t, `trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done`)
	start(t, p)
	await(t, p, "ready")
	var exit *exec.ExitError
	if err := p.Stop(patience); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("Stop: got %v, want exit code 7", err)
	}
}

func TestAProgramThatEndedOnItsOwnIsNoGoodEnd(t *testing.T) {
	p := shell(t, `exit 3`)
	start(t, p)
	gone(t, p)
	var exit *exec.ExitError
	if err := p.Err(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Err: got %v, want exit code 3", err)
	}
	if err := p.Stop(patience); !errors.As(err, &exit) {
		t.Errorf("Stop: got %v, want exit code 3", err)
	}
}

func TestStopKillsAProgramThatDoesNotEnd(t *testing.T) {
	p := shell(t, `trap '' TERM; echo ready; while :; do sleep 0.02; done`)
	start(t, p)
	await(t, p, "ready")
	if err := p.Stop(50 * time.Millisecond); !errors.Is(err, child.ErrStopTime) {
		t.Errorf("Stop: got %v, want ErrStopTime", err)
	}
	if p.Running() {
		t.Error("it runs after Stop")
	}
}

func TestAKilledProgramStartsAgainAndItsLogGoesOn(t *testing.T) {
	p := shell(t, `echo "I am $$"; while :; do sleep 0.02; done`)
	for range 2 {
		start(t, p)
		await(t, p, fmt.Sprintf("I am %d\n", p.PID()))
		p.Kill()
		p.Kill()
		if p.Running() || p.Err() != nil {
			t.Errorf("after Kill: running %t, %v; want that it was meant", p.Running(), p.Err())
		}
	}
	if err := p.Stop(patience); err != nil {
		t.Errorf("Stop after Kill: got %v, want nil", err)
	}
	log, err := os.ReadFile(p.Log())
	if err != nil || strings.Count(string(log), "I am") != 2 {
		t.Errorf("log %q, %v: want two lives in it", log, err)
	}
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	p := child.New("ghost", filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "ghost"))
	if err := p.Start(); err == nil || p.Running() {
		t.Errorf("Start: got %v, running %t; want an error", err, p.Running())
	}
}
