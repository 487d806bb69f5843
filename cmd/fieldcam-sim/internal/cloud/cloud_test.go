package cloud_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"fieldcam/cmd/fieldcam-sim/internal/cloud"
)

func TestALogIsFollowedLineByLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	lines, done := make(chan string), make(chan error, 1)
	go func() { done <- cloud.Follow(ctx, path, func(l string) { lines <- l }) }()
	for _, part := range []string{"on", "e\ntw", "o\n", "three\nfour\nrest"} {
		if _, err := f.WriteString(part); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two", "three", "four"} {
		if got := <-lines; got != want {
			t.Errorf("line %q, want %q", got, want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
