package shutter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
)

const camPower = "CAMERA_POWER"

// newSwitched is a controller with a shot each 5 s, whose camera has a power line. A power
// cycle takes more than what a slot leaves.
func newSwitched(t *testing.T, add func(*sim.Board, *shuttersim.Options), change func(*shutter.Config)) (c *controller, line *sim.Line) {
	t.Helper()
	c = &controller{clock: sim.NewClock()}
	o := shuttersim.Options{}
	c.rig = newRigOn(t, func(b *sim.Board) { line = b.AddLine(camPower); add(b, &o) }, func(cfg *shutter.Config, so *shuttersim.Options) {
		so.Contact, so.Late = o.Contact, o.Late
		so.Now = func() time.Time { return morning.Add(time.Since(begin())) }
		change(cfg)
	})
	c.clock.Set(morning)
	c.schedule = plan(t, session("yard", schedule.Capture, 0, 24*time.Hour-time.Second, 5*time.Second))
	c.run()
	c.camera = c.withPowerOf(t, camera.PowerConfig{Line: camPower, WarmUp: 4 * time.Second, OffTime: 2 * time.Second, KeepOn: true})
	return c, line
}

// cycles is how often the power went off.
func cycles(line *sim.Line) (n int) {
	history := line.History()
	for i, c := range history {
		if i > 0 && history[i-1].High && !c.High {
			n++
		}
	}
	return n
}

// A camera that hangs comes back by one power cycle, which takes more time than a slot.
func TestAPowerCycleThatSpansSlotsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, line := newSwitched(t, func(*sim.Board, *shuttersim.Options) {}, func(*shutter.Config) {})
		line.Watch(func(high bool) { c.sim.Power(high) })
		c.start()
		defer func() { c.stop() }()
		time.Sleep(6 * time.Minute)
		c.fetchAll()
		c.sim.Power(false) // it hangs
		time.Sleep(6 * time.Minute)
		c.fetchAll() // brings the last ones
		time.Sleep(6 * time.Minute)
		c.fetchAll() // finds that there are no more
		before := c.sim.Count().Exposed
		time.Sleep(6 * time.Minute)
		c.fetchAll()
		if n := cycles(line); n != 1 {
			t.Errorf("%d power cycles, want one", n)
		}
		const slots = 6 * 60 / 5
		if n := c.sim.Count().Exposed - before; n < slots-4 {
			t.Errorf("%d pictures in the %d slots since the verdict, want all but those of the cycle", n, slots)
		}
	})
}

// What the card has of another kind than is wanted tells that the camera works.
func TestPicturesThatAreNotWantedAreNoReasonForAPowerCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, line := newSwitched(t, func(*sim.Board, *shuttersim.Options) {}, func(cfg *shutter.Config) { cfg.Files = photo.KindRAW })
		c.start()
		defer func() { c.stop() }()
		for range 6 {
			time.Sleep(6 * time.Minute)
			c.fetchAll()
		}
		if n := cycles(line); n != 0 {
			t.Errorf("%d power cycles of a camera that works, want none", n)
		}
	})
}

// A card that is full is not mended by power cycles: each waits longer for the next.
func TestPowerCyclesInVainGrowRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, line := newSwitched(t, func(*sim.Board, *shuttersim.Options) {}, func(*shutter.Config) {})
		c.sim.Power(false) // and it stays so
		c.start()
		defer func() { c.stop() }()
		for range 20 {
			time.Sleep(6 * time.Minute)
			c.fetchAll()
		}
		if n := cycles(line); n < 3 || n > 8 {
			t.Errorf("%d power cycles in two hours, want some, but not one at each of 20 looks", n)
		}
	})
}

