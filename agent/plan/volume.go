package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/schedule"
)

const (
	// eventsAhead is how far ahead events are looked at for what they do to the
	// volume: people plan weeks ahead, and can still change it then.
	eventsAhead = 62 * day
	// outageDays is how many days of photos a card should hold: a long weekend
	// without the cloud.
	outageDays = 3
	// fullDays is from when on it matters that a card fills up.
	fullDays = 30
	// longLookBack is longer than outages are that nobody looks after.
	longLookBack = 31 * day
	// leastSession is how long an upload session lasts at the least, as in package
	// queue/session.
	leastSession = 5 * time.Minute
	// maxDaySlots is from how many slots a day on nobody can have meant them: one a
	// second are 86,400.
	maxDaySlots = 100_000
)

// kbps is the link's speed; 0 where nobody knows it.
func (s *subject) kbps() float64 {
	if s.facts.Kbps > 0 {
		return s.facts.Kbps
	}
	return float64(s.figures.kbps)
}

// photoBytes is a photo's size; 0 where nobody knows it.
func (s *subject) photoBytes() float64 {
	if s.facts.PhotoBytes > 0 {
		return float64(s.facts.PhotoBytes)
	}
	return float64(s.figures.photoBytes)
}

// bytesPerSecond is kbps in the unit of sums.
func (s *subject) bytesPerSecond() float64 { return s.kbps() * 1000 / 8 }

// weeks are the spans of 7 days whose sums are checked: from now on, and from each
// change that an event brings.
func (s *subject) weeks() []span {
	all := []span{{s.now, s.now.Add(horizon)}}
	for _, e := range s.events {
		for _, t := range []time.Time{e.From.Time, e.Until.Time} {
			if t.After(s.now) && t.Before(s.now.Add(eventsAhead)) {
				all = append(all, span{t, t.Add(horizon)})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].from.Before(all[j].from) })
	return slices.Compact(all)
}

// in says which week it is, after "are due".
func (s *subject) in(w span) string {
	if w.from.Equal(s.now) {
		return "in the next 7 days"
	}
	return "in the 7 days from " + s.date(w.from) + " on"
}

// due is how many photos are due in a span.
func (s *subject) due(w span) int {
	n, known := s.counts[w]
	if !known {
		n = s.schedule.Count(schedule.Capture, w.from, w.until)
		s.counts[w] = n
	}
	return n
}

// busyDay is a day with the slots of all its blocks, by kind: an upper bound, since
// equal instants are one slot.
type busyDay struct {
	begin time.Time
	slots [schedule.CheckIn + 1]int
}

func (d busyDay) sum() (n int) {
	for _, slots := range d.slots {
		n += slots
	}
	return n
}

// findBusiest is the day that has most among those of which sums are made.
func (s *subject) findBusiest() (most busyDay) {
	until := s.now.Add(eventsAhead + horizon)
	for begin, end := s.schedule.Day(s.now); begin.Before(until); begin, end = s.schedule.Day(end) {
		d := busyDay{begin: begin}
		for kind := schedule.Capture; kind <= schedule.CheckIn; kind++ {
			for b := range s.schedule.Blocks(kind, begin, end) {
				d.slots[kind] += b.Slots
			}
		}
		if d.sum() > most.sum() {
			most = d
		}
	}
	return most
}

// dense tells whether there is a day that can't be meant: then no sums are made,
// which could take long, and are about something else.
func (s *subject) dense() bool { return s.busiest.sum() > maxDaySlots }

// density finds schedules that are due more often than anybody can want.
func (s *subject) density() []Finding {
	if !s.dense() {
		return nil
	}
	n := s.busiest.slots
	return []Finding{warning(TooDense, "Check the sessions' every: a shutter cable fires every 5s at the most.",
		"up to %s, %s and %s on %s are more than the %s slots that can be meant; whether link, budget and card take them is not checked",
		many(n[schedule.Capture], "photo"), many(n[schedule.Upload], "upload"), many(n[schedule.CheckIn], "check-in"), s.date(s.busiest.begin), count(maxDaySlots))}
}

// carried is what upload sessions can do in a span.
type carried struct {
	time    time.Duration // in which they run, at the most
	slots   int
	limited bool // each is limited by photos or bytes
	// What the limits add up to where limited; +Inf for what is not.
	photos, bytes float64
}

// carry sums up the upload sessions of a span.
func (s *subject) carry(w span) carried {
	c := carried{limited: true}
	var runs []span // in which a session runs without a pause
	var brief time.Duration
	for _, b := range s.Blocks(w.from, w.until) {
		if b.Kind != schedule.Upload {
			continue
		}
		c.slots += b.Slots
		from, until := b.From.Time, earlier(later(b.Until.Time, b.From.Add(leastSession)), w.until)
		limit, every := seconds(b.LimitSeconds), seconds(b.EverySeconds)
		if limit > 0 && limit < every {
			brief += time.Duration(b.Slots) * limit
		} else {
			if limit > 0 { // they follow each other without a gap
				until = earlier(until, from.Add(time.Duration(b.Slots-1)*every+limit))
			}
			for open := range s.open(schedule.Upload, span{from, until}) {
				runs = append(runs, open)
			}
		}
		c.limited = c.limited && (b.Photos > 0 || b.Bytes > 0)
		c.photos += limitOf(b.Slots, int64(b.Photos))
		c.bytes += limitOf(b.Slots, b.Bytes)
	}
	c.time = min(length(merge(runs))+brief, w.until.Sub(w.from))
	return c
}

