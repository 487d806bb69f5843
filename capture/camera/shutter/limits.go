package shutter

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
)

// Limits are what the camera can do. Zero of a value is unknown, and nothing is
// checked against it; Shortest and the distance of upload sessions always are.
type Limits struct {
	// Shortest is the least interval at which the camera can be fired. Default 5s,
	// and never less.
	Shortest time.Duration `toml:"shortest"`
	// Buffer is how many shots the camera takes in before it has to write one.
	Buffer int `toml:"buffer"`
	// WriteTime is how long it writes one shot to its card.
	WriteTime time.Duration `toml:"write_time"`
	// CardMB is the card's room in millions of bytes.
	CardMB int64 `toml:"card_mb"`
	// ShotKB is the size of one shot, all its files together, in thousands of bytes.
	ShotKB int64 `toml:"shot_kb"`
	// TransferKBs is how fast pictures are fetched, in thousands of bytes a second.
	TransferKBs int64 `toml:"transfer_kbs"`
	// ListTime is how long gphoto2 takes to list the largest folder of the card, where it
	// is the fetcher: about 20 ms for each file. A shot in between ends that.
	ListTime time.Duration `toml:"list_time"`
}

const (
	// shortest is the fastest that a remote socket is fired.
	shortest = 5 * time.Second
	// minFetch is the least time between two bulk fetches.
	minFetch = 5 * time.Minute
	// least is what an upload session has where its block ends sooner, as package
	// session gives it.
	least = 5 * time.Minute
	// maxFetch is the longest time that an upload session gives a fetch.
	maxFetch = time.Hour
	// horizon is how much of the schedule is checked: a week, and the day on which
	// the next begins.
	horizon = 8 * 24 * time.Hour
	// The bounds of Limits.
	maxBuffer   = 10_000
	maxWrite    = time.Hour
	maxCardMB   = 10_000_000  // 10 TB
	maxShotKB   = 10_000_000  // 10 GB
	maxTransfer = 100_000_000 // 100 GB/s
	maxListTime = 30 * time.Minute
	// maxTake is the longest transfer that is told, in seconds: ten years.
	maxTake = 10 * 366 * 24 * 60 * 60
)

// DefaultLimits knows nothing of the camera.
func DefaultLimits() Limits { return Limits{Shortest: shortest} }

// Validate reports every value that cannot be used, as invalid.Values.
func (l Limits) Validate() error {
	var list invalid.List
	if l.Shortest < shortest || l.Shortest > time.Hour {
		list.Add("shortest", l.Shortest, "a duration from 5s to 1h")
	}
	if l.Buffer < 0 || l.Buffer > maxBuffer {
		list.Add("buffer", l.Buffer, "0 (unknown) to "+strconv.Itoa(maxBuffer))
	}
	if l.WriteTime < 0 || l.WriteTime > maxWrite {
		list.Add("write_time", l.WriteTime, "0s (unknown) or a duration up to 1h")
	}
	if l.ListTime < 0 || l.ListTime > maxListTime {
		list.Add("list_time", l.ListTime, "0s (unknown) or a duration up to 30m")
	}
	for _, v := range []struct {
		key         string
		value, most int64
	}{{"card_mb", l.CardMB, maxCardMB}, {"shot_kb", l.ShotKB, maxShotKB}, {"transfer_kbs", l.TransferKBs, maxTransfer}} {
		if v.value < 0 || v.value > v.most {
			list.Add(v.key, v.value, "0 (unknown) to "+strconv.FormatInt(v.most, 10))
		}
	}
	return list.Err()
}

// Check holds a schedule against the camera's limits, for the eight days from a time
// on. Its error holds an invalid.Value for each limit that is exceeded, the first time
// it is, with the sums: such a plan loses pictures. Begin it anew where an event
// replaces the weekly schedule.
func (c Config) Check(s *schedule.Schedule, from time.Time) error {
	l := c.Limits
	if c.Fetch != FetchGPhoto {
		l.ListTime = 0 // a card is read beside the shots
	}
	var list invalid.List
	check := check{Limits: l, s: s, from: from, to: from.Add(horizon), list: &list}
	check.fires()
	check.fetches()
	return list.Err()
}

// check is one Check under way.
type check struct {
	Limits
	s        *schedule.Schedule
	from, to time.Time
	list     *invalid.List
}

// fires checks each shot against the one before and the buffer.
func (c *check) fires() {
	var last schedule.Slot
	var busy time.Time // until when the camera writes what it has
	tooFast, full := false, false
	burst := 0
	for slot := range c.s.Between(schedule.Capture, c.from, c.to) {
		gap := slot.At.Sub(last.At)
		if !last.At.IsZero() && gap < max(c.Shortest, shortest) && !tooFast {
			tooFast = true
			c.list.Add("shortest", max(c.Shortest, shortest), fmt.Sprintf("at most what the plan has between shots: %q and %q fire %s apart, at %s and %s",
				last.Session, slot.Session, text(gap), c.local(last.At), c.local(slot.At)))
		}
		if !busy.After(slot.At) {
			busy, burst = slot.At, 0
		}
		burst++
		busy = busy.Add(c.WriteTime)
		held := (int64(busy.Sub(slot.At)) + int64(c.WriteTime) - 1) / max(1, int64(c.WriteTime)) // shots that are not written yet, this one among them
		if c.Buffer > 0 && c.WriteTime > 0 && held > int64(c.Buffer) && !full {
			full = true
			c.list.Add("buffer", c.Buffer, fmt.Sprintf("room for %d shots: %q fires every %s and one takes %s to write, so that shot %d in a row, at %s, finds the buffer full",
				held, slot.Session, text(gap), text(c.WriteTime), burst, c.local(slot.At)))
		}
		if tooFast && (full || c.Buffer == 0 || c.WriteTime == 0) {
			return
		}
		last = slot
	}
}

