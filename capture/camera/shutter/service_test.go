package shutter_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/hal/sim"
	"fieldcam/queue"
)

// controller is the capture service over a real queue and the simulated camera.
type controller struct {
	*rig
	clock    *sim.Clock
	schedule *schedule.Schedule
	queue    *queue.Queue
	service  *capture.Service
	stop     func()
}

func newController(t *testing.T, every time.Duration, change func(*shutter.Config, *shuttersim.Options)) *controller {
	c := &controller{rig: newRig(t, change), clock: sim.NewClock()}
	c.clock.Set(morning)
	c.schedule = plan(t, session("yard", schedule.Capture, 0, 24*time.Hour-time.Second, every))
	c.run()
	return c
}

// start is a start of the daemon.
func (c *controller) start() {
	c.tb.Helper()
	q, err := queue.Open(context.Background(), queue.Options{Dir: filepath.Join(c.dir, "queue"), Device: "pole-7", Config: queue.Default(), Log: zerolog.Nop()})
	if err != nil {
		c.tb.Fatal(err)
	}
	c.queue = q
	c.service = capture.New(capture.Default(), capture.Options{Deferred: c.camera, Store: q, Schedule: c.schedule, Clock: c.clock, Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.service.Run(ctx) }()
	synctest.Wait()
	c.stop = func() {
		cancel()
		if err := <-done; err != nil {
			c.tb.Error(err)
		}
		if err := q.Close(); err != nil {
			c.tb.Error(err)
		}
	}
}

func (c *controller) fetchAll() capture.Fetched {
	c.tb.Helper()
	f, err := c.service.Fetch(context.Background())
	if err != nil || !f.Done {
		c.tb.Errorf("Fetch = %+v, %v; want it done", f, err)
	}
	return f
}

// causes is how many slots from the start to now were taken, and missed by cause.
// Each slot must have an account.
func (c *controller) causes() (taken int, missed map[photo.Cause]int) {
	c.tb.Helper()
	missed = map[photo.Cause]int{}
	now := c.clock.Now()
	entries, err := c.queue.Ledger(morning, now)
	if err != nil {
		c.tb.Fatal(err)
	}
	due := map[time.Time]bool{}
	for s := range c.schedule.Between(schedule.Capture, morning, now) {
		due[s.At] = true
	}
	for _, e := range entries {
		if !due[e.From] {
			c.tb.Errorf("entry %+v of no slot, or twice", e)
		}
		delete(due, e.From)
		if len(e.Photos) > 0 {
			taken++
		} else {
			missed[e.Cause]++
		}
	}
	if len(due) > 0 {
		c.tb.Errorf("%d slots without an account", len(due))
	}
	return taken, missed
}

func TestADayInLowPowerModeIsAccountedForExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t, 5*time.Second, func(cfg *shutter.Config, o *shuttersim.Options) {
			cfg.DeleteFetched = true
			o.Buffer, o.WriteTime, o.First = 3, 6*time.Second, 9990 // it can't keep up, and its numbers begin anew
			o.Now = func() time.Time { return morning.Add(time.Hour + 3*time.Second + time.Since(begin())) }
		})
		c.start()
		var total capture.Fetched
		for range 2 {
			time.Sleep(6 * time.Minute)
			f := c.fetchAll()
			total.Slots += f.Slots
			total.Missing += f.Missing
			total.Extra += f.Extra
		}
		c.stop()
		c.start()
		defer func() { c.stop() }()
		n := c.sim.Count()
		taken, missed := c.causes()
		if taken != total.Slots || total.Extra != 0 || n.Exposed == n.Pressed {
			t.Errorf("%d taken, fetched %+v of %+v; want each a slot's, and some presses swallowed", taken, total, n)
		}
		if n.Written < taken || len(missed) != 1 || missed[photo.NotFetched]+taken != n.Pressed {
			t.Errorf("%d taken, missed %v of %+v; want every press accounted for", taken, missed, n)
		}
		left, err := os.ReadDir(filepath.Join(c.card, "DCIM", "100FIELD"))
		if err != nil || len(left) > 3 {
			t.Errorf("%d files left on the card, %v; want what was fetched deleted", len(left), err)
		}
	})
}

// begin is when time begins in a bubble.
func begin() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestWhateverThePowerDoesEachPictureComesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newController(t, time.Minute, func(_ *shutter.Config, o *shuttersim.Options) {
			o.RAW, o.WriteTime = true, 20*time.Second
			o.Now = func() time.Time { return morning.Add(time.Since(begin())) }
		})
		for range 3 {
			c.start()
			time.Sleep(10*time.Minute + 15*time.Second)
			c.sim.Power(false) // in the middle of a file
			c.stop()
			time.Sleep(5 * time.Minute)
			c.sim.Power(true)
			c.camera = c.reopen(t)
			c.start()
			time.Sleep(2 * time.Minute)
			c.fetchAll()
			c.stop()
		}
		c.start()
		time.Sleep(6 * time.Minute)
		c.fetchAll()
		defer func() { c.stop() }()
		items, err := c.queue.List(queue.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		jpegs, raws, sums := 0, 0, map[string]bool{}
		for _, i := range items {
			if sums[i.SHA256] {
				t.Errorf("%s is there twice", i.ID)
			}
			sums[i.SHA256] = true
			if i.Format == "jpg" {
				jpegs++
			} else if raws++; i.Meta.Shot == "" {
				t.Errorf("%s is a RAW file of no shot", i.ID)
			}
			if i.Trigger != photo.Scheduled {
				t.Errorf("%s of %v is of no slot", i.ID, i.Taken)
			}
		}
		n := c.sim.Count()
		taken, _ := c.causes()
		if jpegs != taken || jpegs != raws || jpegs < n.Written-1 || jpegs > n.Written+n.Lost {
			t.Errorf("%d JPEGs, %d RAW files, %d slots taken of %+v", jpegs, raws, taken, n)
		}
	})
}

// reopen is the camera as a new process makes it, in the old one's place.
func (c *controller) reopen(t *testing.T) *shutter.Camera {
	t.Helper()
	if err := c.camera.Close(); err != nil {
		t.Fatal(err)
	}
	return c.open()
}
