// Package accounts keeps what each system proved of its due photos: day by day,
// session by session, taken or missed and why, uploaded or still to come.
//
// Promises: Keep never waits for the disk: what it took is shown by Newest at
// once, and on the disk some seconds later, at the latest after Close; a system
// that lost something by a hub killed in between tells it again (agent/proof). A
// later account of the same day and session replaces the earlier one, an earlier
// one that arrives late does not, and a device's wrong clock freezes nothing. A
// system can fill no more than its own, bounded share of the disk and of the
// memory.
//
// Out of scope: whether an account is true, and who may speak. The photos
// themselves are in package archive.
package accounts

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/queue/ledger"
)

const (
	// maxAccounts is how many accounts of a system are kept, the newest: a year of
	// two sessions a day. Each takes some 200 bytes.
	maxAccounts = 800
	// maxSystems is of how many systems accounts are kept, which counts where a
	// broker lets anybody speak: at the usual 200 bytes all of them take 650 MB.
	maxSystems = 4096
	// maxWaiting is how many accounts wait for the disk at most, of all systems:
	// some 25 MB. Four thousand systems that all tell two weeks fit.
	maxWaiting = 1 << 16
	// slack is how far a device's clock may be ahead of the hub's.
	slack = 24 * time.Hour
)

// Account is one day of one session.
type Account struct {
	message.Ledger
	// Stretches are the day's slots, as the proof has them.
	Stretches []ledger.Stretch `json:"-"`
}

// Due is how many photos were due, Taken how many of them have a photo.
func (a Account) Due() int   { return sum(a.Stretches, func(s ledger.Stretch) int { return s.Slots }) }
func (a Account) Taken() int { return sum(a.Stretches, func(s ledger.Stretch) int { return s.Taken }) }

// Missed counts the slots without a photo by cause; "several" where the proof
// does not tell them apart.
func (a Account) Missed() map[string]int {
	by := map[string]int{}
	for _, s := range a.Stretches {
		cause := cmp.Or(string(s.Cause), "several")
		if n := s.Failed + s.Skipped; n > 0 {
			by[cause] += n
		}
	}
	return by
}

// Gone counts the photos that will not come, after they were taken.
func (a Account) Gone() int64 { return a.Ledger.Lost + a.Dropped + a.Thinned }

func sum(all []ledger.Stretch, of func(ledger.Stretch) int) (n int) {
	for _, s := range all {
		n += of(s)
	}
	return n
}

// Options are what Accounts work with.
type Options struct {
	// Dir is made where it is missing, and is this package's alone.
	Dir string
	// Now is the wall time, by which devices' clocks are judged; nil: this
	// machine's.
	Now func() time.Time
	Log zerolog.Logger
}

// Accounts are those of all systems. Its methods may be called at once from
// several goroutines, Run and Close by one each.
type Accounts struct {
	dir string
	now func() time.Time
	log zerolog.Logger

	files   sync.Mutex // held while files are changed; taken before mu
	failing bool       // the last write failed; guarded by files

	mu      sync.Mutex // guards what follows; never held while waiting
	systems map[string]*system
	waiting int // accounts in all systems' waiting
	late    int // accounts left out since the last flush, for want of room
}

// system is one that has accounts.
type system struct {
	// waiting are those for the disk. What a pointer points to never changes.
	waiting map[key]*message.Ledger
	blamed  bool // it was logged that one of its accounts can't be read
}

type key struct{ day, session string }

// Open gives the accounts kept in o.Dir, and removes what a killed hub left half
// written. Close follows.
func Open(o Options) (*Accounts, error) {
	if err := os.MkdirAll(o.Dir, dirMode); err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	a := &Accounts{dir: o.Dir, now: o.Now, log: o.Log, systems: map[string]*system{}}
	if a.now == nil {
		a.now = time.Now
	}
	names, err := a.tidy()
	if err != nil {
		return nil, fmt.Errorf("open accounts: %w", err)
	}
	for _, name := range names {
		a.systems[name] = &system{}
	}
	return a, nil
}

