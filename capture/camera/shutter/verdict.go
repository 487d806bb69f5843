package shutter

import (
	"time"

	"fieldcam/capture"
)

const (
	// sickShots is after how many shots without a picture the camera is taken to hang,
	// and sickAfter how long it has to bring one: a full buffer is 20 shots at 1 s to
	// 2 s each, which a power cycle would lose.
	sickShots = 3
	sickAfter = time.Minute
	// unconfirmedShots is after how many in a row that no contact confirmed the next
	// one begins with a power cycle: a retry comes before it.
	unconfirmedShots = 2
	// sickTransfers is after how many looks and transfers in a row that failed it is: one
	// may be a cable's or a busy card's.
	sickTransfers = 2
	// mostVain is how often each power cycle that did not help doubles the patience
	// before the next: up to an hour, or 128 shots, looks and transfers. A contact whose wire is broken, or a
	// card that is full, is not mended so, and what is in the camera's buffer is lost.
	mostVain = 6
)

// verdict is whether the camera is taken to hang. Its owner guards it.
type verdict struct {
	sick   bool      // it is, by its shots
	shots  int       // since the card was last seen to have something new
	enough time.Time // when those were sickShots, by package time
	vain   int       // power cycles since
	failed int       // looks and transfers in a row

	unconfirmed     int // shots in a row that no contact confirmed
	unconfirmedVain int // power cycles since one was

	evidence
	seen    bool      // the card was looked at by this process
	counted time.Time // when it fired the last shot that counted, by package time
}

// fired takes note of a shot at a time; confirmed: the contact told of it, which is not the
// same as that nothing can tell.
func (v *verdict) fired(at time.Time, confirmed bool) {
	if v.shots++; v.shots == sickShots {
		v.enough = at
	}
	v.Counted, v.counted = true, at
	if v.unconfirmed = 0; confirmed {
		v.unconfirmedVain, v.Mute = 0, false
	}
}

// missed takes note of a shot that the contact did not confirm.
func (v *verdict) missed() {
	v.Silent = true
	if v.unconfirmed++; v.unconfirmed >= unconfirmedShots<<v.unconfirmedVain {
		v.sick, v.unconfirmed, v.unconfirmedVain = true, 0, min(v.unconfirmedVain+1, mostVain)
	}
}

// cycled takes note of a power cycle: the camera has all its time again.
func (v *verdict) cycled() {
	v.sick, v.shots, v.failed = false, 0, 0
	v.vain = min(v.vain+1, mostVain)
}

// transferred takes note of a look or a transfer, and whether the camera had failed in it.
// hangs tells whether it has just been found to hang.
func (v *verdict) transferred(failed bool) (hangs bool) {
	if !failed {
		v.failed = 0
		return false
	}
	v.failed++
	return !v.sick && v.failed == sickTransfers<<v.vain
}

// hangs tells whether the camera's power is to be cycled.
func (v *verdict) hangs() bool { return v.sick || v.failed >= sickTransfers<<v.vain }

// recall takes in at a time what an earlier process knew of the contact.
func (v *verdict) recall(at time.Time, e evidence) {
	v.evidence, v.counted = e, at // a shot that counted may have been just before
}

// looked takes note of a look at the card that was begun at a time. hangs tells whether the
// camera has just been found to hang, and mute whether the contact has just been found not
// to work.
func (v *verdict) looked(begun time.Time, l capture.Listing) (hangs, mute bool) {
	// The first look of a process finds all that is there new.
	fresh := v.Looked && l.New && (v.seen || l.Newest > v.Newest)
	// Nothing but shots that no contact confirmed can have left it: the camera takes
	// pictures, and the contact is what does not work.
	if fresh && v.Silent && !v.Counted && !v.Mute {
		v.Mute, mute = true, true
	}
	if fresh || !v.Looked {
		// The picture of a shot that counted may still be in the camera's buffer.
		v.Counted, v.Silent = v.Counted && begun.Sub(v.counted) < sickAfter, false
	}
	v.Looked, v.Newest, v.seen = true, l.Newest, true
	switch {
	case l.New:
		v.sick, v.shots, v.vain = false, 0, 0
	case v.shots >= sickShots && begun.Sub(v.enough) >= sickAfter<<v.vain && !v.sick:
		v.sick, hangs = true, true
	}
	return hangs, mute
}
