package notices

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/maintenance"
	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/authority"
)

const (
	// bannerFrom and bannerTo are how long before a window its banner is shown
	// (product.md): after that a line recalls it.
	bannerFrom = 10 * 24 * time.Hour
	bannerTo   = 4 * 24 * time.Hour
	// lookBack is how far back Away looks for a window: longer than any system may
	// be silent without being unavailable, and than any spread.
	lookBack = 4 * 24 * time.Hour
	// defaultSpread is a controller's own, where a notice tells none
	// (maintenance.Default).
	defaultSpread = 10 * time.Minute
)

// Phase says how a window is shown.
type Phase string

// The phases.
const (
	Ahead Phase = "ahead" // from ten to four days before: a banner
	Soon  Phase = "soon"  // in the last four days: a line
	Now   Phase = "now"   // during the window: a banner
)

// Shown is a window for the page.
type Shown struct {
	maintenance.Occurrence
	Phase Phase
	// Address is whom it is for: a device, or message.Fleet.
	Address string
	// Zone is the window's own; nil: UTC.
	Zone *time.Location
}

// Fleetwide tells whether it is for all systems.
func (s Shown) Fleetwide() bool { return s.Address == message.Fleet }

// Board is what the book's windows mean. Its methods may be called at once from
// several goroutines.
type Board struct {
	mu  sync.Mutex // guards all below
	own map[string]posted
}

// posted is one address's notice.
type posted struct {
	calendar *maintenance.Calendar
	entry    Entry
}

// NewBoard shows nothing until Post.
func NewBoard() *Board { return &Board{own: map[string]posted{}} }

// Post shows what the book says now, in place of what it said before.
func (b *Board) Post(book *Book) error {
	entries, err := book.Entries()
	if err != nil {
		return err
	}
	own := map[string]posted{}
	for _, e := range entries {
		if len(e.Windows) == 0 {
			continue
		}
		looked := e
		looked.Issued -= message.Unix(lookBack / time.Second) // a change must not hide the window that is just over
		c, err := book.calendar(e.Address, looked)
		if err != nil {
			return err
		}
		own[e.Address] = posted{c, e}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.own = own
	return nil
}

// of lists what concerns a device: its own, and the fleet's.
func (b *Board) of(device string) []posted {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []posted
	for _, address := range []string{device, message.Fleet} {
		if p, ok := b.own[address]; ok {
			all = append(all, p)
		}
	}
	return all
}

// Away tells of the last window before or around at in which a device may have
// been silent with nothing wrong: when it began, when it ended or will, and when
// the last device has returned. Windows that are one to a device are one here.
// false: there was none in the last days.
func (b *Board) Away(device string, at time.Time) (from, ends, returned time.Time, ok bool) {
	var all []maintenance.Occurrence
	for _, p := range b.of(device) {
		all = append(all, p.calendar.Between(at.Add(-lookBack), at.Add(1))...)
	}
	slices.SortFunc(all, func(x, y maintenance.Occurrence) int { return x.Start.Compare(y.Start) })
	for _, o := range all {
		if o.Class == maintenance.Routine {
			continue
		}
		if !ok || o.Start.After(returned) {
			from, ends, returned, ok = o.Start, o.End, o.End.Add(o.Spread), true
			continue
		}
		if o.End.After(ends) {
			ends, returned = o.End, o.End.Add(o.Spread)
		}
	}
	return from, ends, returned, ok
}

// Shown lists the windows that the page shows at an instant, the next first. Of
// one series that is the next alone. Routine work is shown while it lasts.
func (b *Board) Shown(at time.Time) []Shown {
	b.mu.Lock()
	all := make([]posted, 0, len(b.own))
	for _, p := range b.own {
		all = append(all, p)
	}
	b.mu.Unlock()
	var shown []Shown
	for _, p := range all {
		seen := map[string]bool{}
		for _, o := range p.calendar.Between(at, at.Add(bannerFrom+1)) {
			s := Shown{Occurrence: o, Phase: phase(o, at), Address: p.entry.Address, Zone: zone(p.entry, o.Name)}
			if seen[o.Name] || s.Class == maintenance.Routine && s.Phase != Now {
				continue
			}
			seen[o.Name] = true
			shown = append(shown, s)
		}
	}
	slices.SortFunc(shown, func(x, y Shown) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.Address, y.Address), cmp.Compare(x.Name, y.Name))
	})
	return shown
}

func phase(o maintenance.Occurrence, at time.Time) Phase {
	switch {
	case !o.Start.After(at):
		return Now
	case o.Start.Sub(at) >= bannerTo:
		return Ahead
	}
	return Soon
}

// zone is that of the window called name, where it is not UTC.
func zone(e Entry, name string) *time.Location {
	for _, w := range e.Windows {
		if z, err := time.LoadLocation(w.Zone); w.Name == name && err == nil && z != time.UTC {
			return z
		}
	}
	return nil
}

// Next lists the next occurrences of an entry's windows from at on, up to a year
// ahead, by window; a window that has none left is not there.
func (b *Book) Next(e Entry, at time.Time) (map[string]maintenance.Occurrence, error) {
	c, err := b.calendar(e.Address, e)
	if err != nil {
		return nil, err
	}
	next := map[string]maintenance.Occurrence{}
	for _, o := range c.Between(at, at.Add(maintenance.MaxAge)) {
		if _, ok := next[o.Name]; !ok {
			next[o.Name] = o
		}
	}
	return next, nil
}

// calendar is what a device makes of the entry.
func (b *Book) calendar(device string, e Entry) (*maintenance.Calendar, error) {
	payload, err := b.Notice(e)
	if err != nil {
		return nil, err
	}
	c, err := maintenance.New(maintenance.Config{Spread: defaultSpread, NoticeKey: authority.PublicText(b.key)},
		maintenance.Options{Device: device, Clock: clockAt(e.Issued.Time()), Log: zerolog.Nop()})
	if err != nil {
		return nil, fmt.Errorf("read notice: %w", err)
	}
	_, err = c.Accept(payload)
	return c, err
}

// clockAt is a clock that stands: that at which a notice comes fresh.
type clockAt time.Time

func (c clockAt) Now() time.Time { return time.Time(c) }
func (clockAt) Synced() bool     { return true }
