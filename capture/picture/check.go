package picture

import (
	"bytes"
	"io"
	"time"

	"fieldcam/capture/exif"
	"fieldcam/capture/photo"
	"fieldcam/capture/picture/luma"
)

const (
	// headBytes is how much of a file that is no JPEG is kept for its Exif: the
	// directories stand at its beginning.
	headBytes = 64 << 10
	megapixel = 1_000_000
	// unseenRaw is photo.Look's Unseen of a file that is no JPEG.
	unseenRaw = "raw"
)

// Check is one picture under way: an io.Writer between the camera and the store. It is
// for one goroutine.
type Check struct {
	c    *Checker
	w    io.Writer
	shot photo.Shot

	size int64
	jpeg *luma.Reader // nil where it begins otherwise
	head []byte       // of a file that is no JPEG
	// light is nil where nothing of it was seen, or the picture is not whole.
	light   *light
	kind    kind
	verdict photo.Verdict
}

// Write passes the bytes on, and returns what w returned.
func (k *Check) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	if n > 0 && n <= len(p) {
		k.look(p[:n])
	}
	return n, err
}

func (k *Check) look(p []byte) {
	const start = 0xFF
	if k.size == 0 && p[0] == start {
		k.light = &light{blackBelow: uint8(k.c.cfg.BlackLevel), whiteOn: uint8(k.c.cfg.WhiteLevel)}
		k.jpeg = luma.New(luma.Options{
			MaxPixels: k.c.cfg.DecodeMegapixels * megapixel, Size: k.light.size, Luma: k.light.add,
		})
	}
	k.size += int64(len(p))
	if k.jpeg != nil {
		_, _ = k.jpeg.Write(p) // it never fails
		return
	}
	k.head = append(k.head, p[:min(len(p), headBytes-len(k.head))]...)
}

// End is the exposure with what the picture tells. Nothing may be written afterwards.
func (k *Check) End(e photo.Exposure) photo.Exposure {
	var tags exif.Tags
	if photo.Kind(e.Format) == photo.KindJPEG || e.Format == "" {
		tags = k.endJPEG(&e.Look)
	} else {
		tags = k.endRAW(&e.Look)
	}
	if y := tags.At.Year(); y < 1 || y > 9999 { // JSON has no others
		tags.At = time.Time{}
	}
	e.Exposed, e.Serial = tags.At, tags.Serial
	if e.Camera == "" {
		e.Camera = tags.Model
	}
	k.kind = kindOf(e)
	if k.isSmall() {
		e.Verdict |= photo.Small
	}
	if off := tags.At.Sub(k.shot.Taken); !tags.At.IsZero() && k.shot.ClockSynced && k.c.cfg.ClockOff > 0 && off.Abs() > k.c.cfg.ClockOff {
		e.Verdict |= photo.ClockOff
	}
	k.verdict = e.Verdict
	return e
}

// endJPEG says what a picture is that should be a JPEG.
func (k *Check) endJPEG(look *photo.Look) (tags exif.Tags) {
	if k.jpeg == nil {
		look.Verdict |= photo.Broken
		return tags
	}
	r := k.jpeg.End()
	tags, _ = exif.FromAPP1(r.APP1, k.c.o.Zone)
	look.Width, look.Height = r.Width, r.Height
	switch {
	case r.Structure == luma.Broken:
		look.Verdict |= photo.Broken
	case r.Structure == luma.Truncated:
		look.Verdict |= photo.Truncated
	case r.Damaged:
		look.Verdict |= photo.Damaged
	}
	if r.Unseen != "" || look.Verdict.Unusable() {
		k.light = nil
		if r.Unseen != luma.Unwanted {
			look.Unseen = string(r.Unseen)
		}
		return tags
	}
	k.light.quantum = r.Quantum
	look.Brightness = k.light.mean()
	look.Verdict |= k.looks()
	return tags
}

// looks says what is wrong with a whole picture's luminance.
func (k *Check) looks() photo.Verdict {
	l, share := k.light, k.c.cfg.SharePercent
	switch {
	case l.share(l.black, share):
		if night, known := k.c.o.Night(k.shot.Taken); night || !known || !k.shot.ClockSynced {
			return photo.Dark
		}
		return photo.Black
	case l.share(l.white, share):
		return photo.BlownOut
	}
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	if l.frozen(k.c.last) {
		return photo.Unchanged
	}
	return 0
}

// endRAW says what a file is of which only its maker knows more.
func (k *Check) endRAW(look *photo.Look) (tags exif.Tags) {
	look.Unseen = unseenRaw
	const start = 16 // bytes
	if first := k.head[:min(start, len(k.head))]; k.jpeg == nil && len(bytes.Trim(first, "\x00")) == 0 {
		look.Verdict |= photo.Broken // a card that lost it, or nothing
	}
	return exif.FromTIFF(k.head, k.c.o.Zone)
}

// isSmall tells whether the file is far smaller than those before.
func (k *Check) isSmall() bool {
	percent := int64(k.c.cfg.SmallPercent)
	if percent == 0 || k.light != nil && k.light.mean() < dim {
		return false
	}
	if night, known := k.c.o.Night(k.shot.Taken); night && known {
		return false
	}
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	return k.size*100 < k.c.sizes.median(k.kind)*percent
}

// Again tells whether the picture is to be taken once more, by what End said. What was
// wrong with the pictures before, and stayed although they were taken again, is no
// reason: that would be two shots at every slot, for a lens that is dirty.
func (k *Check) Again() bool {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	return k.c.cfg.Retry && k.verdict.Bad() && (k.verdict.Unusable() || (k.verdict &^ k.c.stubborn).Bad())
}

// Keep says that the picture has become a photo: the next ones are compared with it.
// again: it, or the one before it, was bad, and taken once more. It is called after
// End, once.
func (k *Check) Keep(again bool) {
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	switch {
	case k.shot.Of != "": // a RAW file tells little of its shot
	case !k.verdict.Bad():
		k.c.stubborn = 0
	case again:
		k.c.stubborn |= k.verdict
	}
	if !k.verdict.Unusable() {
		k.c.sizes.add(k.kind, k.size)
	}
	if k.light != nil {
		k.c.last = k.light
	}
}
