package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWorkAndWaitsOfAProcessAreCounted(t *testing.T) {
	before, err := activityOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const waits = 20
	for n := range waits { // each in the kernel, and of this thread
		if _, err := unix.Poll(nil, 1); err != nil && !errors.Is(err, unix.EINTR) {
			t.Fatal(err)
		}
		for sum := 0; sum < 1_000_000+n; sum++ {
		}
	}
	after, err := activityOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if ran := after.ran - before.ran; ran <= 0 || ran > time.Hour {
		t.Errorf("after work: %v on a processor, want some", ran)
	}
	if after.waits < before.waits+waits {
		t.Errorf("%d waits, then %d, want %d more at least", before.waits, after.waits, waits)
	}
}

// A process that never rests is no idle one: each window counts, not the first alone.
func TestEachWindowInWhichAProcessRanIsAWakeUp(t *testing.T) {
	for name, c := range map[string]struct {
		waits []int64
		ran   []time.Duration
		want  int
	}{
		"now and then":               {[]int64{7, 7, 8, 8, 8, 14, 14}, nil, 2},
		"a poller":                   {[]int64{7, 8, 9, 10, 11, 12}, nil, 5},
		"one that never waits":       {[]int64{7, 7, 7, 7}, []time.Duration{1, 2, 3, 4}, 3},
		"one that does nothing":      {[]int64{7, 7, 7, 7}, nil, 0},
		"one that is looked at once": {[]int64{7}, nil, 0},
	} {
		var w wakeUps
		for i, waits := range c.waits {
			a := activity{waits: waits}
			if c.ran != nil {
				a.ran = c.ran[i]
			}
			w.look(a)
		}
		if w.count != c.want {
			t.Errorf("%s: %d wake-ups, want %d", name, w.count, c.want)
		}
	}
}

func TestAProcessThatIsNotThereHasNoEffort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := measureEfforts(ctx, time.Hour, 1<<30); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that there is no such process", err)
	}
}

func TestAPictureThatIsNotInTheQueueIsNoFigure(t *testing.T) {
	state := t.TempDir()
	if err := os.WriteFile(filepath.Join(state, "photo"), make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := isQueued(state, 1000); err != nil {
		t.Error(err)
	}
	if err := isQueued(state, 1001); err == nil {
		t.Error("a file of another size is taken for the picture")
	}
}
