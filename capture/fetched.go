package capture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
	"fieldcam/capture/schedule"
)

// minPicture is the earliest time that a picture's may be: cameras that lost theirs
// begin in 1980 (FAT) or later.
var minPicture = time.Date(1979, 12, 31, 0, 0, 0, 0, time.UTC)

// shot is what a picture on the camera is of.
type shot struct {
	photo.Shot
	firing *firing // nil where no shot of this run is known
}

// nobodys tells whether no shot and no slot is known that the picture is of.
func (s shot) nobodys() bool { return s.firing == nil && s.Trigger == photo.Manual }

// assign finds for each picture the shot that it is of.
func (f *fetch) assign(listing Listing, open []*firing) []shot {
	var timed []int // the pictures that have a time
	var at []int64
	for i, p := range listing.Pictures {
		if p.At.After(minPicture) && p.At.Before(maxSlot) {
			timed, at = append(timed, i), append(at, p.At.UnixNano())
		}
	}
	// By the clock as it is now: the camera's has not stepped with it.
	fired := make([]int64, len(open))
	f.fired = map[int64]bool{}
	for j, o := range open {
		f.fired[o.slot] = true
		fired[j] = f.now.Add(o.mono - f.begun).UnixNano()
	}
	m, ahead := match(at, fired, int64(listing.Ahead), func(at int64) bool {
		_, ok := f.nearestSlot(time.Unix(0, at), f.unphotographed)
		return ok
	})
	f.result.Ahead = time.Duration(ahead)
	shots := make([]shot, len(listing.Pictures))
	for i := range shots {
		shots[i].Shot = f.manualShot(f.now)
	}
	var unknown []int // of those that have a time, the ones without a shot of this run
	for n, i := range timed {
		if j := m.shotOf[n]; j >= 0 {
			shots[i] = open[j].shot()
			continue
		}
		unknown = append(unknown, i)
		shots[i].Shot = f.manualShot(time.Unix(0, at[n]-m.offset[n]))
	}
	f.assignSlots(shots, unknown)
	return shots
}

// shot is what the firing's picture is of.
func (f *firing) shot() shot {
	s := shot{firing: f}
	s.Taken, s.ClockSynced = time.Unix(0, f.at).UTC(), f.synced
	if f.manual() {
		s.Slot, s.Trigger = s.Taken, photo.Manual
		return s
	}
	s.Slot, s.Session, s.Trigger = f.slotTime(), f.session, photo.Scheduled
	return s
}

// manualShot is what a picture without a slot is of, which was taken at a time as
// far as the camera's clock tells.
func (f *fetch) manualShot(taken time.Time) photo.Shot {
	taken = taken.UTC()
	if taken.After(f.now) {
		taken = f.now
	}
	return photo.Shot{Slot: taken, Trigger: photo.Manual, Taken: taken}
}

// assignSlots finds the slots of pictures from before this run, whose shots nobody
// remembers: of a slot that the store has as missed, or that comes after all that
// it knows. unknown are the pictures' indices, which have their time in Taken.
func (f *fetch) assignSlots(shots []shot, unknown []int) {
	var differences []int64
	for _, i := range unknown {
		if slot, ok := f.nearestSlot(shots[i].Taken, func(schedule.Slot) bool { return true }); ok {
			differences = append(differences, int64(shots[i].Taken.Sub(slot.At)))
		}
	}
	lag := time.Duration(median(differences))
	used := map[int64]bool{}
	// First those that are on time: a picture that was fired late lies nearer to the
	// next slot, which has its own.
	for _, bound := range []time.Duration{voteWidth, math.MaxInt64} {
		for _, i := range unknown {
			at := shots[i].Taken.Add(-lag)
			slot, ok := f.nearestSlot(at, func(slot schedule.Slot) bool {
				return !used[slot.At.UnixNano()] && f.unphotographed(slot)
			})
			if ok && shots[i].Trigger == photo.Manual && at.Sub(slot.At).Abs() <= bound {
				used[slot.At.UnixNano()] = true
				shots[i].Slot, shots[i].Session, shots[i].Trigger = slot.At, slot.Session, photo.Scheduled
			}
		}
	}
}

