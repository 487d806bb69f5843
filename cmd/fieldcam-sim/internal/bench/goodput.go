package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"fieldcam/agent/identity"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/linkemu"
	"fieldcam/queue"
	"fieldcam/queue/upload"
	"fieldcam/queue/upload/tus"
)

const (
	// goodputReach is the part of a bare PUT's goodput that an upload keeps.
	goodputReach = 0.95
	// downBits is the rate towards the controller, which hardly matters.
	downBits = 20_000_000
	// queueBytes is a modem's buffer.
	queueBytes = 256 << 10
)

// radio is a link to measure on.
type radio struct {
	name, what string
	up, down   linkemu.Shape
	bytes      int64 // of each photo: some seconds' worth
	rounds     int
}

// fastLink is LTE on a good day, lossyLink at a cell's edge.
func fastLink() radio {
	return radio{
		name: "goodput-8mbit", what: "8 Mbit/s, 50 ms",
		up:    linkemu.Shape{BitsPerSecond: 8_000_000, Delay: 50 * time.Millisecond, QueueBytes: queueBytes},
		down:  linkemu.Shape{BitsPerSecond: downBits, Delay: 50 * time.Millisecond, QueueBytes: queueBytes},
		bytes: photoBytes, rounds: 7,
	}
}

func lossyLink() radio {
	const loss = 0.005
	return radio{
		name: "goodput-1mbit-lossy", what: "1 Mbit/s, 100 ms, 0.5 % loss",
		up:    linkemu.Shape{BitsPerSecond: 1_000_000, Delay: 100 * time.Millisecond, QueueBytes: queueBytes, Loss: loss, Seed: 1},
		down:  linkemu.Shape{BitsPerSecond: downBits, Delay: 100 * time.Millisecond, QueueBytes: queueBytes, Loss: loss, Seed: 2},
		bytes: 1.5 * megabyte, rounds: 5,
	}
}

func goodputFigure(r radio) measurement {
	return measurement{figure.Figure{
		Name: r.name, Unit: "ratio", Reach: figure.AtLeast(goodputReach), What: "upload against a bare PUT: " + r.what,
	}, func(ctx context.Context, l *lab) (figure.Outcome, error) { return goodput(ctx, l, r) }}
}

// course is a link with a hub and a bare receiver at its near end, and what
// there is to send at its far end.
type course struct {
	radio
	link  *linkemu.Link
	hub   *hub
	put   *putServer
	to    account
	who   *identity.Identity
	queue *queue.Queue
}

// goodput sends the same bytes by the real client and by PUT, in turn.
func goodput(ctx context.Context, l *lab, r radio) (_ figure.Outcome, err error) {
	c, err := openCourse(ctx, l, r)
	if err != nil {
		return figure.Outcome{}, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	var ratios, puts, uploads []float64
	for i := range r.rounds {
		m, err := add(c.queue, i, r.bytes)
		if err != nil {
			return figure.Outcome{}, err
		}
		var took [2]float64 // PUT, upload
		for j := range took {
			which := (i + j) % len(took) // who goes first changes
			send := c.sendPut
			if which == 1 {
				send = c.sendUpload
			}
			if took[which], err = c.time(ctx, m, send); err != nil {
				return figure.Outcome{}, err
			}
		}
		l.say("%s: PUT %.2f s, upload %.2f s", r.name, took[0], took[1])
		puts, uploads = append(puts, took[0]), append(uploads, took[1])
		ratios = append(ratios, took[0]/took[1])
	}
	m, err := add(c.queue, r.rounds, r.bytes)
	if err != nil {
		return figure.Outcome{}, err
	}
	cubic, err := c.time(ctx, m, c.sendCubic)
	if err != nil {
		return figure.Outcome{}, err
	}
	rate := func(seconds float64) string {
		return figure.Number(float64(r.bytes)*8/1e6/seconds) + " Mbit/s"
	}
	return figure.Outcome{
		Value:  figure.Median(ratios),
		Beside: fmt.Sprintf("PUT of the same %s MB by %s: %s", figure.Number(float64(r.bytes)/megabyte), congestionControl, rate(figure.Median(puts))),
		More: []figure.Row{
			{What: fmt.Sprintf("median of %d, each on a new TLS connection", r.rounds), Measured: rate(figure.Median(uploads)), Beside: fmt.Sprintf("PUT by %s, once: %s; ratios from %s to %s", otherControl, rate(cubic), figure.Number(figure.Quantile(ratios, 0)), figure.Number(figure.Quantile(ratios, 1)))},
		},
	}, nil
}

func openCourse(ctx context.Context, l *lab, r radio) (c *course, err error) {
	dir, err := l.room(r.name)
	if err != nil {
		return nil, err
	}
	c = &course{radio: r}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if c.link, err = linkemu.Open(r.up, r.down); err != nil {
		return c, figure.UnavailableError{Why: err}
	}
	if c.hub, err = startHub(ctx, l, filepath.Join(dir, "hub"), c.link); err != nil {
		return c, err
	}
	if c.to, err = c.hub.add(ctx, device); err != nil {
		return c, err
	}
	if c.who, err = identity.Open(c.to.identity(), device, nil); err != nil {
		return c, err
	}
	if c.put, err = servePut(c.link, filepath.Join(c.hub.data, "tls"), dir); err != nil {
		return c, err
	}
	c.queue, err = openQueue(ctx, filepath.Join(dir, "state"))
	return c, err
}

// close closes what openCourse opened.
func (c *course) close() error {
	var errs []error
	if c.queue != nil {
		errs = append(errs, c.queue.Close())
	}
	if c.put != nil {
		errs = append(errs, c.put.close())
	}
	if c.hub != nil {
		errs = append(errs, c.hub.stop())
	}
	if c.link != nil {
		c.link.Close()
	}
	return errors.Join(errs...)
}

// time is how long it takes to send the photo, in seconds.
func (c *course) time(ctx context.Context, m photo.Meta, send func(context.Context, photo.Meta, io.ReadSeeker) error) (float64, error) {
	f, err := c.queue.Open(m)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	began := time.Now()
	err = send(ctx, m, f)
	return time.Since(began).Seconds(), err
}

// sendUpload uploads as the daemon does after a while without a photo: on a new
// connection.
func (c *course) sendUpload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	cfg := upload.Default()
	cfg.URL = c.to.UploadURL
	client, err := tus.New(cfg, tus.Options{Identity: c.who, Device: device, URLs: c.queue, DialContext: c.link.Dial})
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Upload(ctx, m, r)
}

func (c *course) sendPut(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	return c.put.send(ctx, c.who, congestionControl, m.Size, r)
}

func (c *course) sendCubic(ctx context.Context, m photo.Meta, r io.ReadSeeker) error {
	return c.put.send(ctx, c.who, otherControl, m.Size, r)
}