// Keep takes one account of a system. It does not wait for the disk. An error
// says why it was not taken: its proof can't be read, its day is not yet, or
// there are too many systems. One beyond what can wait for the disk is left out
// and logged.
func (a *Accounts) Keep(device string, l message.Ledger) error {
	if err := photo.CheckDevice(device); err != nil {
		return fmt.Errorf("keep account: device: %w", err)
	}
	if _, err := ledger.ReadProof(l.Date(), l.Proof); err != nil {
		return fmt.Errorf("keep account of %s: %w", l.Day, err)
	}
	now := a.now()
	if tomorrow := now.UTC().Add(24 * time.Hour); l.Date().After(tomorrow) {
		return fmt.Errorf("keep account of %s: the day is not yet", l.Day)
	}
	if l.At > message.At(now.Add(slack)) {
		l.At = message.At(now) // else no account by a right clock would replace it
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.systems[device]
	if s == nil {
		if len(a.systems) >= maxSystems {
			return fmt.Errorf("keep account of %s: accounts of %d systems are kept already", l.Day, maxSystems)
		}
		s = &system{}
		a.systems[device] = s
	}
	k := key{l.Day, l.Session}
	old := s.waiting[k]
	switch {
	case old != nil && (old.At > l.At || reflect.DeepEqual(*old, l)):
		return nil
	case old == nil && len(s.waiting) >= maxAccounts:
		oldest := slices.MinFunc(slices.Collect(maps.Keys(s.waiting)), func(x, y key) int { return cmp.Compare(x.day, y.day) })
		if l.Day < oldest.day {
			return nil
		}
		delete(s.waiting, oldest)
		a.waiting--
	case old == nil && a.waiting >= maxWaiting:
		a.late++
		return nil
	}
	if old == nil {
		a.waiting++
	}
	if s.waiting == nil {
		s.waiting = map[key]*message.Ledger{}
	}
	s.waiting[k] = &l
	return nil
}

// merge puts the accounts of more in their places in all, and gives the newest,
// the newest day first. changed: all was not that already.
func (a *Accounts) merge(all []message.Ledger, more map[key]*message.Ledger) (merged []message.Ledger, changed bool) {
	place := make(map[key]int, len(all))
	for i, l := range all {
		place[key{l.Day, l.Session}] = i
	}
	latest := message.At(a.now().Add(slack))
	for k, l := range more {
		i, known := place[k]
		switch {
		case !known:
			all, changed = append(all, *l), true
		case all[i].At > l.At && all[i].At <= latest || reflect.DeepEqual(all[i], *l):
		default:
			all[i], changed = *l, true
		}
	}
	slices.SortStableFunc(all, func(x, y message.Ledger) int {
		return cmp.Or(cmp.Compare(y.Day, x.Day), cmp.Compare(x.Session, y.Session))
	})
	return all[:min(len(all), maxAccounts)], changed
}

// Newest lists the newest accounts of a system, the newest day first, at most
// limit. One that can't be read is left out.
func (a *Accounts) Newest(device string, limit int) ([]Account, error) {
	if err := photo.CheckDevice(device); err != nil {
		return nil, fmt.Errorf("list accounts: device: %w", err)
	}
	waiting := a.waitingOf(device) // before the file: what leaves this is in the file then
	kept, err := a.read(device)
	if err != nil && !errors.Is(err, errDamaged) { // set aside by the next write
		return nil, err
	}
	all, _ := a.merge(kept, waiting)
	list := make([]Account, 0, min(len(all), max(limit, 0)))
	for _, l := range all {
		if len(list) == cap(list) {
			break
		}
		stretches, err := ledger.ReadProof(l.Date(), l.Proof)
		if err != nil {
			a.blame(device, l.Day, err)
			continue
		}
		list = append(list, Account{l, stretches})
	}
	return list, nil
}

// blame logs, once for each system, that an account can't be read.
func (a *Accounts) blame(device, day string, err error) {
	a.mu.Lock()
	s := a.systems[device]
	first := s != nil && !s.blamed
	if first {
		s.blamed = true
	}
	a.mu.Unlock()
	if first {
		a.log.Warn().Err(err).Str("device", device).Str("day", day).Msg("account left out")
	}
}

func (a *Accounts) waitingOf(device string) map[key]*message.Ledger {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.systems[device]; s != nil {
		return maps.Clone(s.waiting)
	}
	return nil
}

// Systems lists the systems that have accounts, by name.
func (a *Accounts) Systems() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.systems))
}
