// Package proof tells the cloud, day by day, what became of every photo that was
// due: the slot ledger in small.
//
// Promises: a day is told again whenever anything about it has changed, until it
// is settled: every photo of it is in the cloud or will never be. What can't be
// sent now is sent later, however long that is, by this process or a later one; a
// clock that was wrong for a while settles nothing. No message is retained.
//
// The broker's word that it has a message is not the cloud's: a hub that was down
// while its broker was up has heard nothing. So the days of the last week are told
// again every day, and at each start, though nothing has changed, and older ones
// every four weeks, for a year. That brings as well what changes of a day after it
// was settled (its files are deleted, a person retries a photo), and what changed
// of an old day while nothing could be told, just before a restart. It costs 20
// messages a day for each session, 3 KB.
//
// Out of scope: what the ledger says (package queue), and the connection
// (agent/mqtt). Days of more than a year ago are told no more; nor are gaps too
// long to list, of more than five years, which no proof has room for.
package proof

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/hal"
	"fieldcam/queue"
)

const (
	day = 24 * time.Hour
	// horizon is how far back a controller proves after the longest silence: a
	// year of a usual schedule is 50 KB.
	horizon = 366 * day
	// fresh is how long a day may still gain slots, by a clock that steps.
	fresh = 2 * day
	// again is for how many days a day is told daily. A hub that is down for longer
	// than a week has been given up.
	again = 7
	// turn is after how many days, each time, an older one is told again.
	turn = 28
	// interval is how often changes are looked for beside Nudge.
	interval = time.Hour
	// spread is over how long a fleet that comes back together tells its days.
	spread = 30 * time.Second
	// sendTime bounds one message.
	sendTime = 30 * time.Second
)

// Ledger is where the days are; a *queue.Queue is one.
type Ledger interface {
	// Days sums up the ledger of the UTC days that hold an instant from <= t < to.
	Days(from, to time.Time) ([]queue.Day, error)
	// LastSlot is the latest slot that is accounted for.
	LastSlot() (time.Time, bool)
	// Proved is the day that SetProved was given last; zero for none. All days
	// before it were told when they could gain no more slots, though some of their
	// photos may have waited.
	Proved() (time.Time, error)
	// SetProved remembers that.
	SetProved(day time.Time) error
}

// Publisher sends one message, and returns nil when the broker has it.
type Publisher interface {
	Publish(ctx context.Context, topic string, payload []byte, retained bool) error
}

// Options are what a Prover works with; all but Log are required.
type Options struct {
	Device string
	Ledger Ledger
	Link   Publisher
	Clock  hal.Clock
	Log    zerolog.Logger
}

// Prover tells the days. Nudge may be called from any goroutine, Run once.
type Prover struct {
	o     Options
	nudge chan struct{}
	seed  maphash.Seed
	// surveyed is closed once Run has seen which days are open.
	surveyed chan struct{}

	// The rest is of Run's goroutine.
	told  map[key]uint64     // what the broker has of each day that may change
	quiet map[time.Time]bool // days that were settled when they were last read
	today time.Time          // the day of the last round
}

// owed is in told for a day that is to be told as it is, whatever the broker has.
const owed = 0

type key struct {
	day     time.Time
	session string
}

// New makes a Prover, which does nothing before Run.
func New(o Options) *Prover {
	return &Prover{
		o: o, nudge: make(chan struct{}, 1), seed: maphash.MakeSeed(), surveyed: make(chan struct{}),
		told: map[key]uint64{}, quiet: map[time.Time]bool{},
	}
}

// Surveyed is closed once Run has seen which days an earlier process told of as open.
// What settles a day before that may be told weeks later only: send no photo until then.
func (p *Prover) Surveyed() <-chan struct{} { return p.surveyed }

// Nudge says that now is a good time: the broker can be reached, or a check-in is
// due.
func (p *Prover) Nudge() {
	select {
	case p.nudge <- struct{}{}:
	default:
	}
}

// Run tells what is to be told until ctx ends, and then returns nil.
func (p *Prover) Run(ctx context.Context) error {
	if err := p.survey(ctx); err != nil {
		p.o.Log.Debug().Err(err).Msg("days not looked at")
	}
	close(p.surveyed)
	for {
		t := time.NewTimer(interval + rand.N(interval/10))
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		case <-p.nudge:
			t.Reset(rand.N(spread))
			select {
			case <-ctx.Done():
				t.Stop()
				return nil
			case <-t.C:
			}
		}
		t.Stop()
		if err := p.tell(ctx); err != nil && ctx.Err() == nil {
			p.o.Log.Debug().Err(err).Msg("days not told")
		}
	}
}

