package modem_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"fieldcam/hal"
	"fieldcam/hal/sim"
)

// stubborn is a board whose modem key can't be released at the first try.
type stubborn struct {
	hal.Board
	refused *atomic.Int64
}

type stubbornKey struct {
	hal.Output
	on      bool
	refused *atomic.Int64
}

func (b stubborn) OpenOutput(line hal.Line, on bool) (hal.Output, error) {
	out, err := b.Board.OpenOutput(line, on)
	if err == nil && line.Name == "MODEM_KEY" {
		return &stubbornKey{Output: out, refused: b.refused}, nil
	}
	return out, err
}

func (k *stubbornKey) Set(on bool) error {
	if !on && k.on {
		k.on = false
		k.refused.Add(1)
		return errors.New("input/output error")
	}
	k.on = on
	return k.Output.Set(on)
}

func TestAKeyThatIsNotReleasedIsReleasedAgain(t *testing.T) {
	var refused atomic.Int64
	run(t, setup{off: true, board: func(b *sim.Board) hal.Board { return stubborn{b, &refused} }}, func(r *rig) {
		r.sleep(3 * time.Minute)
		if refused.Load() != 1 || r.key.High() {
			r.Errorf("%d releases refused, the key pressed: %v; want one, and not", refused.Load(), r.key.High())
		}
		r.wantOn(1)
	})
}
