package serialsim

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Protocol is what a camera speaks. Serve calls these one at a time.
type Protocol struct {
	// Restart: the power came or went. settled: this is the first that is heard of it, and
	// it has been as it is for as long as anyone knows.
	Restart func(powered, settled bool)
	// Look is called before each wait, and so after Engine.Look. nil: there is nothing to see.
	Look func(ctx context.Context, line Line) error
	// Alarm is when the camera does something by itself, which Ring does. Zero: never.
	Alarm func() time.Time
	Ring  func(ctx context.Context, line Line) error
	// Hear handles bytes as they came over the line, whatever their rate.
	Hear func(ctx context.Context, line Line, p []byte) error
	// Rate is the one at which the camera sends.
	Rate func() int
}

// Options describe a camera with faults of type F.
type Options[F any] struct {
	// Unpowered: it has no power until Control.SetPower gives it some.
	Unpowered bool
	// Faults are its faults at first; OnLine says what of them concerns every byte.
	Faults F
	OnLine func(F) LineFaults
	// Slice is how often it writes while it sends. 0: 5 ms.
	Slice time.Duration
	// Seed and Stream make its faults repeatable; Stream is the kind's own.
	Seed, Stream uint64
}

// defaultSlice is Options.Slice.
const defaultSlice = 5 * time.Millisecond

// Engine moves a simulated camera over a line: what it hears, what it does when its time
// has come or its power goes, and the bytes that it sends, which take their time and have
// faults. But for Control and Look, it is for what Serve calls.
type Engine[F any] struct {
	*Control[F]
	// Rand is where faults come from.
	Rand *rand.Rand

	p      Protocol
	onLine func(F) LineFaults
	slice  time.Duration

	serving chan struct{} // holds one token: whoever has it may use what follows
	begun   bool
	seen    int // Control.starts as last seen
}

// New makes an Engine. It does nothing until Serve.
func New[F any](o Options[F], p Protocol) *Engine[F] {
	e := &Engine[F]{
		Control: &Control[F]{wake: make(chan struct{}), powered: !o.Unpowered, faults: o.Faults},
		Rand:    rand.New(rand.NewPCG(o.Seed, o.Stream)),
		p:       p, onLine: o.OnLine, slice: o.Slice,
		serving: make(chan struct{}, 1),
	}
	if e.slice == 0 {
		e.slice = defaultSlice
	}
	e.serving <- struct{}{}
	return e
}

// Look has Serve call Protocol.Look soon. It may be called from any goroutine.
func (e *Engine[F]) Look() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.look()
}

// Took makes jpeg the last picture, after one more shot.
func (e *Engine[F]) Took(jpeg []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = jpeg
	e.shots++
}

// Serve is the camera on a line, until ctx ends or the line breaks; it closes
// the line. The error is nil where ctx ended. The camera can be served again
// afterwards, as if plugged in anew; a second Serve at the same time waits.
func (e *Engine[F]) Serve(ctx context.Context, line Line) error {
	select {
	case <-e.serving:
	case <-ctx.Done():
		return line.Close()
	}
	defer func() { e.serving <- struct{}{} }()

	heard := make(chan []byte)
	ended := make(chan error, 1)
	stop := make(chan struct{})
	go func() { ended <- listen(line, heard, stop) }()
	err := e.run(ctx, line, heard)
	close(stop)
	cerr := line.Close()
	lerr := <-ended
	if ctx.Err() != nil {
		return nil
	}
	return errors.Join(err, lerr, cerr)
}

// listen passes on what arrives, until the line breaks, which closes heard, or
// stop is closed.
func listen(line Line, heard chan<- []byte, stop <-chan struct{}) error {
	buf := make([]byte, 64)
	for {
		n, err := line.Read(buf)
		if err != nil {
			close(heard)
			return err
		}
		select {
		case heard <- append([]byte(nil), buf[:n]...):
		case <-stop:
			return nil
		}
	}
}

// run is the camera until ctx ends or heard is closed. Its error is the line's.
func (e *Engine[F]) run(ctx context.Context, line Line, heard <-chan []byte) error {
	for {
		e.mu.Lock()
		wake, starts, powered := e.wake, e.starts, e.powered
		e.mu.Unlock()
		if starts != e.seen || !e.begun {
			settled := !e.begun && starts == 0
			e.begun, e.seen = true, starts
			e.p.Restart(powered, settled)
		}
		if e.p.Look != nil {
			if err := e.p.Look(ctx, line); err != nil {
				return err
			}
		}
		goOn, err := e.next(ctx, line, heard, wake)
		if err != nil || !goOn {
			return err
		}
	}
}

// next waits for one thing to happen, and sees to it; goOn is false at the end.
func (e *Engine[F]) next(ctx context.Context, line Line, heard <-chan []byte, wake <-chan struct{}) (goOn bool, err error) {
	at := e.p.Alarm()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	due := timer.C
	if at.IsZero() {
		due = nil
	}
	select {
	case <-ctx.Done():
		return false, nil
	case p, ok := <-heard:
		if !ok {
			return false, nil
		}
		return true, e.p.Hear(ctx, line, p)
	case <-wake:
		return true, nil
	case <-due:
		return true, e.p.Ring(ctx, line)
	}
}

// Send sends p at the camera's rate, with the faults of the moment. It ends
// early where the power changes or ctx ends.
func (e *Engine[F]) Send(ctx context.Context, line Line, p []byte) error {
	f := e.onLine(e.Faults())
	if f.Silent {
		return nil
	}
	p = f.bytes(e.Rand, p)
	next := time.Now()
	for len(p) > 0 {
		rate := e.p.Rate()
		n := min(len(p), max(1, int(e.slice/WireTime(1, rate))))
		if out := Hear(p[:n], rate, line.Baud()); len(out) > 0 {
			if _, err := line.Write(out); err != nil {
				return err
			}
		}
		p = p[n:]
		next = next.Add(WireTime(n, rate))
		if !e.Until(ctx, next) {
			return nil
		}
	}
	return nil
}

// Until waits for a time; it returns false at once where the power changes or
// ctx ends.
func (e *Engine[F]) Until(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	for {
		e.mu.Lock()
		wake, starts := e.wake, e.starts
		e.mu.Unlock()
		if starts != e.seen || ctx.Err() != nil {
			return false
		}
		select {
		case <-timer.C:
			return true
		case <-wake:
		case <-ctx.Done():
		}
	}
}
