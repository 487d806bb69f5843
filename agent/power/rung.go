package power

// Rung is a step of the power ladder: the deeper, the more is saved.
type Rung int

// The rungs.
const (
	// Normal: all that is planned is done.
	Normal Rung = iota
	// UploadLess: each upload session sends only the newest photos.
	UploadLess
	// CaptureOnly: photos are taken and wait; heartbeats are rarer.
	CaptureOnly
	// Dormant: no photo is taken by schedule either; where that is configured the
	// board is powered down and wakes to look at the battery.
	Dormant
)

// rungs is how many there are.
const rungs = int(Dormant) + 1

// String is the rung's name, in the log, on the wire and on the card: it never
// changes.
func (r Rung) String() string {
	switch r {
	case UploadLess:
		return "upload-less"
	case CaptureOnly:
		return "capture-only"
	case Dormant:
		return "dormant"
	}
	return "normal"
}

// parseRung is the rung of that name.
func parseRung(name string) (Rung, bool) {
	for r := range Rung(rungs) {
		if r.String() == name {
			return r, true
		}
	}
	return Normal, false
}
