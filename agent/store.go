package agent

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/second"
)

const (
	// fullSoon is how far ahead a card that fills up is reported: a week leaves
	// time for a drive to the site.
	fullSoon = 7 * 24 * time.Hour
	// fullLater is how far ahead it must be to be reported no more: a forecast by
	// whole days moves at midnight.
	fullLater = 8 * 24 * time.Hour
	// backlogDays is how many days' photos may wait before a backlog that grows is
	// reported: one outage of a day is none.
	backlogDays = 2
	// backlogShrunk is how many of them must be left for it to be reported no more.
	backlogShrunk = 1
	// adviceHolds is how long an advice on the backlog is good: it rests on days.
	adviceHolds = time.Hour
	// thinnedNews is how long after the last photo was thinned out that stays
	// reported.
	thinnedNews = 24 * time.Hour
	// copyAhead is how far second.State.Waiting is looked ahead.
	copyAhead = 64
)

// raiseCount raises a condition whose text counts photos, or clears it at none.
func (a *Agent) raiseCount(name health.Name, n int64, text string) {
	if n == 0 {
		a.health.Clear(name)
		return
	}
	a.raise(name, fmt.Sprintf(text, photos(n)))
}

func photos(n int64) string {
	if n == 1 {
		return "1 photo"
	}
	return fmt.Sprintf("%d photos", n)
}

func (a *Agent) raise(name health.Name, text string) { a.health.Raise(name, name.Severity(), text) }

// raiseIf raises the condition, or clears it. Most looks find nothing wrong: text
// is only made for what is.
func (a *Agent) raiseIf(bad bool, name health.Name, text func() string) {
	if bad {
		a.raise(name, text())
	} else {
		a.health.Clear(name)
	}
}

// reportOpening says what opening the queue, or a look at all of it, found.
func (a *Agent) reportOpening(r queue.Recovery) {
	if r.Unadopted > 0 {
		a.raise(health.CardFull, fmt.Sprintf("no room in the index for %s on the card, or they can't be read: they are tried again daily", photos(int64(r.Unadopted))))
	}
	if r.Rebuilt {
		text := fmt.Sprintf("the index was made anew from %s on the card", photos(int64(r.Adopted)))
		if r.Damage != "" {
			text += ": " + r.Damage
		}
		a.raise(health.IndexRebuilt, text)
	}
	a.reportDamaged(r.Damaged)
	if r.Foreign > 0 {
		a.raise(health.ForeignFiles, fmt.Sprintf("%d files among the photos are not ours, left alone: %q", r.Foreign, r.ForeignNames))
	}
}

// reportDamaged says how many photos were found damaged since the start. It may be
// called from any goroutine.
func (a *Agent) reportDamaged(more int) {
	if n := a.damaged.Add(int64(more)); n > 0 {
		a.raise(health.PhotoDamaged, fmt.Sprintf("found damaged on the card: %s, set aside in the directory damaged", photos(n)))
	}
}

// watchQueue reports photos that will not reach the cloud on their own, and a card
// or a backlog that grows full.
func (a *Agent) watchQueue() {
	if r := a.queue.Recovery(); r.SetAside != a.aside { // made anew while in use
		a.aside = r.SetAside
		a.reportOpening(r)
	}
	s := a.queue.Stats()
	a.raiseCount(health.UploadRefused, s.Refused, "the cloud refused %s: see \"fieldcam queue list --only refused\"")
	a.raiseCount(health.PhotoLost, s.Lost, "%s vanished from the card or changed on it before the cloud had them")
	f := s.Forecast
	then := "no photo is taken"
	if a.o.Config.Queue.WhenFull == queue.Thin {
		then = "the oldest waiting photos are thinned out"
	}
	ahead, backlog := fullSoon, float64(backlogDays)
	if a.filling {
		ahead = fullLater
	}
	if a.growing {
		backlog = backlogShrunk
	}
	a.filling = f.Full > 0 && f.Full < ahead
	a.raiseIf(a.filling, health.CardFilling, func() string {
		return fmt.Sprintf("the card is full in %s at this rate; then %s", days(f.Full), then)
	})
	a.growing = f.Days > 0 && f.InBytes > f.OutBytes && float64(s.WaitingBytes) > backlog*f.InBytes && s.Waiting > 0
	a.raiseIf(a.growing, health.BacklogGrowing, func() string { return a.backlogText(s) })
	if a.looked && s.Thinned > a.thinned { // at a start it is an old story
		a.thinnedAt = time.Now()
	}
	a.thinned, a.looked = s.Thinned, true
	recent := !a.thinnedAt.IsZero() && time.Since(a.thinnedAt) < thinnedNews
	a.raiseIf(recent, health.PhotosThinned, func() string {
		return fmt.Sprintf("the card was full: %s deleted in all before the cloud had them, as when_full = \"thin\" says", photos(s.Thinned))
	})
}

