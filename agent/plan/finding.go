package plan

import (
	"fmt"
	"sort"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/pause"
	"fieldcam/config"
)

// Code names a kind of Finding. It never changes.
type Code string

// The findings.
const (
	NoCapture       Code = "no-capture"            // no photo is due in the next 7 days
	NoUpload        Code = "no-upload"             // no upload session in the next 7 days
	TooDense        Code = "too-dense"             // more slots a day than anybody can want
	LinkTooSlow     Code = "link-too-slow"         // the upload sessions' time can't carry the photos
	UploadTooSmall  Code = "upload-too-small"      // the upload sessions' limits can't
	UploadTooNarrow Code = "upload-too-narrow"     // no upload session sends what is older
	OverBudget      Code = "over-budget"           // more data than the month's budget
	CardTooSmall    Code = "card-too-small"        // the card fills up, or holds no outage
	WindowCovers    Code = "window-covers-uploads" // a maintenance window leaves a day without uploads
	NamesCollide    Code = "names-collide"         // names that people or the ledger can't tell apart
	Shadowed        Code = "session-shadowed"      // a session that changes nothing
	EventsOverlap   Code = "events-overlap"
	EventOver       Code = "event-over"
	EventEmpty      Code = "event-without-capture"
	EventSilent     Code = "event-without-check-in"
	ShotOver        Code = "shot-over"
	ShotPaused      Code = "shot-paused"
	PauseLong       Code = "pause-long"
	LowPower        Code = "low-power"       // Low Power Mode would miss shots
	PolarSun        Code = "polar-sun"       // sessions by a sun that does not rise or set on some days
	FiguresMissing  Code = "figures-missing" // what could not be checked
)

// Finding is one thing that a person should know of a plan.
type Finding struct {
	Code     Code            `json:"code"`
	Severity health.Severity `json:"severity"`
	// Text says what is so, with the sums; one or more sentences.
	Text string `json:"text"`
	// Advice says what to change; empty where nothing needs to be.
	Advice string `json:"advice,omitempty"`
	// More is how many others of its kind are left out behind it; its text says so.
	More int `json:"more,omitempty"`
}

// Facts are what a controller that runs knows. Zero is: unknown.
type Facts struct {
	// Kbps is the goodput of the last uploads, in kilobits a second.
	Kbps float64
	// PhotoBytes is the mean size of the last photos.
	PhotoBytes int64
	// FreeBytes is what photos can still take on the card.
	FreeBytes int64
	// BacklogPhotos and BacklogBytes wait for the cloud.
	BacklogPhotos, BacklogBytes int64
	// MonthBytes is the data used since the month began, in UTC.
	MonthBytes int64
	// Pause is the person's.
	Pause pause.State
	// Windows are the maintenance windows that the cloud has announced, beside those
	// of the configuration.
	Windows []Announced
}

// Announced is a maintenance window that the cloud has announced: From <= t < Until.
type Announced struct {
	Name        string
	Class       maintenance.Class
	From, Until time.Time
}

// Check says what a person should know of the plan of c, which must be valid, at
// the wall time now: the worst first, none where all is well, and of very many of a
// kind the first ten. An error means that
// c is not valid.
func Check(c config.Config, f Facts, now time.Time) ([]Finding, error) {
	p, err := New(c, f)
	if err != nil {
		return nil, fmt.Errorf("check plan: %w", err)
	}
	s := &subject{Plan: p, facts: f, now: now, counts: map[span]int{}}
	s.busiest = s.findBusiest()
	var all []Finding
	for _, check := range checks() {
		all = append(all, check(s)...)
	}
	sort.SliceStable(all, func(i, j int) bool { return rank(all[i].Severity) < rank(all[j].Severity) })
	return told(all), nil
}

// maxTold is how many findings of one kind are told, of each severity: a person
// mends one, and looks again.
const maxTold = 10

// told is all without those beyond maxTold; the last of a kind says how many.
func told(all []Finding) []Finding {
	type kind struct {
		Code
		health.Severity
	}
	n, last := map[kind]int{}, map[kind]int{}
	kept := all[:0]
	for _, f := range all {
		k := kind{f.Code, f.Severity}
		if n[k]++; n[k] <= maxTold {
			last[k] = len(kept)
			kept = append(kept, f)
		}
	}
	for k, i := range last {
		if more := n[k] - maxTold; more > 0 {
			kept[i].More = more
			kept[i].Text += "; and " + count(more) + " more of this kind"
		}
	}
	return kept
}

// checks lists what is checked, in the order of telling.
func checks() []func(*subject) []Finding {
	return []func(*subject) []Finding{
		(*subject).captures, (*subject).density, (*subject).uploads, (*subject).narrow, (*subject).link, (*subject).budget, (*subject).card, (*subject).lowPower,
		(*subject).covered, (*subject).checkEvents, (*subject).checkShots, (*subject).checkPauses, (*subject).names, (*subject).shadows,
		(*subject).polar, (*subject).missing,
	}
}

// rank orders severities, the worst first.
func rank(s health.Severity) int {
	switch s {
	case health.Critical:
		return 0
	case health.Warning:
		return 1
	}
	return 2
}

// subject is what is checked.
type subject struct {
	*Plan
	facts   Facts
	now     time.Time
	busiest busyDay
	counts  map[span]int // what due has counted
}

// horizon is how far ahead photos must be due.
const horizon = 7 * day

const day = 24 * time.Hour

func warning(code Code, advice, format string, a ...any) Finding {
	return Finding{Code: code, Severity: health.Warning, Text: fmt.Sprintf(format, a...), Advice: advice}
}

func info(code Code, advice, format string, a ...any) Finding {
	return Finding{Code: code, Severity: health.Info, Text: fmt.Sprintf(format, a...), Advice: advice}
}
