package reading

import (
	"context"
	"fmt"
	"time"
)

const (
	// firstEvery is the interval of the first Window readings after a start: who was woken
	// for a look at the battery need not wait for minutes.
	firstEvery = 5 * time.Second
	// readTime bounds one reading: a stuck bus fails each of some transfers after a
	// fifth of a second.
	readTime = 10 * time.Second
	// FaultAfter is after how long without a reading that can be believed a sensor is
	// reported.
	FaultAfter = 5 * time.Minute
)

// Watch calls look at once, in short intervals until there are Window readings, and then
// each every, until ctx ends; it returns when look has. It is for one goroutine, as look
// is.
func Watch(ctx context.Context, every time.Duration, look func(ctx context.Context)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		look(ctx)
		next := every
		if n < Window {
			next = min(every, firstEvery)
		}
		timer.Reset(next)
	}
}

// Take calls read once, which is bounded, and has f take what value makes of what it
// gives. What comes after ctx's end counts for nothing: ok is false then.
func Take[Reading any](ctx context.Context, f *Filter, read func(context.Context) (Reading, error), value func(Reading) float64) (r Reading, ok bool, err error) {
	bound, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	r, err = read(bound)
	if ctx.Err() != nil {
		return r, false, err
	}
	f.Add(value(r), err)
	return r, true, err
}

// Fault judges, after the last reading, whether the sensor is to be reported: told is
// false as long as it is too early to say, and fault nil where the sensor is believed. err
// is that reading's, and last what it said.
func (f *Filter) Fault(err error, last string) (fault error, told bool) {
	switch _, known := f.Believed(); {
	case known:
		return nil, true
	case f.Silent() < FaultAfter:
		return nil, false
	case err != nil:
		return err, true
	}
	return fmt.Errorf("its readings make no sense: the last one is %s", last), true
}
