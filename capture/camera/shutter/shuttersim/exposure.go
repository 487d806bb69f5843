package shuttersim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"fieldcam/hal/sim"
)

// Wire puts it on two lines; half can be nil.
func (c *Camera) Wire(full, half *sim.Line) {
	full.Watch(func(high bool) { c.press(high != c.o.ActiveLow) })
	if half != nil {
		half.Watch(func(high bool) { c.touch(high != c.o.ActiveLow) })
	}
}

// touch is the half-press line.
func (c *Camera) touch(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.half = on
	if on {
		c.rouse()
		if c.open && c.o.Bulb && !c.full {
			c.shut()
		}
	}
	c.used = time.Now()
}

// rouse wakes the camera. c.mu is locked.
func (c *Camera) rouse() {
	if c.o.SleepAfter > 0 && time.Since(c.used) > c.o.SleepAfter {
		c.awake = time.Now().Add(c.o.WakeTime)
	}
}

// press is the full-press line. A press exposes at its beginning.
func (c *Camera) press(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pressed := on && !c.full
	c.full = on
	if !on && c.open && c.o.Bulb && !c.o.BulbEndPress {
		c.shut()
	}
	if !pressed {
		return
	}
	c.presses++
	c.count.Pressed++
	c.rouse()
	c.used = time.Now()
	full := c.o.Buffer > 0 && len(c.buffer) >= c.o.Buffer
	if c.off || c.o.NeedsHalf && !c.half || time.Now().Before(c.awake) || full || c.open && c.o.Bulb {
		return
	}
	if c.o.Late > 0 {
		n := c.presses
		time.AfterFunc(c.o.Late, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.full && c.presses == n {
				c.expose()
			}
		})
		return
	}
	c.expose()
}

// expose opens the shutter. c.mu is locked.
func (c *Camera) expose() {
	c.open, c.opened = true, time.Now()
	if c.o.Contact != nil {
		c.o.Contact.Drive(false)
	}
	if !c.o.Bulb {
		time.AfterFunc(cmp.Or(c.o.Exposure, defaultExposure), func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.shut()
		})
	}
	c.count.Exposed++
	c.serial++
	if c.number++; c.number > lastNumber {
		c.folder, c.number = c.folder+1, 1
	}
	path := fmt.Sprintf("DCIM/%03dFIELD/IMG_%04d", c.folder, c.number)
	c.buffer = append(c.buffer, frame{path: path, at: c.o.Now(), serial: c.serial})
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// shut closes the shutter. c.mu is locked.
func (c *Camera) shut() {
	c.open = false
	c.lasted = append(c.lasted, time.Since(c.opened))
	if c.o.Contact != nil {
		c.o.Contact.Drive(true)
	}
}

// Lasted is how long each exposure so far lasted.
func (c *Camera) Lasted() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lasted)
}
