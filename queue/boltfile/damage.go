package boltfile

import (
	"fmt"
	"strings"
)

// damage collects offences: their number, and the first few.
type damage struct {
	count int
	first []error
}

// damageTold is how many offences an error's text tells: enough to see whether
// it is one page or the card.
const damageTold = 4

func (d *damage) add(err error) {
	if d.count++; d.count <= damageTold {
		d.first = append(d.first, err)
	}
}

// err is nil where there is no damage.
func (d *damage) err() error {
	if d.count == 0 {
		return nil
	}
	return &damageError{*d}
}

// damageError wraps ErrDamaged and the first offences.
type damageError struct{ damage }

func (e *damageError) Error() string {
	var b strings.Builder
	b.WriteString(ErrDamaged.Error())
	for i, err := range e.first {
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		b.WriteString(err.Error())
	}
	if more := e.count - len(e.first); more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return b.String()
}

func (e *damageError) Unwrap() []error { return append([]error{ErrDamaged}, e.first...) }
