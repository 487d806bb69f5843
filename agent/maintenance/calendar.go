package maintenance

import (
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal"
)

const (
	// horizon is how far ahead windows are counted at once; margin is how much of
	// that, and of the time before, is not used: a chain of windows may reach in.
	horizon = 400 * day
	margin  = 30 * day
	// maxListed bounds what Between gives, and farthest how far it looks.
	maxListed = 10_000
	farthest  = 10 * 366 * day
)

// Options are what a Calendar works with.
type Options struct {
	// Device is this controller's name. Required.
	Device string
	// Clock tells when a notice came. Required.
	Clock hal.Clock
	// Dir is the directory where notices are kept. Empty: they are forgotten with
	// the process.
	Dir string
	// Rejected is called from Run's goroutine with the reason for which a notice was
	// refused, and with nil once one was accepted; it must not wait. nil: nobody
	// cares.
	Rejected func(error)
	// Changed is called from Run's goroutine when a notice has changed the calendar;
	// it must not wait. nil: nobody cares.
	Changed func()
	Log     zerolog.Logger
}

// Calendar is all windows that this controller knows. Its methods may be called
// from any goroutine. Where it has nothing new to count they take microseconds.
type Calendar struct {
	o      Options
	config Config
	fixed  []series // of the configuration
	inbox  chan parcel

	// keeping is held while a notice is taken and its file written, so that the file
	// is of the newest. Nothing but Accept waits for it.
	keeping sync.Mutex

	mu    sync.Mutex // guards all below
	known kept
	noted []Occurrence // the notices' windows, all of them
	grant []span       // what of them is quiet
	view  *view        // nil: to be counted
	said  string       // the last reason for a refusal that was logged
}

// New makes a Calendar, with the notices that were kept in Options.Dir. An error
// says that c is not valid; a file that can't be used is set aside, and said.
func New(c Config, o Options) (*Calendar, error) {
	cal, err := makeCalendar(c, o)
	if err != nil {
		return nil, err
	}
	cal.open()
	return cal, nil
}

// Kept lists the windows of the notices that a Calendar keeps in Options.Dir and
// that have not ended, for a program beside the daemon: it changes nothing there. An
// error tells that c is not valid, or why the file can't be read.
func Kept(c Config, o Options) ([]Occurrence, error) {
	cal, err := makeCalendar(c, o)
	if err != nil {
		return nil, err
	}
	if err := cal.load(); err != nil {
		return nil, err
	}
	now := o.Clock.Now()
	return slices.DeleteFunc(slices.Clone(cal.noted), func(w Occurrence) bool { return !w.End.After(now) }), nil
}

// makeCalendar makes a Calendar without notices.
func makeCalendar(c Config, o Options) (*Calendar, error) {
	cal := &Calendar{o: o, config: c, inbox: make(chan parcel, inboxSize)}
	for i, w := range c.Windows {
		s, err := w.compile(c.Spread, "")
		if err != nil {
			return nil, fmt.Errorf("read maintenance window %d: %w", i, err)
		}
		cal.fixed = append(cal.fixed, s)
	}
	if _, err := c.key(); err != nil {
		return nil, fmt.Errorf("read notice key: want %w", err)
	}
	return cal, nil
}

// view is what was counted around one moment. It does not change.
type view struct {
	from, to time.Time
	all      []Occurrence // with from <= start < to, and each window's next after that
	quiet    []span
}

// around gives the view for at, which is counted anew a few times a year.
func (c *Calendar) around(at time.Time) *view {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.view; v != nil && !at.Before(v.from.Add(margin)) && at.Before(v.to.Add(-margin)) {
		return v
	}
	c.view = c.count(at.Add(-2*margin), at.Add(horizon))
	return c.view
}

// count makes a view; mu is held.
func (c *Calendar) count(from, to time.Time) *view {
	v := &view{from: from, to: to, all: between(c.fixed, from, to)}
	v.quiet = merge(append(quiet(v.all), c.grant...))
	for _, s := range c.fixed {
		if o, ok := s.firstFrom(to); ok {
			v.all = append(v.all, o)
		}
	}
	v.all = append(v.all, c.noted...)
	sortByStart(v.all)
	return v
}

// Quiet tells whether the cloud may be away at the instant at without anything
// being wrong: in a window of class maintenance or hot-fix, or after its end and
// before this device's own moment to return. ends is the window's end, of windows
// in a chain the last one's; returns is that moment, and not before ends.
func (c *Calendar) Quiet(at time.Time) (ends, returns time.Time, ok bool) {
	v := c.around(at)
	n := sort.Search(len(v.quiet), func(i int) bool { return v.quiet[i].begin.After(at) }) - 1
	if n < 0 {
		return time.Time{}, time.Time{}, false
	}
	s := v.quiet[n]
	if !at.Before(s.ends.Add(s.spread)) {
		return time.Time{}, time.Time{}, false
	}
	returns = s.ends.Add(share(c.o.Device, s.ends, s.spread))
	if !at.Before(returns) {
		return time.Time{}, time.Time{}, false
	}
	return s.ends, returns, true
}

// Active is the window in which at is, of any class; of several the gravest, of
// those the one that ends last.
func (c *Calendar) Active(at time.Time) (Occurrence, bool) {
	var worst Occurrence
	for _, o := range c.around(at).overlapping(at, at.Add(1)) {
		if d := o.Class.Rank() - worst.Class.Rank(); d > 0 || d == 0 && o.End.After(worst.End) {
			worst = o
		}
	}
	return worst, worst.Class != ""
}

// Next is the first window to begin after at that is of one of the classes; of no
// classes: of any.
func (c *Calendar) Next(at time.Time, classes ...Class) (Occurrence, bool) {
	v := c.around(at)
	n := sort.Search(len(v.all), func(i int) bool { return v.all[i].Start.After(at) })
	for _, o := range v.all[n:] {
		if len(classes) == 0 || slices.Contains(classes, o.Class) {
			return o, true
		}
	}
	return Occurrence{}, false
}

// Between lists the windows that share an instant with from <= t < to, by their
// start: those of the first ten years, and the first 10,000 where there are more.
func (c *Calendar) Between(from, to time.Time) []Occurrence {
	if latest := from.Add(farthest); to.After(latest) {
		to = latest
	}
	c.mu.Lock()
	v := c.view
	if v == nil || from.Before(v.from) || to.After(v.to) {
		v = c.count(from, to)
	}
	c.mu.Unlock()
	found := v.overlapping(from, to)
	return found[:min(len(found), maxListed)]
}

// overlapping lists the occurrences that share an instant with from <= t < to.
func (v *view) overlapping(from, to time.Time) []Occurrence {
	first := sort.Search(len(v.all), func(i int) bool { return v.all[i].Start.After(from.Add(-slack)) })
	var found []Occurrence
	for _, o := range v.all[first:] {
		if !o.Start.Before(to) {
			break
		}
		if o.End.After(from) {
			found = append(found, o)
		}
	}
	return found
}
