package capture

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
	"fieldcam/capture/schedule"
	"fieldcam/hal"
)

// Camera is one camera. The Service never calls Shoot while an earlier Shoot
// has not returned.
type Camera interface {
	// Shoot takes one picture and streams it to w. It is bounded by ctx, and
	// leaves the camera safe on every path. After a failure the next Shoot
	// begins one rung higher on the recovery ladder: retry, reset, power cycle.
	Shoot(ctx context.Context, w io.Writer) (photo.Exposure, error)
}

// Store keeps photos, and accounts for slots. *queue.Queue is one. Its methods may
// be called from any goroutine.
type Store interface {
	// Add allots the ID, lets fill write the picture, and makes the photo and
	// the account of its slot durable. An error of fill comes back wrapped and
	// leaves nothing behind. Where there is no room, before or during fill, the
	// error's chain holds one with a method CardFull() bool that returns true.
	Add(shot photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error)
	// Miss accounts for slots without a photo, for all of them or, with an error,
	// for none; durable on return. What it says of a slot never stands above a
	// photo of that, a gap (photo.Cause.Gap) never above a failure, and a span
	// never above what is known of a single slot; else the newest counts. Its
	// ends are years that Unix nanoseconds can hold, 1678 to 2261.
	Miss(misses ...photo.Miss) error
	// LastSlot is the latest slot, by its own time, that is accounted for;
	// false where there is none. Manual photos do not count.
	LastSlot() (time.Time, bool)
	// Accounted tells whether the slot is accounted for, as taken or missed.
	Accounted(slot time.Time) bool
	// Taken tells whether a scheduled photo was taken for this very slot.
	Taken(slot time.Time) bool
	// Find is the photo with these bytes, by their SHA-256 in lower-case
	// hexadecimal, where it is among the newest 16 or so.
	Find(sha256 string) (photo.Meta, bool)
}

// The errors of Shoot besides those of the camera and the store.
var (
	// ErrNotRunning: Run is not running, or was stopped before the photo was
	// taken.
	ErrNotRunning = errors.New("the capture service is not running")
	// ErrBusy: the scheduled photos left no time for another, or the camera has
	// not come back from an earlier one.
	ErrBusy = errors.New("the camera is busy")
)

// Options are what a Service works with. Store, Schedule and Clock are required,
// and a Camera or a Deferred.
type Options struct {
	Camera Camera
	// Deferred stands in Camera's place where the camera keeps its pictures until
	// they are fetched (Low Power Mode); nil for a Camera.
	Deferred Deferred
	Store    Store
	Schedule *schedule.Schedule
	Clock    hal.Clock
	Log      zerolog.Logger
	// Paused, if not nil, tells whether a person had paused the schedule at an
	// instant of wall time. Slots of such times are not photographed but reported
	// as Paused, and Problem is not told. It must not block.
	Paused func(at time.Time) bool
	// Told tells whether ClockStepped is called now whenever the clock was set. Then
	// it is looked at each 30 s, and else each 10 s. It must not block. nil: it is not.
	Told func() bool
	// PowerLow, if not nil, tells whether the battery was too low for photos at an
	// instant of wall time. Slots of such times are treated as paused ones, and
	// reported as PowerLow. It must not block.
	PowerLow func(at time.Time) bool
	// Checks look at each picture on its way to the store; nil: pictures are taken as they
	// come. It is for this camera alone.
	Checks *picture.Checker
	// Site is where the camera stands, for the photos' metadata; zero: not known.
	Site photo.Place
	// Approach is how long before a slot the loop stops sleeping and watches the
	// clock instead, for a timer can be a millisecond late, and on a busy board
	// more; and the store begins with the photo a quarter of a second before it. 0:
	// neither, as in simulated time. 2ms suits real hardware; more than 10ms counts
	// as that.
	Approach time.Duration
	// Taken, if not nil, is told of every photo once it is durable. It is
	// called from Run's loop, or from Fetch's goroutine, and must not block.
	Taken func(photo.Meta)
	// Problem, if not nil, is told of every range of missed slots with its
	// cause and a reason, of an attempt that does not come back (CameraFault, or
	// StoreFault where it was not the camera's turn) and of misses that cannot be written (StoreFault); and with a nil error
	// once a photo has been taken since. Of a Deferred's fetches it is told of
	// what is missing (NotFetched), and what kept them from going on (NotFetched,
	// CardFull, StoreFault); with a nil error once a fetch was without. It is called
	// from Run's loop, or from Fetch's goroutine, and must not block.
	Problem func(cause photo.Cause, err error)
}

