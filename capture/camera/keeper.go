package camera

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/photo"
)

// closeWait is how long Keeper.Close waits for a use: one whose context has ended
// returns within half a second, also where a shot has let it have more until then (see
// YieldError.Stop), and the daemon has 5 s to stop in all.
const closeWait = time.Second

// Keeper looks after one camera, around the protocol that its driver speaks: one use at
// a time, and after each the power and the ladder as they should be. Its methods may be
// called from any goroutine.
type Keeper struct {
	// Power is the camera's. The Keeper has taken it over: Close closes it.
	Power *Power
	// Ladder is for the use under way: for what Shoot and Prepare call.
	Ladder *Ladder

	name string
	log  zerolog.Logger
	turn *Turn
}

// NewKeeper takes power over. The name stands in errors, such as "the camera at
// /dev/ttyS1".
func NewKeeper(name string, power *Power, log zerolog.Logger) *Keeper {
	return &Keeper{Power: power, Ladder: NewLadder(log), name: name, log: log, turn: NewTurn()}
}

// Blame says what a use that failed tells of the camera.
type Blame int

// The blames.
const (
	// Blameless: the fault is another's. No recovery.
	Blameless Blame = iota
	// Faulty: it did not do what it should have done.
	Faulty
	// Slow: the time ended while it was at work and answered; see Ladder.OutOfTime.
	Slow
	// Mute: it had fallen silent; see Ladder.Rest.
	Mute
	// Stopped: the time ended, and the driver cannot tell whether it was at work. It is
	// Slow, but where that is a failure it is Mute.
	Stopped
)

// BlameFor is the blame for err of a camera with which the driver talks all the time;
// silent says that the talk ended in silence.
func BlameFor(err error, silent bool) Blame {
	switch {
	case silent:
		return Mute
	case errors.Is(err, context.DeadlineExceeded):
		return Slow
	}
	return Faulty
}

// Shoot has take take a picture, once the camera is free; take begins with Start. An error
// of the writer, a ctx that was cancelled and an UnreadyError are nobody's fault; of all
// others judge says whose they are. ctx is the use's for both: it ends at Close, too. The
// power is as Power.Rest leaves it on every return, or off where the camera is mute.
func (k *Keeper) Shoot(ctx context.Context, take func(context.Context) (photo.Exposure, error), judge func(context.Context, error) Blame) (photo.Exposure, error) {
	ctx, give, err := k.turn.Take(ctx)
	if err != nil {
		return photo.Exposure{}, err
	}
	defer give()
	e, err := take(ctx)
	if err == nil {
		k.Ladder.Good()
		if rest := k.Power.Rest(); rest != nil {
			// The picture is good; the battery is in danger.
			k.log.Error().Err(rest).Msg("camera stays on")
		}
		return e, nil
	}
	mute := false
	if !errors.As(err, new(*UnreadyError)) {
		mute = k.count(ctx, err, judge)
	}
	return photo.Exposure{}, fmt.Errorf("shoot with %s: %w", k.name, errors.Join(err, k.Ladder.Rest(k.Power, mute)))
}

// count counts a use that failed although the camera was ready; mute is Ladder.Rest's.
func (k *Keeper) count(ctx context.Context, err error, judge func(context.Context, error) Blame) (mute bool) {
	blame := Blameless
	if !errors.As(err, new(*jpegstream.SinkError)) && !errors.Is(err, context.Canceled) {
		blame = judge(ctx, err)
	}
	switch blame {
	case Blameless:
		k.Ladder.used()
	case Faulty, Mute:
		k.Ladder.Failed()
	case Slow:
		k.Ladder.OutOfTime()
	case Stopped:
		return k.Ladder.OutOfTime()
	}
	return blame == Mute
}

// Prepare has do find the camera and set it up, once it is free. It leaves the power as
// Shoot does; errors do not count for the ladder.
func (k *Keeper) Prepare(ctx context.Context, do func(context.Context) error) error {
	ctx, give, err := k.turn.Take(ctx)
	if err != nil {
		return err
	}
	defer give()
	err = do(ctx)
	if err == nil {
		k.Ladder.used()
	}
	if err = errors.Join(err, k.Power.Rest()); err != nil {
		return fmt.Errorf("prepare %s: %w", k.name, err)
	}
	return nil
}

// Take gives the camera to a use that is neither a Shoot nor a Prepare, once it is free, as
// Turn.Take does. What such a use does with the ladder and the power is its own matter.
func (k *Keeper) Take(ctx context.Context) (use context.Context, give func(), err error) {
	return k.turn.Take(ctx)
}

// Start is Ladder.Start with the camera's power.
func (k *Keeper) Start(ctx context.Context) (fresh bool, err error) {
	return k.Ladder.Start(ctx, k.Power)
}

// Reach has find look for a camera that hears a command to start anew, and reset give it
// where one is due. One that is not found cannot hear it: where its power can be taken, that
// is done at once, and find looks again. booted says that the camera has just started, in
// this use; of find's call that it has by now.
func (k *Keeper) Reach(ctx context.Context, booted bool, find func(booted bool) error, reset func() error) (_ bool, err error) {
	due := k.Ladder.Due() >= Reset && !booted
	err = find(booted)
	if err != nil && due && ctx.Err() == nil && k.Power.Switched() {
		if err := k.Ladder.Cycle(ctx, k.Power); err != nil {
			return false, err
		}
		return true, find(true)
	}
	if err != nil || !due {
		return booted, err
	}
	k.Ladder.Climbed(Reset, "reset the camera")
	if err := reset(); err != nil {
		return false, fmt.Errorf("reset: %w", err)
	}
	return true, nil
}

// Close ends a use that is under way, waits for it, for closeWait at most, and switches
// the camera off in any case; where the use does not end, because its writer hangs, it
// returns an error. Shoot and Prepare fail from then on. A second Close does nothing more.
func (k *Keeper) Close() error {
	err := k.turn.Close(closeWait)
	if err != nil {
		err = fmt.Errorf("%s: %w", k.name, err)
	}
	return errors.Join(err, k.Power.Close())
}
