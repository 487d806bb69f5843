package session

import (
	"fmt"
	"math"
	"strings"
	"time"

	"fieldcam/capture/schedule"
)

const (
	// advisedDays is how far ahead sessions are added up: most schedules differ by
	// weekday.
	advisedDays = 7
	// maxAdvised bounds the slots that are looked at. Of more, the rest is taken to
	// be as the first.
	maxAdvised = 4096
	// noise is how many photos a day are no growth: rates are means of a few days.
	noise = 0.5
)

// Load is what the upload sessions have to carry. Numbers below zero count as 0.
type Load struct {
	// Waiting photos, and their bytes.
	Waiting, WaitingBytes int64
	// In are the photos that come in a day, InBytes their bytes: of the last days,
	// or, before a first photo, by the plan.
	In, InBytes float64
	// Out are the photos a day that the cloud has taken of late; Measured: that is
	// known.
	Out      float64
	Measured bool
	// PhotoBytes is a photo's size. 0 is that of those that come, or wait; where
	// there is neither, limits by bytes and the link are left out.
	PhotoBytes int64
	// Kbps is what the link carries, in kilobits (10^3 bits) a second; 0 is unknown,
	// and leaves the link and limits by minutes out.
	Kbps int
}

// Advice is what becomes of the backlog by the plan.
type Advice struct {
	// Growing: more comes than goes, by Text's reason; then Text is a sentence for a
	// person who plans, without a full stop. Empty where the sessions will do.
	Growing bool
	Text    string
	// Sends is how many photos a day the sessions can send; +Inf where nothing that
	// is known limits them.
	Sends float64
	// Growth is how many photos a day the backlog grows by; below zero it shrinks.
	Growth float64
	// Empty: nothing waits in so long. 0 where nothing waits, or where that is not
	// to be expected in ten years.
	Empty time.Duration
}

// longestEmpty is where a forecast ends.
const longestEmpty = 3650 * 24 * time.Hour

// Advise tells whether the upload sessions of the week from at on can send what
// comes, and what to change where they can't. It is pure, and takes milliseconds.
func Advise(s *schedule.Schedule, at time.Time, l Load) Advice {
	l = l.whole()
	c := capacityOf(s, at, l)
	a := Advice{Sends: min(c.limits, c.link)}
	a.Growth = l.In - a.Sends
	switch {
	case l.In < noise && l.Waiting == 0:
	case c.slots == 0:
		a.Text = fmt.Sprintf("no upload session in the next %d days, and %s a day come: add one", advisedDays, number(l.In))
	case c.limits <= c.link && a.Growth > noise:
		a.Text = fmt.Sprintf("upload session %q sends %s at each slot, and %s a day more come than can leave: %s, or add an End of Day Uploading",
			c.name, c.limit, number(a.Growth), c.change)
	case a.Growth > noise:
		a.Text = fmt.Sprintf("at %d kbit/s the sessions' %s hours a day carry %s photos, and %s come: lengthen the sessions, or take fewer or smaller photos",
			l.Kbps, number(c.hours), number(c.link), number(l.In))
	case l.Measured && l.In-l.Out > noise && l.Waiting > 0:
		a.Growth = l.In - l.Out
		a.Text = fmt.Sprintf("%s photos a day come and %s go, though the sessions may send more: the cloud was not reached, or the link is too slow for them",
			number(l.In), number(l.Out))
	}
	if a.Growing = a.Text != ""; a.Growing {
		a.Text += fmt.Sprintf("; %d wait, and in a week %s", l.Waiting, number(float64(l.Waiting)+7*max(a.Growth, 0)))
		return a
	}
	if days := float64(l.Waiting) / -a.Growth; l.Waiting > 0 && days < longestEmpty.Hours()/24 {
		a.Empty = max(time.Duration(days*24*float64(time.Hour)), 1)
	}
	return a
}