// A contact whose wire is broken costs no slots, as soon as the card has shown that the
// camera takes pictures: by its second look, the first having nothing to compare with.
func TestAContactThatNeverClosesCostsFewSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, line := newSwitched(t, func(b *sim.Board, o *shuttersim.Options) {
			b.AddLine(contactLine).Drive(true) // the camera's is not connected to it
		}, func(cfg *shutter.Config) { cfg.Confirm.Line, cfg.Confirm.Within = contactLine, 500*time.Millisecond })
		c.start()
		defer func() { c.stop() }()
		for range 2 {
			time.Sleep(6 * time.Minute)
			c.fetchAll()
		}
		if n := cycles(line); n > 12 {
			t.Errorf("%d power cycles in 12 minutes, want few", n)
		}
		cycled, pressed := cycles(line), c.sim.Count().Pressed
		for range 4 {
			time.Sleep(6 * time.Minute)
			c.fetchAll()
		}
		const slots = 24 * 60 / 5 // since the contact is known to be broken
		if n := c.sim.Count().Pressed - pressed; n < slots-1 || n > slots+1 {
			t.Errorf("%d shots for %d slots, want one each", n, slots)
		}
		if n := c.sim.Count().Exposed; n < slots {
			t.Errorf("%d pictures, want one for each of %d slots at least", n, slots)
		}
		if taken, missed := c.causes(); taken < slots-2 {
			t.Errorf("%d slots taken, missed %v; want all %d since the contact is known to be broken", taken, missed, slots)
		}
		if n := cycles(line); n != cycled {
			t.Errorf("%d power cycles since, want none", n-cycled)
		}
	})
}

// A look that finds that the camera hangs, in the middle of a long exposure: who looks next
// waits for its end before the power goes.
func TestALookTakesNoPowerFromAShotThatIsUnderWay(t *testing.T) {
	inBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
		c.Bulb, c.Limits.Shortest, o.Bulb = 30*time.Second, time.Minute, true
	}, func(t *testing.T, r *rig) {
		line := r.board.AddLine(camPower)
		r.camera = r.withPowerOf(t, camera.PowerConfig{Line: camPower, WarmUp: time.Second, OffTime: time.Second, KeepOn: true})
		r.list() // the first finds all new
		for range 3 {
			if err := r.camera.Fire(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		shot := make(chan error, 1)
		go func() { shot <- r.camera.Fire(t.Context()) }()
		time.Sleep(10 * time.Second)
		r.list() // three shots have left nothing on the card
		if n := cycles(line); n != 0 {
			t.Fatalf("%d power cycles, want none yet", n)
		}
		before := time.Now()
		r.list()
		if d := time.Since(before); d < 20*time.Second || cycles(line) != 1 {
			t.Errorf("the next look took %v, with %d power cycles; want one, after the shot's 20s", d, cycles(line))
		}
		if err := <-shot; err != nil {
			t.Error(err)
		}
		for i, c := range line.History() {
			if !c.High && i > 0 && c.At.Before(before.Add(20*time.Second)) {
				t.Errorf("the power went off %v before the shot's end", before.Add(20*time.Second).Sub(c.At))
			}
		}
	})
}

// A look at the card of a camera that is well goes on beside a long exposure.
func TestALookAtAMountedCardWaitsForNoShot(t *testing.T) {
	inBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
		c.Bulb, c.Limits.Shortest, o.Bulb = 30*time.Second, time.Minute, true
	}, func(t *testing.T, r *rig) {
		r.board.AddLine(camPower)
		r.camera = r.withPowerOf(t, camera.PowerConfig{Line: camPower, WarmUp: time.Second, OffTime: time.Second, KeepOn: true})
		if err := r.camera.Fire(t.Context()); err != nil {
			t.Fatal(err)
		}
		shot := make(chan error, 1)
		go func() { shot <- r.camera.Fire(t.Context()) }()
		time.Sleep(10 * time.Second)
		begun := time.Now()
		r.list()
		if d := time.Since(begun); d != 0 {
			t.Errorf("the look took %v during an exposure, want no time", d)
		}
		if err := <-shot; err != nil {
			t.Error(err)
		}
	})
}
