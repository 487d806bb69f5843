package picture

import (
	"io"
	"slices"
	"sync"
	"time"

	"fieldcam/capture/photo"
)

// Options are what a Checker works with; all of them may be left out.
type Options struct {
	// Night tells whether it is night at the site; known is false where nobody can tell.
	// nil: nobody can.
	Night func(at time.Time) (night, known bool)
	// Zone is that of a camera's clock which does not say its own. nil: UTC.
	Zone *time.Location
	// Recent are the photos that the store has, the newest first: their sizes are those
	// of the last pictures.
	Recent []photo.Meta
}

// Checker looks at one camera's pictures. Its methods may be called from any goroutine.
type Checker struct {
	cfg Config
	o   Options

	mu    sync.Mutex // guards what follows
	sizes sizes
	last  *light // of the last picture whose luminance was seen; nil before
	// stubborn is what was wrong with the last pictures though they were taken again.
	stubborn photo.Verdict
}

// New makes a Checker. The Config must be valid.
func New(cfg Config, o Options) *Checker {
	if o.Night == nil {
		o.Night = func(time.Time) (night, known bool) { return false, false }
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	c := &Checker{cfg: cfg, o: o}
	for _, m := range slices.Backward(o.Recent) {
		if !m.Verdict.Unusable() {
			c.sizes.add(kindOf(m.Exposure), m.Size)
		}
	}
	c.o.Recent = nil
	return c
}

// Begin begins the check of one picture, of the shot, whose bytes go on to w. Several
// may be under way.
func (c *Checker) Begin(w io.Writer, shot photo.Shot) *Check {
	return &Check{c: c, w: w, shot: shot}
}

func kindOf(e photo.Exposure) kind { return kind{e.Format, e.Width, e.Height} }