// whole is l without what makes no sense, and with a photo's size where that is
// known.
func (l Load) whole() Load {
	l.Waiting, l.WaitingBytes, l.PhotoBytes, l.Kbps = max(l.Waiting, 0), max(l.WaitingBytes, 0), max(l.PhotoBytes, 0), max(l.Kbps, 0)
	l.In, l.InBytes, l.Out = positive(l.In), positive(l.InBytes), positive(l.Out)
	switch {
	case l.PhotoBytes > 0:
	case l.In > 0 && l.InBytes > 0:
		l.PhotoBytes = int64(min(l.InBytes/l.In, math.MaxInt32))
	case l.Waiting > 0:
		l.PhotoBytes = l.WaitingBytes / l.Waiting
	}
	return l
}

func positive(f float64) float64 {
	if f > 0 && !math.IsInf(f, 0) {
		return f
	}
	return 0
}

// capacity is what the sessions can send in a day.
type capacity struct {
	slots  int
	limits float64 // photos by the sessions' limits
	link   float64 // photos by the link, in all the time of the blocks
	hours  float64 // of these
	// Of the session that sends most: its name, its limit in words, what to change.
	name, limit, change string
}

func capacityOf(s *schedule.Schedule, at time.Time, l Load) (c capacity) {
	ends := at.Add(advisedDays * 24 * time.Hour)
	bySession := map[string]float64{}
	var most float64
	var busy time.Duration
	covered := at
	for slot := range s.Between(schedule.Upload, at, ends) {
		if c.slots++; c.slots > maxAdvised {
			break
		}
		n, limit, change := limitOf(slot, l)
		c.limits += n
		bySession[slot.Session] += n
		if sum := bySession[slot.Session]; sum > most {
			most, c.name, c.limit, c.change = sum, slot.Session, limit, change
		}
		until := jobOf(slot).ends
		if slot.Time > 0 && slot.At.Add(slot.Time).Before(until) {
			until = slot.At.Add(slot.Time)
		}
		if from := laterOf(slot.At, covered); until.After(from) {
			busy += until.Sub(from)
			covered = until
		}
	}
	scale := 1.0 / advisedDays
	if c.slots > maxAdvised {
		scale *= float64(s.Count(schedule.Upload, at, ends)) / maxAdvised
	}
	c.limits *= scale
	c.hours = min(busy.Hours()*scale, 24)
	c.link = math.Inf(1)
	if l.Kbps > 0 && l.PhotoBytes > 0 {
		c.link = c.hours * 3600 * bytesASecond(l.Kbps) / float64(l.PhotoBytes)
	}
	return c
}

func bytesASecond(kbps int) float64 {
	const bits, kilo = 8, 1000
	return float64(kbps) * kilo / bits
}

// limitOf is how many photos one slot's session sends at the most, in words which
// limit that is, and what would lift it. A first photo always goes.
func limitOf(slot schedule.Slot, l Load) (n float64, limit, change string) {
	n, limit, change = math.Inf(1), "as many as possible", ""
	if slot.Photos > 0 {
		n, limit, change = float64(slot.Photos), count(slot.Photos, "photo"), "set photos = 0"
	}
	if by := float64(slot.Bytes) / float64(l.PhotoBytes); slot.Bytes > 0 && l.PhotoBytes > 0 && by < n {
		n, limit, change = max(math.Floor(by), 1), fmt.Sprintf("%d MB", slot.Bytes/1_000_000), "raise megabytes"
	}
	if slot.Time > 0 && l.PhotoBytes > 0 && l.Kbps > 0 {
		by := slot.Time.Seconds() * bytesASecond(l.Kbps) / float64(l.PhotoBytes)
		if by < n {
			n, limit, change = max(math.Ceil(by), 1), "for "+count(int(slot.Time.Minutes()), "minute"), "raise minutes"
		}
	}
	return n, limit, change
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// number is a rate for a person: whole, or with one digit where it is small.
func number(f float64) string {
	if f >= 10 {
		return fmt.Sprintf("%.0f", f)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0")
}
