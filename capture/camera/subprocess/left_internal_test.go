package subprocess

import (
	"errors"
	"testing"
)

// TestNoProgramStartsBesideOneThatIsLeftBehind: only a kernel that hangs makes one, so
// that the test has to.
func TestNoProgramStartsBesideOneThatIsLeftBehind(t *testing.T) {
	ended := make(chan struct{})
	r := Runner{left: ended}
	s := Spec{Argv: []string{"true"}, Dir: t.TempDir()}
	if _, err := r.Run(t.Context(), s); !errors.Is(err, ErrLeftBehind) || !r.LeftBehind() {
		t.Errorf("beside it: got %v, want ErrLeftBehind", err)
	}
	close(ended)
	if e, err := r.Run(t.Context(), s); err != nil || e.Err() != nil || r.LeftBehind() {
		t.Errorf("once it has gone: got %v, %v; want nil", err, e.Err())
	}
}
