package linux_test

import (
	"context"
	"testing"

	"fieldcam/hal/linux"
)

// A step itself needs the right to set the clock of the machine, which no test takes.
func TestStepsAreWatchedWithoutPrivilegesUntilTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	watching, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- linux.WatchSteps(ctx, func() {
			select {
			case watching <- struct{}{}:
			default: // this machine's clock was set meanwhile
			}
		})
	}()
	select {
	case <-watching:
	case err := <-done:
		t.Fatalf("WatchSteps ended before it watched: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("WatchSteps = %v after its context ended, want nil", err)
	}
}
