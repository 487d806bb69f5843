package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/maintenance"
	"fieldcam/agent/pause"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// Plan is a configuration's schedule and maintenance windows, with what a running
// controller knows of them. It never changes.
type Plan struct {
	zone     *time.Location
	parts    schedule.Plan
	schedule *schedule.Schedule
	calendar *maintenance.Calendar
	figures  figures
	events   []Span
	pauses   []Span // as listed, the person's last
	paused   []span // all of them, in order and apart
	extra    []Window
}

// figures are what the configuration expects; 0: it doesn't say.
type figures struct {
	kbps, photoBytes, budgetBytes int64
	uploads                       bool // there is somewhere to upload to
	// lowPower: the camera is in Low Power Mode, where camera is what it can do.
	lowPower bool
	camera   shutter.Config
}

// figuresOf are the figures that c expects.
func figuresOf(c config.Config) figures {
	const kilo, mega = 1000, 1_000_000
	f := figures{
		kbps: int64(c.Link.SpeedKbps), photoBytes: int64(c.Camera.PhotoKB) * kilo, budgetBytes: int64(c.Link.BudgetMB) * mega,
		uploads: c.Upload.URL != "",
	}
	if c.Camera.Kind == config.KindShutter {
		f.lowPower, f.camera = true, c.Camera.Shutter
	}
	return f
}

// byHand is the name of a person's pause without a reason.
const byHand = "paused by hand"

// New makes the plan of c, which must be valid, for a controller with those facts.
func New(c config.Config, f Facts) (*Plan, error) {
	s, err := c.Schedule()
	if err != nil {
		return nil, fmt.Errorf("read schedule: %w", err)
	}
	p := &Plan{zone: s.Zone(), parts: c.Plan(), figures: figuresOf(c)}
	if believable(f.Pause) {
		name := byHand
		if f.Pause.Reason != "" {
			name += ": " + f.Pause.Reason
		}
		s = s.WithPause(name, f.Pause.From, f.Pause.Until)
	}
	p.schedule = s
	if p.calendar, err = maintenance.New(c.Maintenance, maintenance.Options{Device: c.Device, Clock: unset{}, Log: zerolog.Nop()}); err != nil {
		return nil, fmt.Errorf("read maintenance windows: %w", err)
	}
	for _, v := range s.Events() {
		p.events = append(p.events, p.span(v.Name, v.From, v.To))
	}
	for _, v := range s.Pauses() {
		p.pauses = append(p.pauses, p.span(v.Name, v.From, v.To))
		p.paused = append(p.paused, span{v.From, v.To})
	}
	p.paused = merge(p.paused)
	for _, w := range f.Windows {
		p.extra = append(p.extra, Window{p.span(w.Name, w.From, w.Until), w.Class})
	}
	return p, nil
}

// believable tells whether a person's pause can be a part of a schedule: one that
// was set by a clock that never was set can't, and doesn't matter.
func believable(v pause.State) bool {
	const first, last = 2001, 2198 // within what a schedule takes, in every zone
	return v.Until.After(v.From) && v.From.Year() >= first && v.Until.Year() <= last
}

// unset is a clock for a calendar to which no notice comes.
type unset struct{}

func (unset) Now() time.Time { return time.Time{} }
func (unset) Synced() bool   { return false }

// Zone is the site's time zone.
func (p *Plan) Zone() *time.Location { return p.zone }

// Events are the configuration's, in the order of listing.
func (p *Plan) Events() []Span { return slices.Clone(p.events) }

// Midnight is the first instant of a day at the site; of the day after it where the
// calendar skips it. d may be out of the month's days, as of time.Date.
func (p *Plan) Midnight(y int, m time.Month, d int) time.Time {
	const noon = 12 // every day has it
	begin, _ := p.schedule.Day(time.Date(y, m, d, noon, 0, 0, 0, p.zone))
	return begin
}

// Slots is the slots of all kinds from from on and before until, in order.
func (p *Plan) Slots(from, until time.Time) iter.Seq[schedule.Slot] {
	return p.schedule.Upcoming(from, until)
}

// windows are the maintenance windows that share an instant with from <= t < until,
// by their start.
func (p *Plan) windows(from, until time.Time) []Window {
	var all []Window
	for _, o := range p.calendar.Between(from, until) {
		all = append(all, Window{p.span(o.Name, o.Start, o.End), o.Class})
	}
	for _, w := range p.extra {
		if w.overlaps(from, until) {
			all = append(all, w)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].From.Before(all[j].From.Time) })
	return all
}

// Digest tells the plans of two configurations apart: it is the same for two that
// give the same agenda and findings.
func Digest(c config.Config) string {
	const short = 8 // bytes: chance makes two of a technician's files equal never
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v %#v %#v %#v %#v", c.Device, c.TimeZone, c.Plan(), c.Maintenance, figuresOf(c)))
	return hex.EncodeToString(sum[:short])
}
