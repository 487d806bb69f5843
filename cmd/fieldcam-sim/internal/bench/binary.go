package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// binaryReach is what an update costs on the air, in megabytes.
const binaryReach = 12

func binaryFigure() figure {
	return figure{
		name: "armv7-binary", unit: "MB", reach: atMost(binaryReach), measure: binary,
		what: "stripped armv7 binary",
	}
}

// binary compares the controller's program with one that does nothing.
func binary(ctx context.Context, l *lab) (outcome, error) {
	size, err := megabytes(l.program("fieldcam-armv7"))
	if err != nil {
		return outcome{}, err
	}
	dir, err := l.room("empty")
	if err != nil {
		return outcome{}, err
	}
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return outcome{}, err
	}
	program := os.Getenv("GO") // as make names it
	if program == "" {
		program = "go"
	}
	cmd := exec.CommandContext(ctx, program, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", "empty", source)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return outcome{}, fmt.Errorf("build empty program: %w: %s", err, out)
	}
	floor, err := megabytes(filepath.Join(dir, "empty"))
	return outcome{value: size, beside: fmt.Sprintf("floor %s: a Go program that does nothing", number(floor))}, err
}

func megabytes(path string) (float64, error) {
	s, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(s.Size()) / megabyte, nil
}
