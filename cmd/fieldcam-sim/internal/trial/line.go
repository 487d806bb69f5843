package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/vc0706"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/eye"
	"fieldcam/hal/linux"
)

const (
	// lineBaud is the fastest of the camera's rates, and bitsPerByte what 8N1 takes.
	lineBaud    = 115200
	bitsPerByte = 10
	// linePictures is how many are taken of each kind; the median is the figure.
	linePictures = 3
)

// line takes large pictures from a camera whose simulator paces the line, on this
// machine: the emulator's processor would be what is measured.
func line(ctx context.Context, s *site) (err error) {
	board := linux.New()
	e, err := eye.Open(vc0706sim.New(vc0706sim.Options{Name: device, Resolution: largePicture, Now: eye.EverLater()}), "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	power, err := camera.OpenPower(camera.DefaultPower(), board)
	if err != nil {
		return err
	}
	cfg := vc0706.Default()
	cfg.Port, cfg.Baud, cfg.Resolution = e.Path(), lineBaud, largePicture
	c := vc0706.New(cfg, board, power, zerolog.Nop())
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Prepare(ctx); err != nil {
		return err
	}
	for _, kind := range []struct {
		name, what string
		faults     vc0706sim.Faults
		most       float64
	}{
		{"vc0706-vga", "VC0706 VGA picture against the line's own time", vc0706sim.Faults{}, 1.15},
		{"vc0706-vga-faults", "the same with a byte lost or doubled in 1 % of chunks", badChunks(), 1.5},
	} {
		e.Camera().SetFaults(kind.faults)
		var ratios []float64
		var last string
		for range linePictures {
			ratio, told, err := takePicture(ctx, c, e)
			if err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			ratios, last = append(ratios, ratio), told
		}
		s.t.measured(figure.Figure{Name: kind.name, What: kind.what, Unit: "ratio", Reach: figure.AtMost(kind.most)}, figure.Median(ratios),
			fmt.Sprintf("median of %d; worst %s; the last: %s", linePictures, figure.Number(figure.Quantile(ratios, 1)), last))
		s.t.fact("%s: %d pictures, all intact", kind.name, linePictures)
	}
	return nil
}

// badChunks are faults in one part of a picture of a hundred.
func badChunks() vc0706sim.Faults { return vc0706sim.Faults{DropInChunk: 0.005, DoubleInChunk: 0.005} }

// takePicture takes a picture, wants it whole, and gives its time over that which the
// line takes for its bytes.
func takePicture(ctx context.Context, c *vc0706.Camera, e *eye.Eye[*vc0706sim.Camera]) (ratio float64, told string, err error) {
	var got bytes.Buffer
	began := time.Now()
	if _, err := c.Shoot(ctx, &got); err != nil {
		return 0, "", err
	}
	took := time.Since(began)
	want, _ := e.Camera().Picture()
	if !bytes.Equal(got.Bytes(), want) {
		return 0, "", fmt.Errorf("the picture of %d bytes has other bytes than the camera's of %d", got.Len(), len(want))
	}
	least := time.Duration(got.Len()) * bitsPerByte * time.Second / lineBaud
	return float64(took) / float64(least), fmt.Sprintf("%d bytes in %v, the line takes %v", got.Len(), took.Round(time.Millisecond), least.Round(time.Millisecond)), nil
}
