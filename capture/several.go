package capture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"sync/atomic"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
)

// Several is a Camera whose shots can have several files, as RAW beside JPEG: Shoot
// delivers the first, which accounts for the slot.
//
// Each file of each shot becomes a photo once, whatever happens to the power: such a
// camera remembers which files it has brought, durably, and after a start brings what a
// power cut kept from the store.
type Several interface {
	Camera
	// Begin says which shot the next Shoot takes. It does not wait.
	Begin(shot photo.Shot)
	// Others is called after each Shoot whose picture the store has, with the photo
	// that it became: of the last Shoot, or of one before it of the same slot, which
	// was better. It calls add for each other file: of that shot, and of earlier
	// ones that were left on the camera. What add returned a photo for is durable, and
	// not brought again. An error loses nothing: what is left comes with a later call.
	// It is bounded by ctx, and leaves the camera safe, as Shoot does.
	Others(ctx context.Context, first photo.Meta, add AddOther) error
}

// AddOther makes one further file of a shot a photo in the store. first is the photo
// of the shot's first file; where its ID is empty there is none, and this is the first
// file, of the slot that first tells of. A file that the store has already is not added
// again: its photo is returned.
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
		o := other{shot: of.Other(), atCamera: atCamera, early: of.ID != first.ID}
		if o.shot.Site == (photo.Place{}) {
			o.shot.Site = l.o.Site
		}
		m, added, err := o.add(l.o, fill)
		if added {
			out.others = append(out.others, m)
		}
		return m, err
	})
	atCamera.Store(false)
	return out
}

// other is one file on its way from the camera to the store.
type other struct {
	shot     photo.Shot
	atCamera *atomic.Bool
	// early: it is of an earlier shot, so that the store may have it without the camera
	// knowing: the power went before that was written.
	early bool
}

// add makes the file a photo, or finds the one that it is.
func (f other) add(o Options, fill func(io.Writer) (photo.Exposure, error)) (m photo.Meta, added bool, err error) {
	known := false
	var check *picture.Check
	stored, err := o.Store.Add(f.shot, func(w io.Writer) (exposure photo.Exposure, err error) {
		f.atCamera.Store(true)
		defer f.atCamera.Store(false)
		out := io.Writer(&spoolWriter{w: w, atCamera: f.atCamera})
		sum := sha256.New()
		if f.early {
			out = io.MultiWriter(out, sum)
		}
		if o.Checks != nil {
			check = o.Checks.Begin(out, f.shot)
			out = check
		}
		if exposure, err = fill(out); err != nil {
			return exposure, err
		}
		if check != nil {
			exposure = check.End(exposure)
		}
		if f.early {
			f.atCamera.Store(false)
			if m, known = o.Store.Find(hex.EncodeToString(sum.Sum(nil))); known {
				return exposure, errKnown
			}
		}
		return exposure, nil
	})
	switch {
	case known:
		return m, false, nil
	case err != nil:
		return photo.Meta{}, false, err
	case check != nil:
		check.Keep(false)
	}
	return stored, true, nil
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