// survey notes the days of which an earlier process told that photos wait: what
// becomes of these is to be told, though it is settled by the time of the first word.
func (p *Prover) survey(ctx context.Context) error {
	proved, err := p.o.Ledger.Proved()
	if err != nil || proved.IsZero() {
		return err
	}
	for at := proved.Add(-horizon); at.Before(proved) && ctx.Err() == nil; at = at.Add(day) {
		days, err := p.o.Ledger.Days(at, at.Add(1))
		if err != nil {
			return err
		}
		for _, d := range days {
			if d.Waiting > 0 {
				p.told[key{d.Day, d.Session}] = owed
			}
		}
	}
	return nil
}

// tell sends every day that has changed or is to be repeated, the oldest first,
// and remembers how far it came.
func (p *Prover) tell(ctx context.Context) error {
	last, ok := p.o.Ledger.LastSlot()
	if !ok {
		return nil
	}
	proved, err := p.o.Ledger.Proved()
	if err != nil {
		return err
	}
	now := p.o.Clock.Now()
	if today := midnight(now); !p.today.Equal(today) {
		p.repeat(today)
	}
	known := proved
	if known.After(last) { // by a clock that was ahead
		known = time.Time{}
	}
	reached := proved
	for at := midnight(now.Add(-horizon)); err == nil && !at.After(now) && !at.After(last); at = at.Add(day) {
		over := now.Sub(at) >= fresh
		if over && p.quiet[at] {
			continue
		}
		var any bool
		any, err = p.tellAll(ctx, now, at, at.Before(known))
		if err == nil && any && over && at.After(reached) {
			reached = at
		}
	}
	if reached.After(proved) && p.o.Clock.Synced() {
		err = errors.Join(err, p.o.Ledger.SetProved(reached))
	}
	return err
}

// repeat has the days told again whose turn it is.
func (p *Prover) repeat(today time.Time) {
	p.today = today
	maps.DeleteFunc(p.quiet, func(at time.Time, _ bool) bool { return p.repeats(at) })
	for k := range p.told {
		if p.repeats(k.day) {
			p.told[k] = owed // until it is sent: its turn may be over by then
		}
	}
}

// repeats tells whether a day is told today though it was told before.
func (p *Prover) repeats(at time.Time) bool {
	age := p.today.Sub(at) / day
	return age < again || age%turn == 0
}

// tellAll sends what is to be told of one day. known: it was told before this
// process. any: something was due on it.
func (p *Prover) tellAll(ctx context.Context, now, at time.Time, known bool) (any bool, err error) {
	days, err := p.o.Ledger.Days(at, at.Add(1))
	if err != nil {
		return false, err
	}
	settled := true
	for _, d := range days {
		if err := p.tellDay(ctx, now, d, known); err != nil {
			return true, err
		}
		settled = settled && d.Waiting == 0
	}
	if p.quiet[at] = settled && now.Sub(at) >= fresh; p.quiet[at] {
		for _, d := range days {
			delete(p.told, key{d.Day, d.Session})
		}
	}
	return len(days) > 0, nil
}

func midnight(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// tellDay sends one day, unless the broker has it as it is. A known day that is
// settled was told by an earlier process: only what is open may be otherwise now.
func (p *Prover) tellDay(ctx context.Context, now time.Time, d queue.Day, known bool) error {
	k := key{d.Day, d.Session}
	before, told := p.told[k]
	if !told && known && d.Waiting == 0 && !p.repeats(d.Day) {
		return nil
	}
	m := message.Ledger{
		Day: d.Day.Format(time.DateOnly), Session: d.Session, Proof: d.Proof,
		Photos: int64(d.Photos), Uploaded: int64(d.Uploaded), Deleted: int64(d.Deleted), Waiting: int64(d.Waiting),
		Kept: int64(d.Kept), Lost: int64(d.Lost), Dropped: int64(d.Dropped), Thinned: int64(d.Thinned), Bad: int64(d.Bad),
	}
	same, err := m.Marshal() // without the time
	if err != nil {
		return fmt.Errorf("tell %s: %w", m.Day, err)
	}
	sum := maphash.Bytes(p.seed, same)
	if told && before == sum && before != owed {
		return nil
	}
	m.At = message.At(now)
	payload, err := m.Marshal()
	if err != nil {
		return fmt.Errorf("tell %s: %w", m.Day, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	if err := p.o.Link.Publish(ctx, message.Topic(p.o.Device, message.KindLedger), payload, false); err != nil {
		return fmt.Errorf("tell %s: %w", m.Day, err)
	}
	p.told[k] = sum
	return nil
}
