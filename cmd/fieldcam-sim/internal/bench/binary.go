package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

// binaryReach is what an update costs on the air, in megabytes.
const binaryReach = 12

func binaryFigure() measurement {
	return measurement{figure.Figure{
		Name: "armv7-binary", Unit: "MB", Reach: figure.AtMost(binaryReach),
		What: "stripped armv7 binary",
	}, binary}
}

// binary compares the controller's program with one that does nothing.
func binary(ctx context.Context, l *lab) (figure.Outcome, error) {
	size, err := megabytes(l.program("fieldcam-armv7"))
	if err != nil {
		return figure.Outcome{}, err
	}
	dir, err := l.room("empty")
	if err != nil {
		return figure.Outcome{}, err
	}
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		return figure.Outcome{}, err
	}
	program := os.Getenv("GO") // as make names it
	if program == "" {
		program = "go"
	}
	cmd := exec.CommandContext(ctx, program, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", "empty", source)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return figure.Outcome{}, fmt.Errorf("build empty program: %w: %s", err, out)
	}
	floor, err := megabytes(filepath.Join(dir, "empty"))
	return figure.Outcome{Value: size, Beside: fmt.Sprintf("floor %s: a Go program that does nothing", figure.Number(floor))}, err
}

func megabytes(path string) (float64, error) {
	s, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(s.Size()) / megabyte, nil
}
