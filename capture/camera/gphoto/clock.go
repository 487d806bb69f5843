package gphoto

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"fieldcam/capture/camera/fetched"
)

const (
	// clockTolerance is by how much the camera's clock may be off: it shows whole
	// seconds, and a setting takes one to arrive.
	clockTolerance = 2 * time.Second
	// clockPause is the least time between two settings of a clock. A List doubles it, up
	// to mostClockPause, where the clock does not take them: each may cost it a minute.
	clockPause     = time.Hour
	mostClockPause = 24 * time.Hour
)

// clock is what is known of the camera's clock.
type clock struct {
	known bool
	// unsure: it may have been set since it was read last.
	unsure bool
	ahead  time.Duration // of the site's, when it was read
	set    time.Time     // when it was set last, by package time
	pause  time.Duration // until it is set again, at least clockPause

	// The following are for List. read is how it was read last, before how it was before it
	// jumped, and waited when the last wait began before it is set, by package time.
	read, before reading
	waited       time.Time
	settings     settingFile
	// eras are the files of the newest List that were not fetched; nil before the first.
	eras map[fetched.Key]exposed
}

// wall is the site's wall time, as if it were UTC: as the camera's clock should show it.
func (c *Camera) wall() time.Time {
	now := c.o.Clock.Now().In(c.o.Zone)
	_, offset := now.Zone()
	return now.Add(time.Duration(offset) * time.Second).UTC()
}

// readClock compares the camera's clock, where it was told, with the site's.
func (c *Camera) readClock(s *said) {
	if s.clock.IsZero() {
		return
	}
	was := c.clock.known && !c.clockOff()
	c.clock.unsure = false
	c.clock.known, c.clock.ahead = true, s.clock.Sub(c.wall()).Round(time.Second)
	c.clock.read = reading{shown: s.clock, at: time.Now()}
	if !was && !c.clockOff() && !c.clock.set.IsZero() {
		c.o.Log.Info().Msg("camera's clock set")
	}
	c.tell("clock", c.clockOff(), func() {
		c.o.Log.Warn().Dur("ahead", c.clock.ahead).Bool("set", c.clockDue()).Msg("the camera's clock is off")
	})
}

func (c *Camera) clockOff() bool { return c.clock.known && c.clock.ahead.Abs() > clockTolerance }

// clockDue tells whether the clock is to be set: it is off, and ours is right.
func (c *Camera) clockDue() bool {
	again := c.clock.set.IsZero() || time.Since(c.clock.set) > max(c.clock.pause, clockPause)
	return c.cfg.SetClock && c.clockOff() && again && c.o.Clock.Synced()
}

// clockOptions sets the clock, where that is due.
func (c *Camera) clockOptions() []string {
	if !c.clockDue() {
		return nil
	}
	c.clock.set = time.Now()
	return []string{"--set-config", "datetime=" + strconv.FormatInt(c.wall().Unix(), 10)}
}

// setClock sets the clock where that is due, and looks whether the camera took it.
func (c *Camera) setClock(ctx context.Context, w where) error {
	args := c.clockOptions()
	if args == nil {
		return nil
	}
	s := newSaid()
	args = append(w.options(c.cfg.network()), args...)
	if err := c.ask(ctx, askTime, s, append(args, "--get-config", "datetime")...); err != nil {
		return fmt.Errorf("set the camera's clock: %w", err)
	}
	c.heard(s, w)
	if c.clockOff() {
		c.clock.pause = min(2*max(c.clock.pause, clockPause), mostClockPause)
	} else {
		c.clock.pause = 0
	}
	return nil
}
