package session

import (
	"context"
	"io"
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
	// Unreachable when a session is broken off, with the reason. Both come from
	// Run's goroutine and must not wait. nil: nobody cares.
	Answered    func()
	Unreachable func(err error)
}

// State is what the sessions are doing, and how the last one went.
type State struct {
	// Running: a session is under way, since Since, of the schedule's session
	// Name (empty for one that a person started).
	Running bool
	Name    string
	Since   time.Time // wall time, UTC
	// Photo is the one being sent; empty between photos.
	Photo photo.ID
	// Sent and SentBytes count what the cloud took in this session or the last.
	Sent      int
	SentBytes int64
	// LastError is why the last photo or session failed; empty after a success.
	LastError string
	// Silent is since when the cloud does not answer, by package time; zero where
	// it answered the last time.
	Silent time.Time
	// Retry is when a session that was broken off goes on, by package time; zero
	// where none waits.
	Retry time.Time
}

// Runner runs the upload sessions, one at a time. Its methods may be called from
// any goroutine.
type Runner struct {
	c    Config
	o    Options
	wake chan struct{} // holds one where wanted was set
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
	speed    speed
	previews previews
}

// New makes a Runner, which does nothing before Run. c must be valid.
func New(c Config, o Options) *Runner {
	if o.Answered == nil {
		o.Answered = func() {}
	}
	if o.Unreachable == nil {
		o.Unreachable = func(error) {}
	}
	return &Runner{
		c: c, o: o, wake: make(chan struct{}, 1), link: make(chan struct{}, 1), added: make(chan struct{}, 1),
		delays: delays{min: c.PhotoRetryMin, max: c.PhotoRetryMax},
		outage: outage{min: c.RetryMin, max: c.RetryMax},
	}
}

// Start asks for a session now: so many of the newest photos, or 0 for as many
// as possible. While another session runs it begins after that; of several that
// wait, the last one counts.
func (r *Runner) Start(photos int) {
	r.mu.Lock()
	r.wanted = &photos
	r.mu.Unlock()
	nudge(r.wake)
}

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

// LinkUp says that the cloud can be reached again: a session that was broken off
// goes on at once.
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
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Running = s.Running || r.wanted != nil
	return s
}

func (r *Runner) update(change func(*State)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
}
