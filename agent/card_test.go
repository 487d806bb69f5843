package agent_test

import (
	"errors"
	"maps"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"fieldcam/queue/spool"
)

// room is how much the card says that it has.
type room int

const (
	plenty room = iota
	short       // confirmed photos must go
	tight       // as none is deleted any more, and some days' photos have room
	none        // no photo is begun
	nospc       // the card says so only when it is written to
)

// tightBytes is what a tight card has for photos, beyond queue.Config's reserve:
// some days of small ones.
const tightBytes = 100_000

// cardStep is card.bytes'.
const cardStep = 50_000

// errNoPower is what every durable step gets once the power has gone.
var errNoPower = errors.New("no power")

// card is the controller's card: it has room or not, and loses its power at a
// chosen step.
type card struct {
	onCut func()

	mu     sync.Mutex // guards what follows
	off    bool
	at     time.Time     // when the power went, by package time
	hung   chan struct{} // where not nil, hungAt waits until it is closed
	hungAt string
	step   string // at whose nth time from now the power goes; empty: never
	nth    int
	seen   map[string]int
	sick   string // the step that fails the next time, with EIO; empty: none
	room   room
	cut    chan struct{} // closed when the power goes
	// bytes is how much a card holds of photos, of piece bytes each, beyond
	// queue.Config's reserve; 0: as much as there is. used is how much it does hold.
	// The space is told in steps of cardStep: a trim for each photo costs real time.
	bytes, piece, used int64
	stop               int64       // the reserve
	full               []time.Time // when there was no room, by package time: a minute apart at the least
}

func newCard(onCut func()) *card {
	return &card{onCut: onCut, seen: map[string]int{}, cut: make(chan struct{}), stop: 20e6 + 1}
}

// cutAt takes the power at the nth time that the step comes.
func (c *card) cutAt(step string, nth int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step, c.nth = step, nth
}

func (c *card) fault(step string) error {
	c.mu.Lock()
	hung := c.hung
	waits := step == c.hungAt
	c.mu.Unlock()
	if hung != nil && waits {
		<-hung
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off {
		return errNoPower
	}
	c.seen[step]++
	switch step {
	case spool.StepCreate:
		c.used += c.piece
	case spool.StepUnlink, spool.StepSetAside:
		c.used -= c.piece
	}
	if step == c.step {
		if c.nth--; c.nth == 0 {
			c.step = ""
			c.switchOff()
			c.onCut()
			return errNoPower
		}
	}
	if step == c.sick {
		c.sick = ""
		return unix.EIO
	}
	if step == spool.StepWrite && c.room == nospc {
		return unix.ENOSPC
	}
	return nil
}

func (c *card) switchOff() {
	if !c.off {
		c.off, c.at = true, time.Now()
		close(c.cut)
	}
}

func (c *card) powerOff() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.switchOff()
}

func (c *card) powerOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.off {
		c.off = false
		c.cut = make(chan struct{})
	}
}

func (c *card) isOff() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.off
}

// fail lets a step fail the next time that it comes, once.
func (c *card) fail(step string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sick = step
}

// sickAt is the step that is to fail and has not come; empty: none.
func (c *card) sickAt() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sick
}

// offSince is when the power went; false while it is there.
func (c *card) offSince() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at, c.off
}

// hang lets a step wait from now on, until release is called.
func (c *card) hang(step string) (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hung := make(chan struct{})
	c.hung, c.hungAt = hung, step
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.hung = nil
		close(hung)
	}
}

// steps are those that were met, and how often.
func (c *card) steps() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.seen)
}

// gone is closed when the power goes.
func (c *card) gone() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

func (c *card) set(r room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room = r
}

// freeBytes fits the defaults of queue.Config: 512 and 64 MB.
func (c *card) freeBytes(string) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	free := c.free()
	if now := time.Now(); (c.room == nospc || free < c.stop) && (len(c.full) == 0 || now.Sub(c.full[len(c.full)-1]) >= time.Minute) {
		c.full = append(c.full, now)
	}
	return uint64(free), nil
}

// free is freeBytes; mu is held.
func (c *card) free() int64 {
	switch c.room {
	case short:
		return 300e6
	case tight:
		return 64e6 + tightBytes
	case none:
		return max(c.stop-1, 0)
	}
	if c.bytes > 0 {
		return max(c.stop+c.bytes-c.used/cardStep*cardStep, 0)
	}
	return 20e9
}

// limit makes the card one that holds so many bytes of photos of piece bytes.
func (c *card) limit(bytes, piece, stop int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes, c.piece, c.stop = bytes, piece, stop
}

// recount says how many files there are.
func (c *card) recount(files int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used = int64(files) * c.piece
}
