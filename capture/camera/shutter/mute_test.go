package shutter_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/hal/sim"
)

// look fetches what the camera has written.
func (r *rig) look() {
	r.tb.Helper()
	time.Sleep(10 * time.Second)
	r.fetch()
}

// fires fires once; told says whether that must succeed.
func (r *rig) fires(when string, taken bool) {
	r.tb.Helper()
	if err := r.camera.Fire(r.tb.Context()); (err == nil) != taken {
		r.tb.Errorf("%s: %v, want the shot to count: %v", when, err, taken)
	}
	time.Sleep(5 * time.Second)
}

// unwired is a rig whose camera's contact is joined to the input where wired says so.
func unwired(t *testing.T, wired bool, change func(*shutter.Config, *shuttersim.Options), f func(r *rig, contact *sim.Line)) {
	t.Helper()
	inContactBubble(t, func(c *shutter.Config, o *shuttersim.Options) {
		if !wired {
			o.Contact.Drive(true)
			o.Contact = nil
		}
		if change != nil {
			change(c, o)
		}
	}, func(_ *testing.T, r *rig, contact *sim.Line) {
		r.run()
		f(r, contact)
	})
}

func TestAContactThatTellsNothingOfWrittenPicturesCountsNoMore(t *testing.T) {
	unwired(t, false, nil, func(r *rig, contact *sim.Line) {
		r.look()
		r.fires("before the card is looked at", false)
		r.look()
		r.fires("after the card had its picture", true)
		r.fires("from then on", true)
		time.AfterFunc(200*time.Millisecond, func() { contact.Drive(false) }) // a person mends it
		time.AfterFunc(500*time.Millisecond, func() { contact.Drive(true) })
		time.AfterFunc(900*time.Millisecond, func() { contact.Drive(false) })
		time.AfterFunc(time.Second, func() { contact.Drive(true) })
		r.fires("with a contact that closes", true)
		r.fires("without, after it closed", false)
	})
}

// What the card had before, and what confirmed shots left, says nothing of the contact.
func TestAContactIsJudgedByPicturesOfItsOwnShotsOnly(t *testing.T) {
	unwired(t, true, nil, func(r *rig, _ *sim.Line) {
		r.put("100FIELD/IMG_0900.JPG", picture(900, morning), morning)
		r.sim.Power(false)
		r.fires("a camera that hangs", false)
		r.look()
		r.fires("the first look has found an old picture", false)
		r.sim.Power(true)
		r.fires("it works again", true)
		r.sim.Power(false)
		r.fires("it hangs again", false)
		r.look()
		r.fires("the look has found the confirmed shot's picture", false)
	})
}

// A look just after a confirmed shot does not find its picture, which is in the camera's
// buffer: the next one does, and that says nothing of the contact either.
func TestAPictureThatIsWrittenAfterALookSaysNothingOfTheContact(t *testing.T) {
	for name, restart := range map[string]bool{"one process": false, "with a restart": true} {
		t.Run(name, func(t *testing.T) {
			unwired(t, true, nil, func(r *rig, _ *sim.Line) {
				r.look()
				r.fires("a shot whose picture is written", true)
				if err := r.camera.Fire(r.tb.Context()); err != nil { // its own takes another second
					r.tb.Fatal(err)
				}
				if restart {
					r.restart()
				}
				r.fetch()
				time.Sleep(10 * time.Second)
				r.sim.Power(false)
				r.fires("it hangs", false)
				r.look()
				r.fires("the look has found the second shot's picture", false)
			})
		})
	}
}

// What a contact told before its wire broke excuses it for a minute only.
func TestAContactThatBreaksIsFoundOut(t *testing.T) {
	unwired(t, false, nil, func(r *rig, contact *sim.Line) {
		r.look()
		time.AfterFunc(900*time.Millisecond, func() { contact.Drive(false) })
		time.AfterFunc(time.Second, func() { contact.Drive(true) })
		r.fires("with a contact that closes", true)
		time.Sleep(2 * time.Minute)
		r.look()
		r.fires("the wire has broken", false)
		r.look()
		r.fires("after the card had its picture", true)
	})
}

func TestABulbExposureIsWholeWithAContactThatTellsNothing(t *testing.T) {
	const bulb = 8 * time.Second
	unwired(t, false, func(c *shutter.Config, o *shuttersim.Options) {
		c.Bulb, c.Limits.Shortest, o.Bulb = bulb, time.Minute, true
	}, func(r *rig, _ *sim.Line) {
		r.look()
		r.fires("before the card is looked at", false)
		r.look()
		r.fires("after the card had its picture", true)
		lasted := r.sim.Lasted()
		if n := len(lasted); n != 2 || lasted[n-1] < bulb || lasted[n-1] > bulb+100*time.Millisecond {
			r.tb.Errorf("the exposures lasted %v, want %v of the second", lasted, bulb)
		}
	})
}
