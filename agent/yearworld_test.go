//go:build year

package agent_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fieldcam/agent/link/linktest"
	"fieldcam/config"
)

const (
	// slotEvery is the usual plan: around the clock.
	slotEvery = 15 * time.Minute
	// pictureBytes is a picture's size: small, as simulated bytes cost real time.
	pictureBytes = 1000
	// stopMegabytes and keepMegabytes are queue.Config's: what lies between is for
	// photos that wait. The card holds some 2,300 photos, three weeks of the usual
	// plan, and those of the last days that the cloud has.
	stopMegabytes = 16
	keepMegabytes = 18
	cardPhotos    = 2300
)

// year is a world for a year, and what is in force of its history now.
type year struct {
	*world
	h      history
	agenda []action // in order of time

	darks   int       // reasons for which the daemon is off
	forgets bool      // the clock forgets the time at the next start
	armed   happening // what comes with the power cut at a step
	ways    stack[way]
	slow    stack[int] // bytes per second
	faults  stack[int] // of nonsense
	broker  stack[string]
	camera  stack[string]
	rooms   stack[room]
	plans   stack[time.Duration]
	pauses  stack[bool] // of the schedule
	holds   stack[bool] // pauses of a person
	closed  stack[bool] // maintenance windows
	shut    []period    // all windows so far
	zone    string

	album   album
	clear   spell // the cloud can be reached, and the daemon runs
	calm    spell // each slot gets its photo
	calms   []period
	wrong   time.Time // when the clock was seen to be wrong last
	booted  int       // how many starts there were when calm was looked at last
	summary summary
}

// action is something that is to be done.
type action struct {
	at time.Time // by a right clock
	do func()
}

// way is how the network is cut, to whom.
type way struct {
	receiver, broker linktest.Cut
}

// A stack is what several happenings want of the same thing; as a rule the newest decides.
type stack[T any] struct {
	next int
	all  []plate[T]
}

type plate[T any] struct {
	id int
	of T
}

func (l *stack[T]) add(of T) (id int) {
	l.next++
	l.all = append(l.all, plate[T]{l.next, of})
	return l.next
}

func (l *stack[T]) remove(id int) {
	l.all = slices.DeleteFunc(l.all, func(a plate[T]) bool { return a.id == id })
}

func (l *stack[T]) top() (of T, any bool) {
	if len(l.all) == 0 {
		return of, false
	}
	return l.all[len(l.all)-1].of, true
}

// spell is a time in which something holds; zero from: it does not now.
type spell struct{ from time.Time }

// newYear makes the world of a history.
func newYear(t *testing.T, h history) *year {
	y := &year{h: h, zone: h.zone, summary: newSummary()}

	y.world = newWorld(t, setup{dawn: h.dawn, dir: os.Getenv(yearState), picture: y.album.picture, slice: 250 * time.Millisecond, fifo: pictureBytes, config: func(c *config.Config) {
		// As on a pole with mains: a camera that starts for each photo costs real time.
		c.Camera.Power.KeepOn = h.seed%4 != 0
		c.Heartbeat.Every, c.Heartbeat.StatusEvery = time.Hour, 6*time.Hour // each costs real time
		c.Queue.StopFreeMegabytes, c.Queue.KeepFreeMegabytes = stopMegabytes, keepMegabytes
		c.Maintenance.Windows = calendars()
		y.configure(c, slotEvery)
	}})
	y.untold = h.seed%5 == 0 // as on a kernel or in a sandbox that does not tell
	y.cloud.receiver.Forgetful = true
	y.card.limit(cardPhotos*pictureBytes, pictureBytes, stopMegabytes*1_000_000)
	for _, e := range h.events {
		y.do(e.at, func() { deeds()[e.what](y, e) })
	}
	for at := h.dawn.AddDate(0, 0, 1); at.Before(h.ends()); at = at.AddDate(0, 0, 1) {
		y.do(at, y.recount)
	}
	return y
}

// do puts something on the agenda.
func (y *year) do(at time.Time, f func()) {
	i, _ := slices.BinarySearchFunc(y.agenda, at, func(a action, at time.Time) int {
		if a.at.After(at) {
			return 1
		}
		return -1 // behind those of the same moment
	})
	y.agenda = slices.Insert(y.agenda, i, action{at, f})
}

// in is do, from now.
func (y *year) in(d time.Duration, f func()) { y.do(y.truth().Add(d), f) }

// live lets the year pass.
func (y *year) live() {
	y.boot()
	y.look()
	for len(y.agenda) > 0 && y.agenda[0].at.Before(y.h.ends()) {
		next := y.agenda[0]
		if !y.until(next.at) {
			continue // something else comes first now
		}
		y.agenda = y.agenda[1:]
		next.do()
		y.look()
		if y.Failed() {
			y.Fatalf("%s %s", failedAt, y.truth().Format(stamp))
		}
	}
	y.agenda = nil
	for !y.until(y.h.ends()) {
	}
	y.look()
}

// until lets time pass to a moment; true once it has come. Where the card meets the
// step at which the power goes meanwhile, it goes, and until returns false.
func (y *year) until(at time.Time) bool {
	for {
		wait := at.Sub(y.truth())
		if wait <= 0 {
			return true
		}
		var gone <-chan struct{}
		if y.life != nil {
			gone = y.card.gone()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-gone:
		}
		timer.Stop()
		if y.life != nil && y.card.isOff() {
			y.summary.cuts[y.armed.how[0]]++
			dark, err := time.ParseDuration(y.armed.how[2])
			if err != nil {
				y.Fatal(err)
			}
			y.lose(dark, y.armed.how[3:])
			y.look()
			return false
		}
	}
}

// lose takes the power for so long; then the clock goes on, or not.
func (y *year) lose(dark time.Duration, clock []string) {
	if y.life != nil {
		y.kill()
	}
	y.off(dark, clock)
}

// off keeps the daemon from running for so long.
func (y *year) off(dark time.Duration, clock []string) {
	y.darks++
	y.in(dark, func() {
		if clock[0] == "unset" {
			late, err := time.ParseDuration(clock[1])
			if err != nil {
				y.Fatal(err)
			}
			y.forgets = true
			y.in(late, y.setRight)
		}
		if y.darks--; y.darks > 0 {
			return
		}
		if y.forgets {
			y.forgets = false
			y.unset()
		}
		y.card.powerOn()
		y.cloud.powerOn()
		y.recount()
		y.boot()
	})
}

// recount counts what is on the card.
func (y *year) recount() {
	files := 0
	shards, err := os.ReadDir(filepath.Join(y.dir, "spool"))
	if err != nil && !os.IsNotExist(err) {
		y.Fatal(err)
	}
	for _, shard := range shards {
		if shard.IsDir() {
			all, err := os.ReadDir(filepath.Join(y.dir, "spool", shard.Name()))
			if err != nil {
				y.Fatal(err)
			}
			files += len(all)
		}
	}
	y.card.recount(files)
}

// right tells whether the clock is.
func (y *year) right() bool {
	return y.clock.Synced() && y.clock.Now().Sub(y.truth()).Abs() < time.Second
}
