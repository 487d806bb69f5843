package capture

import (
	"context"
	"io"
	"sync/atomic"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
)

// Several is a Camera whose shots can have several files, as RAW beside JPEG: Shoot
// delivers the first, which accounts for the slot.
type Several interface {
	Camera
	// Others is called after each Shoot whose picture the store has, with the photo
	// that it became. It calls add for each other file: of that shot, and of earlier
	// ones that were left on the camera. What add returned a photo for is durable, and
	// not brought again. An error loses nothing: what is left comes with a later call.
	// It is bounded by ctx, and leaves the camera safe, as Shoot does.
	Others(ctx context.Context, first photo.Meta, add AddOther) error
}

// AddOther makes one further file of a shot a photo in the store. first is the photo
// of the shot's first file.
type AddOther func(first photo.Meta, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error)

// others lets the camera bring its shot's other files, within the time of the shot.
func (l *loop) others(ctx context.Context, first photo.Meta, atCamera *atomic.Bool) outcome {
	out := outcome{meta: first}
	camera, ok := l.o.Camera.(Several)
	if !ok {
		return out
	}
	atCamera.Store(true)
	out.othersErr = camera.Others(ctx, first, func(of photo.Meta, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
		atCamera.Store(false)
		defer atCamera.Store(true)
		var check *picture.Check
		shot := of.Other()
		m, err := l.o.Store.Add(shot, func(w io.Writer) (photo.Exposure, error) {
			atCamera.Store(true)
			defer atCamera.Store(false)
			to := &spoolWriter{w: w, atCamera: atCamera}
			if l.o.Checks == nil {
				return fill(to)
			}
			check = l.o.Checks.Begin(to, shot)
			exposure, err := fill(check)
			if err == nil {
				exposure = check.End(exposure)
			}
			return exposure, err
		})
		if err == nil {
			out.others = append(out.others, m)
			if check != nil {
				check.Keep(false)
			}
		}
		return m, err
	})
	atCamera.Store(false)
	return out
}

// takenOthers tells of the other files of a shot that was taken, and whether some are
// missing.
func (l *loop) takenOthers(out outcome) {
	for _, m := range out.others {
		l.o.Log.Info().Str("photo", string(m.ID)).Str("of", string(m.Shot)).Int64("bytes", m.Size).Msg("other file of a shot taken")
		if l.o.Taken != nil {
			l.o.Taken(m)
		}
	}
	failed := out.othersErr != nil
	switch {
	case failed && !l.othersMissing:
		l.o.Log.Warn().Err(out.othersErr).Msg("other files of a shot stay on the camera for later")
	case !failed && l.othersMissing:
		l.o.Log.Info().Msg("other files of the shots come again")
	}
	if l.o.Problem != nil && (failed || l.othersMissing) {
		l.o.Problem(photo.NotFetched, out.othersErr)
	}
	l.othersMissing = failed
}
