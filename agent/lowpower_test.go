package agent_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/agent/link/linktest"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/queue"
	"fieldcam/queue/spool"
)

const (
	fullLine = "SHUTTER"
	halfLine = "FOCUS"
)

// lowPower is a world's camera in Low Power Mode.
type lowPower struct {
	*world
	sim   *shuttersim.Camera
	media string // the root of its card
}

// inLowPower runs script in a world whose camera is fired each 20 s and asked for its
// pictures each ten minutes, at five past.
func inLowPower(t *testing.T, o shuttersim.Options, change func(*config.Config), script func(l *lowPower)) {
	t.Helper()
	card := filepath.Join(stateDir(t), "card")
	if err := os.Mkdir(card, 0o755); err != nil {
		t.Fatal(err)
	}
	inWorld(t, setup{config: func(c *config.Config) {
		withCheckIns(c, 20*time.Second, 10*time.Minute)
		c.Sessions[1].From, c.Sessions[1].Every = schedule.At(schedule.TimeOfDay(5*time.Minute)), 10*time.Minute
		c.Camera.Kind, c.Camera.Power.Line = config.KindShutter, ""
		c.Camera.Shutter.Line, c.Camera.Shutter.HalfLine, c.Camera.Shutter.Path = fullLine, halfLine, card
		if change != nil {
			change(c)
		}
	}}, func(w *world) {
		o.Dir = card
		if o.Now == nil {
			o.Now = w.truth
		}
		l := &lowPower{world: w, sim: shuttersim.New(o), media: card}
		l.sim.Wire(w.board.AddLine(fullLine), w.board.AddLine(halfLine))
		ctx, off := context.WithCancel(w.Context())
		written := make(chan error, 1)
		go func() { written <- l.sim.Run(ctx) }()
		w.Cleanup(func() {
			off()
			if err := <-written; err != nil {
				w.Errorf("simulated camera: %v", err)
			}
		})
		script(l)
	})
}

// end lets everything work until all has been fetched and sent, and holds the world to
// its promises: no picture may be without a slot. The newest shot may be open.
func (l *lowPower) end() verdict {
	l.Helper()
	l.card.cutAt("", 0)
	l.sim.Power(true)
	l.cloud.heal()
	l.mark()
	for range 2 {
		next, _ := l.plan.Next(schedule.Upload, l.truth())
		l.pass(next.At.Sub(l.truth()) + 15*time.Second) // its pictures are there, and the next shot is not
	}
	var v verdict
	l.conclude(func(q *queue.Queue) { v = l.judge(q) })
	for _, m := range v.metas {
		if m.Trigger != photo.Scheduled {
			l.Errorf("photo %s of %v belongs to no slot (%s)", m.ID, m.Taken, m.Trigger)
		}
	}
	if n := l.sim.Count(); v.taken > n.Written {
		l.Errorf("%d slots with a photo, and the camera wrote %+v", v.taken, n)
	}
	return v
}

func TestInLowPowerModeEverySlotsPictureReachesTheCloudOnce(t *testing.T) {
	// The camera's clock is wrong by an hour and three seconds.
	var l0 *lowPower
	o := shuttersim.Options{First: 9990, Now: func() time.Time { return l0.truth().Add(time.Hour + 3*time.Second) }}
	inLowPower(t, o, nil, func(l *lowPower) {
		l0 = l
		l.boot()
		l.pass(4 * time.Minute) // 05:54
		if n := l.life.agent.Status().Queue.Confirmed; n != 0 {
			l.Errorf("%d photos before the first session, want none", n)
		}
		l.pass(22 * time.Minute)
		l.network(linktest.Severed)
		l.pass(12 * time.Minute)
		l.network(linktest.Whole)
		l.restart(func() {})
		v := l.end()
		n := l.sim.Count()
		if due := l.plan.Count(schedule.Capture, l.dawn, l.truth()); n.Pressed < due-1 || n.Written != n.Pressed {
			l.Errorf("the camera counts %+v, want it fired at each of %d slots", n, due)
		}
		// The last one may be open.
		if v.taken < n.Pressed-1 || len(v.missed) > 1 || v.missed[photo.NotFetched] > 1 {
			l.Errorf("%d taken of %d, missed %v, want all", v.taken, n.Pressed, v.missed)
		}
		l.wantConditions("+camera-clock")
	})
}

