package subprocess_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"fieldcam/capture/camera/subprocess"
)

// slowEnd tells when it is ready, and needs a while to end once it is interrupted.
const slowEnd = `trap 'sleep 0.6; exit 3' INT; echo ready; while :; do sleep 0.02; done`

// readied cancels with each Write.
type readied struct{ cancel func() }

func (r readied) Write(p []byte) (int, error) {
	r.cancel()
	return len(p), nil
}

func TestACancelledProgramHasTheTimeToEndThatTheCauseGives(t *testing.T) {
	cause := errors.New("a shot is due")
	stopped := make(chan struct{})
	close(stopped)
	for name, c := range map[string]struct {
		grace time.Duration
		stop  chan struct{}
		code  int
	}{"long": {10 * time.Second, make(chan struct{}), 3}, "none": {0, nil, -1}, "stopped": {10 * time.Second, stopped, -1}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(bounded(t))
			defer cancel(nil)
			e, err := new(subprocess.Runner).Run(ctx, subprocess.Spec{
				Argv: []string{"sh", "-c", slowEnd}, Dir: t.TempDir(), Interrupt: 10 * time.Second,
				Stdout: readied{func() { cancel(cause) }},
				Grace: func(err error) (time.Duration, <-chan struct{}) {
					if !errors.Is(err, cause) {
						t.Errorf("cause %v, want that of the cancellation", err)
					}
					return c.grace, c.stop
				},
			})
			if !errors.Is(err, context.Canceled) || e.Code != c.code {
				t.Errorf("exit code %d and %v, want %d and the context's error", e.Code, err, c.code)
			}
		})
	}
}
