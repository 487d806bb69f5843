package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWorkAndWaitsOfAProcessAreCounted(t *testing.T) {
	before, err := activityOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // each a wait of its thread, in the kernel
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() {
			_, err := r.Read(make([]byte, 1))
			got <- err
		}()
		for sum := 0; sum < 1_000_000; sum++ {
		}
		_, err = w.Write([]byte{1})
		if err := errors.Join(err, <-got, r.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	after, err := activityOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if ran := after.ran - before.ran; ran <= 0 || ran > time.Hour {
		t.Errorf("after work: %v on a processor, want some", ran)
	}
	if after.waits < before.waits {
		t.Errorf("%d waits, then %d", before.waits, after.waits)
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