func TestAShotThatTheCameraLostIsNotFetched(t *testing.T) {
	inLowPower(t, shuttersim.Options{WriteTime: 5 * time.Second}, nil, func(l *lowPower) {
		l.boot()
		l.pass(33*time.Minute + 5*time.Second) // 06:23:05
		l.sim.Power(false)                     // a loose plug: nothing is taken
		l.pass(12 * time.Minute)               // 06:35:05
		l.sim.Power(true)
		v := l.end()
		n := l.sim.Count()
		if lost := n.Pressed - n.Written; lost < 36 || v.missed[photo.NotFetched] < lost-1 || v.missed[photo.NotFetched] > lost+1 || len(v.missed) != 1 {
			l.Errorf("missed %v, and the camera counts %+v, want each lost shot not fetched", v.missed, n)
		}
	})
}

// The power goes while pictures are fetched, at each kind of step, and between.
func TestPowerCutsInLowPowerModeLoseNoPicture(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]string{
		"between": "", "named": spool.StepDirSync, "index": queue.StepIndexAdd, "sent": queue.StepIndexAck,
	} {
		t.Run(name, func(t *testing.T) {
			inLowPower(t, shuttersim.Options{Zone: time.FixedZone("summer", 2*60*60)}, nil, func(l *lowPower) {
				l.boot()
				for n := range 3 {
					l.pass(12*time.Minute + 7*time.Second)
					if step == "" {
						l.cut()
					} else {
						l.card.cutAt(step, 3+4*n)
					}
				}
				v := l.end()
				n := l.sim.Count()
				if v.taken < n.Written-1 {
					l.Errorf("%d slots with a photo, and the camera wrote %+v, want all of them", v.taken, n)
				}
				for cause := range v.missed {
					if cause != photo.NotRunning && cause != photo.NotFetched {
						l.Errorf("missed %v, want slots when the power was off", v.missed)
					}
				}
			})
		})
	}
}

// What is fetched is deleted from the camera's card where that is configured, and
// nothing else.
func TestInLowPowerModeTheCameraIsEmptiedOfWhatTheQueueHas(t *testing.T) {
	inLowPower(t, shuttersim.Options{}, func(c *config.Config) { c.Camera.Shutter.DeleteFetched = true }, func(l *lowPower) {
		l.boot()
		l.pass(40 * time.Minute)
		foreign := filepath.Join(l.media, "DCIM", "100FIELD", "NOTES.TXT")
		if err := os.WriteFile(foreign, []byte("of the last job"), 0o600); err != nil {
			l.Fatal(err)
		}
		v := l.end()
		if _, err := os.Stat(foreign); err != nil {
			l.Errorf("a stranger's file: %v, want it left alone", err)
		}
		left, err := os.ReadDir(filepath.Join(l.media, "DCIM", "100FIELD"))
		if err != nil || len(left) > 3 || v.taken < 100 {
			l.Errorf("%d files left, %v, %d photos taken; want what was fetched deleted", len(left), err, v.taken)
		}
	})
}

// The camera's card is not the place for a backlog: it has no ledger.
func TestInLowPowerModePicturesAreFetchedWhileTheCloudIsAway(t *testing.T) {
	inLowPower(t, shuttersim.Options{}, nil, func(l *lowPower) {
		l.network(linktest.Severed)
		l.boot()
		l.pass(80 * time.Minute) // 07:10
		fired := int64(l.sim.Count().Pressed)
		// Those of the last session's interval, and of one try of the cloud before it.
		if n := l.life.agent.Status().Queue.Waiting; n < fired-2*30-3 {
			l.Errorf("%d of %d pictures are fetched while the cloud is away", n, fired)
		}
		l.end()
	})
}