// fetches checks the upload sessions against each other and the shots between.
func (c *check) fetches() {
	if _, ok := c.s.Next(schedule.Capture, c.from); !ok {
		return
	}
	slot, ok := c.s.Next(schedule.Upload, c.from)
	if !ok || !slot.At.Before(c.to) {
		c.list.Add("", "", "an upload session within eight days: without one the camera's pictures are never fetched")
		return
	}
	f := fetchCheck{check: c, since: c.from}
	if before, ok := c.s.Last(schedule.Upload, c.from.Add(1)); ok && c.from.Sub(before.At) < horizon {
		f.since = before.At
	}
	for slot.At.Before(c.to) {
		next, ok := c.s.Next(schedule.Upload, slot.At)
		if !ok {
			next = schedule.Slot{At: c.to}
		}
		f.fetch(slot, next)
		slot = next
	}
}

// fetchCheck goes through the upload sessions.
type fetchCheck struct {
	*check
	since                  time.Time // the upload before
	left                   int64     // kB that it did not fetch
	tooClose, full, slowly bool      // said already
	unlisted               bool      // so
}

func (f *fetchCheck) fetch(slot, next schedule.Slot) {
	if gap := next.At.Sub(slot.At); gap < minFetch && next.Kind == schedule.Upload && !f.tooClose {
		f.tooClose = true
		f.list.Add("", "", fmt.Sprintf("at least %s between upload sessions, for the camera's pictures are fetched at each: %q and %q are %s apart, at %s and %s",
			text(minFetch), slot.Session, next.Session, text(gap), f.local(slot.At), f.local(next.At)))
	}
	shots := int64(f.s.Count(schedule.Capture, f.since, slot.At))
	kb := f.left + shots*f.ShotKB
	if f.CardMB > 0 && kb > f.CardMB*1000 && !f.full {
		f.full = true
		f.list.Add("card_mb", f.CardMB, fmt.Sprintf("room for %d MB: %d shots of %d kB between the uploads at %s and %s, and %d MB from before",
			(kb+999)/1000, shots, f.ShotKB, f.local(f.since), f.local(slot.At), f.left/1000))
	}
	f.since, f.left = slot.At, 0
	f.pauses(slot, next)
	if f.TransferKBs == 0 {
		return
	}
	last := next.At.After(slot.Ends)
	// Half of the session is for the uploads.
	has := min(min(max(least, slot.Ends.Sub(slot.At)), next.At.Sub(slot.At))/2, maxFetch)
	f.left = max(0, kb-f.TransferKBs*int64(has/time.Second))
	if f.left > 0 && last && !f.slowly {
		f.slowly = true
		f.list.Add("transfer_kbs", f.TransferKBs, fmt.Sprintf("as much as upload session %q has time for: at %s it has %d MB to fetch, which takes %s, and it gives that %s",
			slot.Session, f.local(slot.At), kb/1000, text(time.Duration(min(kb/f.TransferKBs, maxTake))*time.Second), text(has)))
	}
}

// shotRest is what a shot takes of the time until the next.
const shotRest = 2 * time.Second

// pauses checks that the shots leave gphoto2 the time for the largest folder, and for a
// picture, from an upload session on: one pause is enough.
func (f *fetchCheck) pauses(slot, next schedule.Slot) {
	need := f.ListTime
	if need > 0 && f.TransferKBs > 0 {
		need = max(need, time.Duration(f.ShotKB/f.TransferKBs)*time.Second)
	}
	if need == 0 || f.unlisted {
		return
	}
	end := slot.At.Add(min(next.At.Sub(slot.At), maxFetch))
	at, longest := slot.At, time.Duration(0)
	for shot := range f.s.Between(schedule.Capture, slot.At, end) {
		longest = max(longest, shot.At.Sub(at))
		at = shot.At
	}
	if longest = max(longest, end.Sub(at)) - shotRest; longest < need {
		f.unlisted = true
		f.list.Add("list_time", f.ListTime, fmt.Sprintf("a pause between shots of %s or more at upload session %q: at %s the shots leave %s at most; leave a longer one, set delete_fetched, or use a smaller card",
			text(need+shotRest), slot.Session, f.local(slot.At), text(longest)))
	}
}

// text is a duration without what is zero: "5m", not "5m0s".
func text(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// local is a time as the site's people say it.
func (c *check) local(t time.Time) string { return t.In(c.s.Zone()).Format("Mon 2006-01-02 15:04:05") }
