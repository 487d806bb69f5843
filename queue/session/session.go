package session

import (
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal"
	"fieldcam/queue"
)

// Queue is what waits; a *queue.Queue is one.
type Queue interface {
	// Next is the waiting photo that goes next; false where there is none.
	Next(queue.Select) (m photo.Meta, ok bool, err error)
	// Open opens a photo's file.
	Open(m photo.Meta) (io.ReadSeekCloser, error)
	// Verify compares a photo with its SHA-256, and takes one that changed on the
	// card out of the queue, with an error.
	Verify(m photo.Meta) error
	// Acknowledge says that the cloud has photos; durable on return.
	Acknowledge(seqs ...uint64) error
	// Refuse says that the cloud will not take a photo; durable on return.
	Refuse(seq uint64, reason string) error
}

// Uploader sends one photo. It may be a Thumbnailer, too.
type Uploader interface {
	// Upload returns nil once the photo is durable in the cloud. It is bounded by
	// progress, and returns soon after ctx ends. r is not touched after that.
	Upload(ctx context.Context, m photo.Meta, r io.ReadSeeker) error
}

// Options are what a Runner works with. Queue, Uploader, Schedule and Clock are
// required.
type Options struct {
	Queue    Queue
	Uploader Uploader
	Schedule *schedule.Schedule
	Clock    hal.Clock
	Log      zerolog.Logger
	// Answered is called when the cloud has taken or refused a photo,
	// Unreachable when a session is broken off, with the reason, but not in quiet
	// time. Both come from Run's goroutine and must not wait. nil: nobody cares.
	Answered    func()
	Unreachable func(err error)
	// Told tells whether ClockStepped is called now whenever the clock was set: then
	// it is looked at less. It must not wait. nil: it is not.
	Told func() bool
	// Quiet tells whether a moment, wall time, is in a maintenance window or after
	// its end and before this controller's own moment of return: ends <= returns.
	// The answer for a moment that has passed matters, too. It may be called from
	// any goroutine and must not wait. nil: never.
	Quiet func(at time.Time) (ends, returns time.Time, ok bool)
	// Paused tells whether a person had paused the schedule at a moment, wall time:
	// no session begins at its slots then; one under way goes on. It may be called
	// from any goroutine and must not wait. nil: never.
	Paused func(at time.Time) bool
	// Spread is over how long a fleet's returns are spread after a long outage of
	// the cloud. 0 is 10 minutes.
	Spread time.Duration
	// Phase is a moment to try again in such an outage, one in each Spread, by package
	// time. Other parts of this controller should have the same: the first that finds
	// the cloud calls LinkUp. Zero: it is drawn.
	Phase time.Time
	// Fetch brings pictures from a camera that keeps them, into the queue. It is
	// called before a session's first photo, not oftener than each fetchEvery, and
	// must return soon after ctx ends, which is in fetchTime at the latest. The
	// session goes on whatever the error. nil: there is nothing to fetch.
	Fetch func(ctx context.Context) error
	// Budget is how many bytes may still be sent, where that is limited. The
	// schedule's sessions begin no photo, nor thumbnail, that is larger; a person's
	// session does. It is called from Run's goroutine and must not wait. nil: there
	// is no limit.
	Budget func() (left int64, limited bool)
	// Saving is how many photos a session of the schedule may send at the most, where
	// power is saved. A session under way that has sent as many ends. 0: none sends
	// any; pictures are fetched from a camera that keeps them all the same. A person's
	// session does not care. It is called from Run's goroutine and must not wait. nil:
	// nothing is saved.
	Saving func() (photos int, saves bool)
}

// State is what the sessions are doing, and how the last one went.
type State struct {
	// Running: a session is under way, since Since, of the schedule's session
	// Name (empty for one that a person started). Of several that take turns it is
	// the one whose turn it is, or was last.
	Running bool
	Name    string
	Since   time.Time // wall time, UTC
	// Fetching: it brings pictures from the camera first.
	Fetching bool
	// Photo is the one being sent; empty between photos.
	Photo photo.ID
	// Sent and SentBytes count what the cloud took in this session or the last.
	Sent      int
	SentBytes int64
	// LastError is why the last photo or session failed; empty after a success.
	LastError string
	// Silent is since when the cloud does not answer, by package time; zero where
	// it answered the last time. Silence that begins in quiet time does not count
	// before that is over.
	Silent time.Time
	// Retry is when a session that was broken off goes on, by package time; zero
	// where none waits.
	Retry time.Time
	// Quiet is until when there is quiet time, wall time; zero outside of it.
	Quiet time.Time
	// BudgetUsed: photos wait since the data budget is used up.
	BudgetUsed bool
	// Saving: the last session was cut short to save power.
	Saving bool
	// Kbps is the goodput of the last uploads, in kilobits (10^3 bits) a second; 0
	// where none is known.
	Kbps int
}