// Service takes the photos of one camera. Its methods may be called from any
// goroutine.
type Service struct {
	cfg      Config
	o        Options
	requests chan request
	stepped  chan struct{} // holds one where the clock was set
	made     time.Time     // by package time
	shots    firings       // of a Deferred

	// fetch is held during a fetch; it guards the four that follow.
	fetch     sync.Mutex
	fetchedAt time.Time // when the last one began, by package time
	// suspect: a file may be in the store without the camera's driver knowing.
	suspect     bool
	fetchRaised map[photo.Cause]bool // causes that Problem was told of
	unread      map[string]bool      // pictures, by name, that could not be fetched the last time

	mu    sync.Mutex    // guards what follows
	done  chan struct{} // closed when Run ends; nil while it is not running
	state State
}

// State is what the service is doing, and how it went.
type State struct {
	Running bool
	// Turn is when the loop went round the last time, by package time: every
	// 30 s at the most, or after a photo with all its attempts. Zero before the first.
	Turn time.Time
	// Shooting: the camera is at work, on Slot (whose At is zero for a manual
	// photo). Stuck: the attempt should have come back already.
	Shooting, Stuck bool
	// StuckSince is when the attempt should have come back at the latest, by
	// package time; zero when not Stuck.
	StuckSince time.Time
	Slot       schedule.Slot
	// Last is the latest photo since the start; its ID is empty before.
	Last photo.Meta
	// LastMiss is the latest range of slots without a photo since the start, of
	// whatever sessions: its Every is 0, and its Session empty unless it is a
	// slot that failed. Its Slots are 0 before. Those left out do not count.
	LastMiss photo.Miss
	// Failures is how many photos in a row have failed.
	Failures int
	// Unwritten is how many ranges of missed slots the store does not have yet,
	// though it was asked; those left out may wait.
	Unwritten int
	// Bulk is how a Deferred camera fares.
	Bulk Bulk
}

// New makes a service, which does nothing before Run. The Config must be valid.
func New(cfg Config, o Options) *Service {
	return &Service{
		cfg: cfg, o: o, requests: make(chan request), stepped: make(chan struct{}, 1),
		made: time.Now(), suspect: true, fetchRaised: map[photo.Cause]bool{},
	}
}

// Run takes photos until ctx ends, and then returns nil, or an error where the
// camera did not come back in time. A Service runs once at a time: a second Run
// beside the first returns an error at once.
func (s *Service) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.done != nil {
		s.mu.Unlock()
		return errors.New("the capture service runs already")
	}
	done := make(chan struct{})
	s.done = done
	s.state.Running = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.done = nil
		s.state.Running = false
		s.mu.Unlock()
		close(done)
	}()
	return newLoop(s).run(ctx)
}

// request is a wish for a photo now.
type request struct {
	ctx   context.Context
	reply chan outcome // takes one outcome without waiting
}

// Shoot takes one photo now. It waits for its turn for Config.Timeout at most
// and then returns ErrBusy; ErrNotRunning where Run is not running. Of a Deferred
// the photo comes later: ErrFired, and what is known of it.
func (s *Service) Shoot(ctx context.Context) (photo.Meta, error) {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return photo.Meta{}, ErrNotRunning
	}
	r := request{ctx: ctx, reply: make(chan outcome, 1)}
	wait := time.NewTimer(s.cfg.Timeout)
	defer wait.Stop()
	select {
	case s.requests <- r:
	case <-ctx.Done():
		return photo.Meta{}, ctx.Err()
	case <-wait.C:
		return photo.Meta{}, ErrBusy
	case <-done:
		return photo.Meta{}, ErrNotRunning
	}
	// The loop has it: it answers within the photo's own bounds.
	select {
	case out := <-r.reply:
		return out.meta, out.err
	case <-done:
		select {
		case out := <-r.reply:
			return out.meta, out.err
		default:
			return photo.Meta{}, ErrNotRunning
		}
	}
}

// ClockStepped says that the clock was set: slots that it passed over are accounted
// for at once, and those that are due now are taken. It does not wait.
func (s *Service) ClockStepped() {
	select {
	case s.stepped <- struct{}{}:
	default: // it is known already
	}
}

// Next is the next capture slot; false where none is due.
func (s *Service) Next() (schedule.Slot, bool) {
	return s.o.Schedule.Next(schedule.Capture, s.o.Clock.Now())
}

// State is a consistent snapshot.
func (s *Service) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// update changes the state.
func (s *Service) update(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
}