// limitOf is what so many slots come to, each of the limit; 0 is none.
func limitOf(slots int, limit int64) float64 {
	if limit == 0 {
		return math.Inf(1)
	}
	return float64(slots) * float64(limit)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// behind is a week in which more comes than goes, and by how much, in photos or
// bytes.
type behind struct {
	Finding
	by float64
}

// worst are the findings of the first week, and of the one that is worst by far.
func worst(all []behind) []Finding {
	if len(all) == 0 {
		return nil
	}
	const far = 1.5
	found := []Finding{all[0].Finding}
	if w := slices.MaxFunc(all, func(a, b behind) int { return cmp.Compare(a.by, b.by) }); w.by > far*all[0].by {
		found = append(found, w.Finding)
	}
	return found
}

// uploads finds weeks whose photos have no upload session, or whose sessions'
// limits are too small for them, at whatever speed.
func (s *subject) uploads() []Finding {
	if !s.figures.uploads || s.dense() {
		return nil
	}
	var none, small []behind
	for _, w := range s.weeks() {
		due := s.due(w)
		if due == 0 {
			continue
		}
		c := s.carry(w)
		want, can := float64(due)*s.photoBytes(), c.bytes
		switch {
		case c.slots == 0:
			none = append(none, behind{warning(NoUpload, "Add an upload session, or make the pause or the event shorter. The photos wait on the card meanwhile.",
				"%s due %s, and no upload session is", are(due, "photo"), s.in(w)), float64(due)})
		case !c.limited:
		case c.photos < float64(due):
			by := due - int(c.photos)
			small = append(small, behind{warning(UploadTooSmall, "Set photos = 0 (as many as possible) in an upload session, or give them at least "+
				many((due+c.slots-1)/c.slots, "photo")+" each.",
				"%s due %s; %s in that time can send %s: %s more wait with every week, and none is given up",
				are(due, "photo"), s.in(w), many(c.slots, "upload session"), count(int(c.photos)), count(by)), float64(by)})
		case can < want:
			small = append(small, behind{warning(UploadTooSmall, fmt.Sprintf("Set megabytes = 0 in an upload session, or give them at least %s each.", size(want/float64(c.slots))),
				"%s of %s are %s %s; %s in that time may send %s: %s more wait with every week, and none is given up",
				many(due, "photo"), size(s.photoBytes()), size(want), s.in(w), many(c.slots, "upload session"), size(can), size(want-can)),
				(want - can) / s.photoBytes()})
		}
	}
	return append(worst(none), worst(small)...)
}

// narrow finds plans whose upload sessions all leave out what is older than they
// look back: after an outage that stays on the card.
func (s *subject) narrow() []Finding {
	var longest time.Duration
	any := false
	for b := range s.schedule.Blocks(schedule.Upload, s.now, s.now.Add(horizon)) {
		c := b.Choice
		if c.LookBack == 0 && c.From.IsZero() && c.To.IsZero() {
			return nil
		}
		any, longest = true, max(longest, c.LookBack)
	}
	if !any || !s.figures.uploads {
		return nil
	}
	const advice = "Leave look_back, first_day and last_day out of one of them: it sends the rest."
	if longest == 0 {
		return []Finding{warning(UploadTooNarrow, advice, "every upload session of the next 7 days sends only photos of certain days: the others wait until somebody asks for them")}
	}
	f := warning(UploadTooNarrow, advice, "every upload session of the next 7 days looks back %s at the most: photos that an outage keeps for longer wait until somebody asks for them", hours(longest))
	if longest >= longLookBack {
		f.Severity = health.Info
	}
	return []Finding{f}
}

// are writes a count with its noun and verb.
func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return many(n, noun) + " are"
}

// link finds weeks whose photos the link can't carry in the upload sessions' time.
func (s *subject) link() []Finding {
	rate, each := s.bytesPerSecond(), s.photoBytes()
	if rate == 0 || each == 0 || !s.figures.uploads || s.dense() {
		return nil
	}
	var slow []behind
	for _, w := range s.weeks() {
		due := s.due(w)
		c := s.carry(w)
		want, can := float64(due)*each, rate*c.time.Seconds()
		if want <= can || c.slots == 0 {
			continue
		}
		advice := fmt.Sprintf("Upload for at least %s in 7 days, or take fewer or smaller photos.", hours(time.Duration(math.Ceil(want/rate/60))*time.Minute))
		if around := rate * horizon.Seconds(); want > around {
			advice = fmt.Sprintf("Take fewer or smaller photos: even around the clock the link carries %s in 7 days, %s photos.", size(around), count(int64(around/each)))
		}
		slow = append(slow, behind{warning(LinkTooSlow, advice, "%s of %s are %s %s; at %.4g kbit/s the upload sessions' %s carry %s: the backlog grows by %s a week",
			many(due, "photo"), size(each), size(want), s.in(w), s.kbps(), hours(c.time), size(can), size(want-can)), want - can})
	}
	return worst(slow)
}