// Runner runs the upload sessions, one at a time. Its methods may be called from
// any goroutine.
type Runner struct {
	c    Config
	o    Options
	wake chan struct{} // holds one where wanted was set, or the clock
	link chan struct{} // holds one where the link has come up
	// added holds one where a photo was added to the queue.
	added chan struct{}

	mu     sync.Mutex // guards the following
	state  State
	wanted *int // photos of a session that a person wants; nil: none does

	// The rest belongs to Run's goroutine.
	acks   acks
	delays delays
	outage outage
	// failing are photos that failed for reasons of their own since the cloud last
	// took or refused one.
	stopper stopper
	failing failing
	// sinceOld is how many photos were sent since the oldest had its turn.
	sinceOld int
	// bulky: that one waits to be a session's first, since no other would fit beside.
	bulky    bool
	speed    speed
	previews previews
	fetched  time.Time // when the camera was last asked, package time; zero: never
}

// New makes a Runner, which does nothing before Run. c must be valid.
func New(c Config, o Options) *Runner {
	if o.Answered == nil {
		o.Answered = func() {}
	}
	if o.Unreachable == nil {
		o.Unreachable = func(error) {}
	}
	if o.Paused == nil {
		o.Paused = func(time.Time) bool { return false }
	}
	if o.Quiet == nil {
		o.Quiet = func(time.Time) (ends, returns time.Time, ok bool) { return time.Time{}, time.Time{}, false }
	}
	if o.Budget == nil {
		o.Budget = func() (int64, bool) { return 0, false }
	}
	if o.Saving == nil {
		o.Saving = func() (int, bool) { return 0, false }
	}
	if o.Spread <= 0 {
		o.Spread = defaultSpread
	}
	if o.Phase.IsZero() {
		o.Phase = time.Now().Add(rand.N(o.Spread))
	}
	return &Runner{
		c: c, o: o, wake: make(chan struct{}, 1), link: make(chan struct{}, 1), added: make(chan struct{}, 1),
		delays: delays{min: c.PhotoRetryMin, max: c.PhotoRetryMax},
		outage: outage{min: c.RetryMin, max: c.RetryMax, spread: o.Spread, phase: o.Phase},
	}
}

// Start asks for a session now: so many of the newest photos, or 0 for as many
// as possible. It begins after the photo under way, whatever the schedule, the
// retries, the maintenance windows and the data budget say. While another of a
// person's runs it begins after that; of several that wait, the last one counts.
func (r *Runner) Start(photos int) {
	r.mu.Lock()
	r.wanted = &photos
	r.mu.Unlock()
	nudge(r.wake)
}

// ClockStepped says that the wall clock was set. It does not wait.
func (r *Runner) ClockStepped() { nudge(r.wake) }

// take is the session that a person wants; false where none does. From then on
// the state says that it runs.
func (r *Runner) take() (photos int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wanted == nil {
		return 0, false
	}
	photos, r.wanted = *r.wanted, nil
	r.state.Running = true
	return photos, true
}

// isWanted tells whether a person wants a session.
func (r *Runner) isWanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wanted != nil
}

// LinkUp says that the cloud can be reached again: a session that was broken off
// goes on at once, but in quiet time.
func (r *Runner) LinkUp() {
	nudge(r.link)
}

// Added says that a photo was added to the queue: it still belongs to a session
// that has just emptied the queue.
func (r *Runner) Added() { nudge(r.added) }

// nudge leaves one in c.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// State is a consistent snapshot.
func (r *Runner) State() State {
	quiet := r.quietAt(r.o.Clock.Now())
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Running = s.Running || r.wanted != nil
	s.Quiet = quiet.returns
	return s
}

func (r *Runner) update(change func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
}
