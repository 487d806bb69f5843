package part

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// double is a part.
func double(_ context.Context, n int) (int, error) {
	switch {
	case n > 100:
		return 0, figure.UnavailableError{Why: errors.New("too large for this machine")}
	case n < 0:
		return 0, errors.New("negative")
	}
	return 2 * n, nil
}

func TestAPartAnswersItsOrder(t *testing.T) {
	for _, test := range []struct {
		order       string
		found       int
		unavailable string
		fails       bool
	}{
		{"21", 42, "", false},
		{"101", 0, "too large for this machine", false},
		{"-1", 0, "", true},
		{"[", 0, "", true},
	} {
		var b bytes.Buffer
		if err := Serve(t.Context(), test.order, &b, double); (err != nil) != test.fails {
			t.Errorf("order %s: %v, fails: want %v", test.order, err, test.fails)
		}
		if test.fails {
			continue
		}
		var a answer[int]
		if err := json.Unmarshal(b.Bytes(), &a); err != nil || a.Found != test.found || a.Unavailable != test.unavailable {
			t.Errorf("order %s: got %+v, %v, want %d and %q", test.order, a, err, test.found, test.unavailable)
		}
	}
}

func TestTheCallerLearnsWhyAPartFailed(t *testing.T) {
	// echo prints the part's name and order; that is no answer.
	if found, err := Call[int](t.Context(), Command{Program: []string{"echo"}}, "double", 21); err == nil {
		t.Errorf("echo: got %d, want an error", found)
	}
	_, err := Call[int](t.Context(), Command{Program: []string{"sh", "-c", "echo it broke >&2; exit 3"}}, "double", 21)
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("it broke")) {
		t.Errorf("sh: %v, want what it said", err)
	}
	_, err = Call[int](t.Context(), Command{Program: []string{"sh", "-c", `echo '{"Unavailable": "no root"}'`}}, "double", 21)
	var unavailable figure.UnavailableError
	if !errors.As(err, &unavailable) {
		t.Errorf("no root: %v, want UnavailableError", err)
	}
}
