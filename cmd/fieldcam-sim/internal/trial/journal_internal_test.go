package trial

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestALineIsAwaitedFromWhereItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal()
		ended := make(chan struct{})
		for _, l := range []string{"life 1 is ready", "photo taken", "life 2 is ready"} {
			j.hear(l)
		}
		line, next, err := j.await(t.Context(), ended, 1, "life", "is ready")
		if err != nil || line != "life 2 is ready" || next != 3 {
			t.Errorf("awaited %q, %d, %v, want the second life", line, next, err)
		}
		if n := j.count("life", "ready"); n != 2 {
			t.Errorf("counted %d, want 2", n)
		}
		go j.hear(`{"error":"gone","message":"photos are missed"}`)
		line, _, err = j.await(t.Context(), ended, next, "photos are missed")
		if err != nil || errorOf(line) != "gone" {
			t.Errorf("awaited %q, %v", line, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := j.await(ctx, ended, 0, "never"); !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was cut short: %v", err)
		}
		close(ended)
		if _, _, err := j.await(t.Context(), ended, 0, "never"); !errors.Is(err, errEnded) {
			t.Errorf("a wait for a machine that has ended: %v", err)
		}
	})
}
