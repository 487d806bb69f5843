package gphoto

import (
	"context"
	"time"

	"fieldcam/capture/camera/fetched"
)

const (
	// settleTime is how long after its shot a picture is on the card at the latest, as
	// package capture has it: a full buffer of 20 shots at 1 s to 2 s each.
	settleTime = time.Minute
	// apart is by how much two clocks must differ for it to matter by which of them a
	// picture is taken for: package capture joins pictures and shots that are 10 s apart.
	apart = 5 * time.Second
	// eraSpread is by how much the time of a picture can be off, by whatever clock: a
	// file's is that of its writing.
	eraSpread = shotSpread
)

// reading is a look at the camera's clock.
type reading struct {
	shown time.Time // as if it showed UTC
	at    time.Time // by package time; zero for none
}

// era is the camera's clock from one setting, or jump, to the next: as it was read by this
// process, whatever our clock shows; else by how much it was ahead of UTC.
type era struct {
	read    reading
	aheadBy time.Duration
}

// ahead is by how much the clock is ahead of UTC, as our clock has it now.
func (e era) ahead(now time.Time) time.Duration {
	if e.read.at.IsZero() {
		return e.aheadBy
	}
	return e.read.shown.Add(time.Since(e.read.at)).Sub(now)
}

// exposed is by which clock a file is that was not fetched.
type exposed struct {
	time time.Time // by that clock, as if it showed UTC
	by   era
}

// loadSetting loads what is known of the last setting, where that has not been done.
func (c *Camera) loadSetting() error {
	if c.clock.eras != nil {
		return nil
	}
	left, err := c.clock.settings.load()
	c.clock.eras = map[fetched.Key]exposed{}
	for _, f := range left {
		c.clock.eras[fetched.Key{Path: f.Path, Size: f.Size}] = exposed{f.Time, era{aheadBy: f.Ahead}}
	}
	return err
}

// jumped takes note of a clock that has not gone on from was, by itself or for a person:
// the pictures of the time before are by the old one.
func (c *Camera) jumped(was reading) {
	is := c.clock.read
	if !was.at.IsZero() && (is.shown.Sub(was.shown)-is.at.Sub(was.at)).Abs() > apart {
		c.clock.before = was
	}
}

// maySet tells whether a List is to set the camera's clock once it has the card's files. A
// picture appears on the card a while after its shot. By a clock that was behind it is from
// before the setting then, but by one that was ahead it could be any later shot's: before
// such a clock is set it waits until there is no such picture, and the card is to be listed
// anew.
func (c *Camera) maySet(ctx context.Context) (set, anew bool, err error) {
	if !c.clockDue() || c.clock.ahead <= apart {
		return c.clockDue(), false, nil
	}
	waited := !c.clock.waited.IsZero() && time.Since(c.clock.waited) <= clockPause
	deadline, ok := ctx.Deadline()
	if waited || ok && time.Until(deadline) < 2*settleTime { // it needs some for the card as well
		return false, false, nil
	}
	c.clock.waited = time.Now()
	if !pause(ctx, settleTime) {
		return false, false, ctx.Err()
	}
	return true, true, nil
}

// eraOf is by which clock of the camera's a file was exposed.
func (c *Camera) eraOf(f remote, now time.Time) era {
	if e, ok := c.clock.eras[eraKey(f)]; ok && near(e.time, f.time, timeSpread) {
		return e.by
	}
	is, before, from := era{read: c.clock.read}, era{aheadBy: c.clock.settings.last.Ahead}, c.clock.settings.last.At
	if r := c.clock.before; !r.at.IsZero() {
		before, from = era{read: r}, now.Add(-time.Since(r.at))
	}
	if from.After(now) { // our clock was set back, or is not right
		return is
	}
	within := func(e era, from, to time.Time) bool {
		at := f.time.Add(-e.ahead(now))
		return !at.Before(from.Add(-eraSpread)) && !at.After(to.Add(eraSpread))
	}
	if within(is, from, now) {
		return is
	}
	// Not by the clock as it is: by that as the last setting left it, which an earlier process
	// saw last, or by the one of before. One that was set was so until then, and no longer. A
	// clock that was never set is taken to have been right.
	until := now
	if c.clock.before.at.IsZero() {
		until = from.Add(settleTime)
		set := from
		if set.IsZero() {
			set = now
		}
		_, offset := set.In(c.o.Zone).Zone()
		if left := (era{aheadBy: time.Duration(offset) * time.Second}); within(left, from, now) {
			return left
		}
	}
	if !from.IsZero() && within(before, time.Time{}, until) {
		return before
	}
	return is
}

// exposedAt is when a file was exposed, by the camera's clock as it is now; zero where
// nothing tells.
func (c *Camera) exposedAt(f remote, now time.Time) time.Time {
	if !c.clock.known || f.time.IsZero() {
		return f.at(c.o.Zone)
	}
	return f.time.Add(c.aheadNow(now) - c.eraOf(f, now).ahead(now))
}

// aheadNow is by how much the camera's clock is ahead of the site's, or was as the newest
// fetched file of a slot shows; 0 where nothing tells.
func (c *Camera) aheadNow(now time.Time) time.Duration {
	if c.clock.known {
		_, offset := now.In(c.o.Zone).Zone()
		return (era{read: c.clock.read}.ahead(now) - time.Duration(offset)*time.Second).Round(time.Second)
	}
	return c.list.Ahead()
}

// learnEras takes note of by which clock the files were exposed that are not fetched yet:
// what was found out of one stays.
func (c *Camera) learnEras(shots map[string][]remote, now time.Time) {
	if !c.clock.known {
		return
	}
	eras := map[fetched.Key]exposed{}
	for _, files := range shots {
		for _, f := range files {
			eras[eraKey(f)] = exposed{f.time, c.eraOf(f, now)}
		}
	}
	c.clock.eras = eras
}

func eraKey(f remote) fetched.Key { return fetched.Key{Path: f.path, Size: f.size} }

// setAfter sets the camera's clock after a listing. That the camera does not take it is no
// error: the listing is good.
func (c *Camera) setAfter(ctx context.Context, at where, now time.Time) {
	s := setting{At: now, Ahead: era{read: c.clock.read}.ahead(now)}
	for key, e := range c.clock.eras {
		s.Left = append(s.Left, leftFile{Path: key.Path, Size: key.Size, Time: e.time, Ahead: e.by.ahead(now)})
	}
	err := c.clock.settings.keep(s)
	if err == nil {
		c.clock.before = reading{}
		if err = c.setClock(ctx, at); err != nil {
			c.met, c.clock.unsure = time.Time{}, true // nobody knows what it shows now
		}
	}
	c.tell("set clock", err != nil, func() { c.o.Log.Warn().Err(err).Msg("the camera's clock not set") })
}