// unphotographed tells whether the store has the slot as missed, or it comes after
// all that it knows; but not where it has a shot that is remembered. Before the
// first start of all nothing was due.
func (f *fetch) unphotographed(slot schedule.Slot) bool {
	if f.fired[slot.At.UnixNano()] || f.o.Store.Taken(slot.At) {
		return false
	}
	return f.o.Store.Accounted(slot.At) || !f.last.IsZero() && slot.At.After(f.last)
}

func median(all []int64) int64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// nearestSlot is the slot nearest to a time that is wanted, within matchBound or
// what it may be late by; none where every shot of that time is known.
func (f *fetch) nearestSlot(at time.Time, wanted func(schedule.Slot) bool) (best schedule.Slot, ok bool) {
	if !at.Before(f.now.Add(f.shots.known() - f.begun)) {
		return best, false
	}
	before, okBefore := f.o.Schedule.Last(schedule.Capture, at.Add(1))
	after, okAfter := f.o.Schedule.Next(schedule.Capture, at)
	if okBefore && at.Sub(before.At) <= max(matchBound, f.cfg.Late+onTime) && wanted(before) { // it may have been fired late
		best, ok = before, true
	}
	if okAfter && after.At.Sub(at) <= matchBound && (!ok || after.At.Sub(at) < at.Sub(best.At)) && wanted(after) {
		best, ok = after, true
	}
	return best, ok
}

// take makes photos of the picture's files. Its error comes with whose fault it is.
func (f *fetch) take(ctx context.Context, p Picture, s shot) (photo.Cause, error) {
	first := p.First
	if first.ID != "" {
		s.Shot = first.Other()
	}
	cause := photo.NotFetched
	slots, extra := 0, 0
	err := f.o.Deferred.Fetch(ctx, p, func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
		m, blame, err := f.addFile(s.Shot, fill)
		if err != nil {
			cause = blame
			return photo.Meta{}, err
		}
		if first.ID == "" {
			first, s.Of = m, m.ID
			if m.Trigger == photo.Scheduled {
				slots++
				if s.firing != nil && f.shots.wasMissed(s.firing) {
					f.late++
				}
			} else {
				extra++
			}
		}
		return m, nil
	})
	f.result.Slots += slots
	f.result.Extra += extra
	if s.firing != nil && first.ID != "" {
		f.done = append(f.done, s.firing)
	}
	if err != nil {
		f.suspect = true
	}
	return cause, err
}

// addFile makes one file a photo, or finds the one that it is already: after a
// power cut the camera's driver may not know of the last one.
func (f *fetch) addFile(s photo.Shot, fill func(io.Writer) (photo.Exposure, error)) (m photo.Meta, blame photo.Cause, err error) {
	var to *spoolWriter
	var cameraErr error
	known := false
	var check *picture.Check
	s.Site = f.o.Site
	added, err := f.o.Store.Add(s, func(w io.Writer) (photo.Exposure, error) {
		var sum hash.Hash
		to = &spoolWriter{w: w, atCamera: new(atomic.Bool)}
		out := io.Writer(to)
		if f.suspect {
			sum = sha256.New()
			out = io.MultiWriter(to, sum)
		}
		if f.o.Checks != nil {
			check = f.o.Checks.Begin(out, s)
			out = check
		}
		var exposure photo.Exposure
		if exposure, cameraErr = fill(out); cameraErr != nil {
			return exposure, cameraErr
		}
		if check != nil {
			exposure = check.End(exposure)
		}
		if sum != nil {
			if m, known = f.o.Store.Find(hex.EncodeToString(sum.Sum(nil))); known {
				return exposure, errKnown
			}
		}
		return exposure, nil
	})
	var full interface{ CardFull() bool }
	switch {
	case err == nil:
		if check != nil {
			check.Keep(false)
		}
		f.tellTaken(added)
		return added, "", nil
	case known:
		return m, "", nil
	case errors.As(err, &full) && full.CardFull():
		return photo.Meta{}, photo.CardFull, err
	case cameraErr != nil && to.err == nil:
		return photo.Meta{}, photo.NotFetched, err
	}
	return photo.Meta{}, photo.StoreFault, err
}

func (f *fetch) tellTaken(m photo.Meta) {
	f.update(func(s *State) { s.Last = m })
	f.o.Log.Debug().Str("photo", string(m.ID)).Time("slot", m.Slot).Str("session", m.Session).Int64("bytes", m.Size).Msg("picture fetched")
	if f.o.Taken != nil {
		f.o.Taken(m)
	}
}