// backlogText says that the backlog grows, and what to do. The advice takes some
// milliseconds, and holds for a while.
func (a *Agent) backlogText(s queue.Stats) string {
	if a.advised.IsZero() || time.Since(a.advised) > adviceHolds {
		a.advised, a.advice = time.Now(), "send more at each session, or take fewer"
		if advice := a.advise(); advice.Growing {
			a.advice = advice.Text
		}
	}
	return fmt.Sprintf("%s wait, and %.0f a day come while %.0f go: %s", photos(s.Waiting), s.Forecast.In, s.Forecast.Out, a.advice)
}

// days is d for a person who plans.
func days(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%d hours", int(math.Ceil(d.Hours())))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// openCopy reads a photo that only the second copy holds.
func (a *Agent) openCopy(m photo.Meta) (io.ReadSeekCloser, error) {
	if a.second == nil { // while the queue is being opened
		return nil, errors.New("open second copy: not yet")
	}
	f, err := a.second.Open(m)
	if errors.Is(err, second.ErrDamaged) {
		err = fmt.Errorf("%w: %w", queue.ErrDamaged, err)
	}
	return f, err
}

// copyDisk is the disk of the second copy that is mounted; empty for none.
func (a *Agent) copyDisk() string {
	if a.second == nil { // while the queue is being opened
		return ""
	}
	return a.second.Disk()
}

// missingCopies looks which photos that disk hasn't got.
func (a *Agent) missingCopies(disk string, all []photo.Meta) ([]uint64, error) {
	if a.second == nil {
		return nil, errors.New("look at second copies: not yet")
	}
	return a.second.Missing(disk, all)
}

// shooting tells whether a photo is being taken.
func (a *Agent) shooting() bool { return a.capture.State().Shooting }

// watchSecond reports on the second copy.
func (a *Agent) watchSecond() {
	s := a.second.State()
	if !s.Configured || !s.Looked {
		return
	}
	absent, full := errors.Is(s.Err, second.ErrAbsent), errors.Is(s.Err, second.ErrFull)
	because := func(what string) func() string { return func() string { return what + s.Err.Error() } }
	a.raiseIf(absent, health.CopyMissing, because("no disk for the second copy: "))
	a.raiseIf(full, health.CopyFull, because("the second copy is full: "))
	a.raiseIf(s.Err != nil && !absent && !full, health.CopyFault, because("photos are not copied: "))
}

// secondStatus is the second copy's, for a person; nil where none is configured.
func (a *Agent) secondStatus() *control.Second {
	s := a.second.State()
	if !s.Configured {
		return nil
	}
	c := &control.Second{
		Mounted: s.Mounted, Disk: s.Disk, Waiting: s.Waiting, More: s.Waiting >= copyAhead,
		Copied: s.Copied, Deleted: s.Deleted, Skipped: s.Skipped, FreeBytes: s.FreeBytes, TotalBytes: s.TotalBytes,
	}
	if s.Err != nil {
		c.Error = s.Err.Error()
	}
	return c
}
