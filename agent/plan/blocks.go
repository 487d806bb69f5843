package plan

import (
	"cmp"
	"iter"
	"sort"
	"time"

	"fieldcam/capture/schedule"
)

// Block is one block of a session, or a shot, as far as it is asked for.
type Block struct {
	Kind    schedule.Kind `json:"kind"`
	Session string        `json:"session"`         // or the shot's name
	Event   string        `json:"event,omitempty"` // empty: the weekly schedule, or a shot
	From    Instant       `json:"from"`            // the first slot
	Until   Instant       `json:"until"`           // the block's last instant
	// EverySeconds is 0 for a shot.
	EverySeconds float64 `json:"every_seconds,omitempty"`
	// Slots counts those of this block alone, outside of pauses.
	Slots int `json:"slots"`
	// The limits of an upload at each slot; 0: none.
	Photos       int     `json:"photos,omitempty"`
	Bytes        int64   `json:"bytes,omitempty"`
	LimitSeconds float64 `json:"limit_seconds,omitempty"`
}

// reach is how long before a time a block can have begun that holds it: a day, one
// more where the clock is set back or a day is skipped, and one to be sure.
const reach = 3 * day

// Blocks lists the blocks of all kinds that have slots from <= t < until, by their
// first slot there. Of a block that reaches over an end only the part between is
// told, but for its Until.
func (p *Plan) Blocks(from, until time.Time) []Block {
	var all []Block
	for kind := schedule.Capture; kind <= schedule.CheckIn; kind++ {
		for b := range p.schedule.Blocks(kind, from.Add(-reach), until) {
			if block, ok := p.clip(b, from, until); ok {
				all = append(all, block)
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool {
		return cmp.Or(all[i].From.Compare(all[j].From.Time), cmp.Compare(all[i].Kind, all[j].Kind)) < 0
	})
	return all
}

// clip is the part of b from <= t < until; false where that has no slot.
func (p *Plan) clip(b schedule.Block, from, until time.Time) (Block, bool) {
	slots, first := 0, time.Time{}
	for open := range p.open(b.Kind, span{from, until}) {
		n, at := slotsIn(b, open)
		if n > 0 && slots == 0 {
			first = at
		}
		slots += n
	}
	return Block{
		Kind: b.Kind, Session: b.Session, Event: b.Event, From: p.instant(first), Until: p.instant(b.End), EverySeconds: b.Every.Seconds(),
		Slots: slots, Photos: b.Photos, Bytes: b.Bytes, LimitSeconds: b.Time.Seconds(),
	}, slots > 0
}

// open is what the pauses leave of a span for a kind.
func (p *Plan) open(kind schedule.Kind, s span) iter.Seq[span] {
	return func(yield func(span) bool) {
		from := s.from
		if kind != schedule.CheckIn {
			for _, v := range p.paused {
				if end := earlier(v.from, s.until); from.Before(end) && !yield(span{from, end}) {
					return
				}
				from = later(from, v.until)
			}
		}
		if from.Before(s.until) {
			yield(span{from, s.until})
		}
	}
}

// slotsIn counts the slots of b in s, and gives the first.
func slotsIn(b schedule.Block, s span) (n int, first time.Time) {
	from, last := later(b.Begin, s.from), earlier(b.End, s.until.Add(-1))
	if last.Before(from) {
		return 0, time.Time{}
	}
	if b.Every == 0 {
		if from.After(b.Begin) {
			return 0, time.Time{}
		}
		return 1, b.Begin
	}
	skipped := (from.Sub(b.Begin) + b.Every - 1) / b.Every
	return int(last.Sub(b.Begin)/b.Every-skipped) + 1, b.Begin.Add(skipped * b.Every)
}

// span is from <= t < until.
type span struct{ from, until time.Time }

// merge makes one of spans that touch.
func merge(all []span) []span {
	sort.SliceStable(all, func(i, j int) bool { return all[i].from.Before(all[j].from) })
	var merged []span
	for _, s := range all {
		if !s.until.After(s.from) {
			continue
		}
		if n := len(merged); n > 0 && !s.from.After(merged[n-1].until) {
			merged[n-1].until = later(merged[n-1].until, s.until)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// length is the sum of spans that are apart.
func length(all []span) (d time.Duration) {
	for _, s := range all {
		d += s.until.Sub(s.from)
	}
	return d
}
