package gphotosim

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const textLacks = "%s not found in configuration tree.\n*** Error (-1: 'Unspecified error') ***       \n\n"

// SetAhead sets its clock: so much ahead of package time.
func (b *Body) SetAhead(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead = d
}

// Ahead is by how much its clock is ahead of package time.
func (b *Body) Ahead() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ahead
}

// Asked is how often it was asked for its serial number, among others, and set how often its
// clock was to be set.
func (b *Body) Asked() (asked, set int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked, b.set
}

// now is what its clock shows, to the second. b.mu is locked.
func (b *Body) now() time.Time { return time.Now().UTC().Add(b.ahead).Truncate(time.Second) }

func (b *Body) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now()
}

// setClock sets its clock, where that is asked for.
func (p *process) setClock() {
	for _, a := range p.spec.Argv {
		if v, ok := strings.CutPrefix(a, "datetime="); ok {
			if n, err := strconv.ParseInt(v, 10, 64); err == nil {
				p.mu.Lock()
				if p.set++; !p.faults.ClockStays {
					p.ahead = time.Until(time.Unix(n, 0))
				}
				p.mu.Unlock()
			}
		}
	}
}

// config tells the settings that are asked for, until one is not there.
func (p *process) config(ctx context.Context, f Faults) (int, error) {
	all := p.values("--get-config")
	if slices.Contains(all, "serialnumber") {
		p.mu.Lock()
		p.asked++
		p.mu.Unlock()
		if err := wait(ctx, f.AskTime); err != nil {
			return 0, err
		}
	}
	for _, name := range all {
		if name == p.o.Lacks {
			return p.fail(fmt.Sprintf(textLacks, name))
		}
		var err error
		switch name {
		case "datetime":
			err = p.print("Label: Camera Date and Time\nReadonly: 0\nType: DATE\nCurrent: %d\nPrintable: a time\nEND\n", p.clock().Unix())
		case "batterylevel":
			err = p.print("Label: Battery Level\nReadonly: 1\nType: TEXT\nCurrent: 100%%\nEND\n")
		case "serialnumber":
			err = p.print("Label: Serial Number\nReadonly: 1\nType: TEXT\nCurrent: 1234\nEND\n")
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, nil
}
