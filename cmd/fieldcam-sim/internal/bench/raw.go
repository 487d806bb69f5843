package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fieldcam/capture/camera/scenesim"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// fetchBound is for one file of largeBytes, on a slow card.
	fetchBound = 2 * time.Minute
	// fetchMessage is the daemon's, once the camera's card has been gone through.
	fetchMessage = "pictures fetched from the camera"
)

func rawFigure() measurement {
	return measurement{figure.Figure{
		Name: "memory-raw", Unit: "MB", Reach: figure.AtMost(memoryReach),
		What: "memory resident while a RAW of 50 MB moves to the card",
	}, raw}
}

// raw watches the real daemon while it fetches a RAW, with the JPEG beside it, from a
// camera's card; and one whose camera has none.
func raw(ctx context.Context, l *lab) (figure.Outcome, error) {
	var peaks []float64
	var parts string
	for _, n := range []int{0, 1} {
		dir, err := l.room("raw", fmt.Sprint(n))
		if err != nil {
			return figure.Outcome{}, err
		}
		config, err := makeCamera(dir, n)
		if err != nil {
			return figure.Outcome{}, err
		}
		u, err := watchDaemon(ctx, l, dir, config, filepath.Join(dir, "state"), func() (bool, error) {
			log, err := os.ReadFile(filepath.Join(dir, "fieldcam.log"))
			if err != nil || !bytes.Contains(log, []byte(fetchMessage)) {
				return false, err
			}
			return true, isQueued(filepath.Join(dir, "state"), int64(n)*largeBytes)
		}, fetchBound)
		if err != nil {
			return figure.Outcome{}, fmt.Errorf("with %d files: %w", n, err)
		}
		peaks = append(peaks, max(u.resident, u.peak))
		parts = fmt.Sprintf("highest sample %s, of it anonymous %s", figure.Number(u.resident), figure.Number(u.anonymous))
	}
	return figure.Outcome{
		Value:  peaks[1],
		Beside: fmt.Sprintf("floor %s: the same daemon, no picture on the camera's card", figure.Number(peaks[0])),
		More:   []figure.Row{{What: "of it", Beside: parts}},
	}, nil
}

// makeCamera makes a camera's card with so many RAW+JPEG pairs, and the configuration
// for it; files stand for the camera's lines.
func makeCamera(dir string, pairs int) (config string, err error) {
	pictures := filepath.Join(dir, "camera", "DCIM", "100CANON")
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		return "", err
	}
	for n := range pairs {
		name := filepath.Join(pictures, fmt.Sprintf("IMG_%04d", n+1))
		scene := scenesim.Scene{Name: device, Now: time.Now(), Began: time.Now(), Shot: n + 1, Width: 640, Height: 480}
		const quality = 80
		if err := errors.Join(os.WriteFile(name+".JPG", scene.JPEG(quality), 0o644), writeLarge(name+".CR2")); err != nil {
			return "", err
		}
	}
	line := filepath.Join(dir, "line")
	if err := os.WriteFile(line, []byte("0\n"), 0o644); err != nil {
		return "", err
	}
	config = filepath.Join(dir, "fieldcam.toml")
	return config, os.WriteFile(config, fmt.Appendf(nil, `device = %q

[log]
level = "debug"

[[session]]
name = "photos"
kind = "capture"
every = "24h"

[[session]]
name = "uploads"
kind = "upload"
every = "24h"

[camera]
kind = "shutter"

[camera.shutter]
line = %q
path = %q
`, device, line, filepath.Join(dir, "camera")), 0o600)
}

// writeLarge writes a file of largeBytes that nobody looks into.
func writeLarge(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(picture(f, 1, largeBytes), f.Close())
}

// isQueued wants a file of that many bytes in the daemon's state.
func isQueued(state string, size int64) error {
	if size == 0 {
		return nil
	}
	found := false
	err := filepath.WalkDir(state, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		found = found || err == nil && info.Size() == size
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("no file of %d bytes is in the queue", size)
	}
	return err
}
