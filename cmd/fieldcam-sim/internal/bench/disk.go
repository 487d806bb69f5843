package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
)

const (
	// diskPhotos is enough for what the file system writes once to vanish beside
	// the photos.
	diskPhotos = 60
	// imageBytes is the card's size; the file is sparse.
	imageBytes = 1 << 30
	// diskReach is what a card may be worn by, over the photo itself.
	diskReach = 1.02
)

func diskFigure() measurement {
	return measurement{figure.Figure{
		Name: "disk-bytes", Unit: "ratio", Reach: figure.AtMost(diskReach),
		What: "bytes to the disk per byte of photo (5 MB)",
	}, disk}
}

// disk fills two fresh file systems: by the queue, and by bare files.
func disk(ctx context.Context, l *lab) (figure.Outcome, error) {
	found, err := onImages(ctx, l)
	how := "ext4 on a loop device, its own counters, mount and unmount included"
	var unavailable figure.UnavailableError
	if errors.As(err, &unavailable) {
		how = fmt.Sprintf("write_bytes of the process, without the journal, because: %v", unavailable.Why)
		found, err = inPlace(ctx, l)
	}
	if err != nil {
		return figure.Outcome{}, err
	}
	ratio := func(w blockdev.Written) float64 { return float64(w.Bytes) / (diskPhotos * photoBytes) }
	flushes := func(w blockdev.Written) string { return figure.Number(float64(w.Flushes) / diskPhotos) }
	return figure.Outcome{
		Value:  ratio(found[0]),
		Beside: fmt.Sprintf("floor %s: write, fdatasync", figure.Number(ratio(found[1]))),
		More: []figure.Row{
			{What: "flushes of the device's cache per photo", Measured: flushes(found[0]), Beside: "floor " + flushes(found[1])},
			{What: fmt.Sprintf("%d photos", diskPhotos), Beside: how},
		},
	}, nil
}

// diskOrder asks for a file system to be filled.
type diskOrder struct {
	Image string // of a file system to mount; empty: Dir is used as it is
	Dir   string
	Bare  bool // as bare files, in place of the queue
}

// onImages measures on loop devices.
func onImages(ctx context.Context, l *lab) (found [2]blockdev.Written, err error) {
	for i, bare := range []bool{false, true} {
		o := diskOrder{Bare: bare}
		if o.Dir, err = l.room("disk", fmt.Sprint("mount", i)); err != nil {
			return found, err
		}
		o.Image = o.Dir + ".ext4"
		if err := blockdev.MakeImage(ctx, o.Image, imageBytes); err != nil {
			return found, err
		}
		// Its mounts are its own, and end with it.
		found[i], err = call[blockdev.Written](ctx, l, partDisk, o, &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS})
		if errors.Is(err, os.ErrPermission) {
			err = figure.UnavailableError{Why: fmt.Errorf("mount image: %w", err)}
		}
		if err = errors.Join(err, os.Remove(o.Image)); err != nil {
			return found, err
		}
	}
	return found, nil
}

// inPlace measures on the file system that there is.
func inPlace(ctx context.Context, l *lab) (found [2]blockdev.Written, err error) {
	for i, bare := range []bool{false, true} {
		o := diskOrder{Bare: bare}
		if o.Dir, err = l.room("disk", fmt.Sprint("plain", i)); err != nil {
			return found, err
		}
		if found[i], err = call[blockdev.Written](ctx, l, partDisk, o, nil); err != nil {
			return found, err
		}
		if err := os.RemoveAll(o.Dir); err != nil {
			return found, err
		}
	}
	return found, nil
}
