package agent_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"fieldcam/agent/link/linktest"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/queue"
)

// lifetime is how long each random life lasts.
const lifetime = 20 * time.Hour

// lives is how many there are: enough for each change of the code; FIELDCAM_LIVES
// asks for more.
func lives(t *testing.T) uint64 {
	const usual = 4
	wanted := os.Getenv("FIELDCAM_LIVES")
	if wanted == "" {
		return usual
	}
	n, err := strconv.ParseUint(wanted, 10, 32)
	if err != nil {
		t.Fatalf("FIELDCAM_LIVES: %v", err)
	}
	return n
}

// Everything fails that can, at random, several things at once.
func TestNoLifeLosesAPhotoOrASlot(t *testing.T) {
	t.Parallel()
	for seed := range lives(t) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			inWorld(t, setup{config: everyTenMinutes}, func(w *world) {
				l := fate{world: w, r: rand.New(rand.NewPCG(seed, 1))}
				l.live()
				w.finish()
			})
		})
	}
}

// fate is what happens to a world.
type fate struct {
	*world
	r *rand.Rand
}

func (f *fate) live() {
	if f.chance(4) {
		f.unset()
	}
	f.boot()
	for f.truth().Before(monday().Add(lifetime)) {
		f.pass(f.span(time.Second, time.Hour))
		event := f.events()[f.r.IntN(len(f.events()))]
		f.Logf("%s, clock %s: %s", f.truth().Format(time.DateTime), f.clock.Now().Format(time.DateTime), event.name)
		event.happen()
	}
}

// chance is true once in n times.
func (f *fate) chance(n int) bool { return f.r.IntN(n) == 0 }

// span is a duration from min to max, shorter ones as often as longer ones.
func (f *fate) span(lo, hi time.Duration) time.Duration {
	d := hi
	for d > lo && f.chance(2) {
		d /= 4
	}
	return max(lo, time.Duration(f.r.Int64N(int64(d))))
}

type event struct {
	name   string
	happen func()
}

func (f *fate) events() []event {
	return []event{
		{"network", func() {
			cuts := []linktest.Cut{linktest.Whole, linktest.Whole, linktest.Severed, linktest.BlackHoled}
			f.cloud.cut(cuts[f.r.IntN(len(cuts))], cuts[f.r.IntN(len(cuts))])
			f.mark()
		}},
		{"receiver", func() {
			f.cloud.receiver.Heal()
			if all := nonsense(); f.chance(2) {
				f.cloud.receiver.Always("", all[f.r.IntN(len(all))])
			} else {
				f.cloud.receiver.Forget()
			}
		}},
		{"broker", func() {
			all := []mqtttest.Faults{{}, {}, {}, {Hang: true}, {NoPuback: true}, {Refuse: 3}, {CloseAfter: 1 + f.r.IntN(9)}}
			f.spoil(all[f.r.IntN(len(all))])
		}},
		{"camera", func() {
			all := []vc0706sim.Faults{{}, {}, {}, {Silent: true}, {HangAfter: 300}, {DropByte: 0.0005}, {Truncate: true},
				{Noise: 0.3, ShortReply: 0.1, BootGarbage: true}, {DoubleInChunk: 0.2, MotionInChunk: 0.2}}
			f.cam.SetFaults(all[f.r.IntN(len(all))])
		}},
		{"card", func() {
			all := []room{plenty, plenty, short, none, nospc}
			f.card.set(all[f.r.IntN(len(all))])
		}},
		{"power cut", func() { f.blackout(f.span(time.Second, 3*time.Hour), f.wake) }},
		{"power cut at a step", func() {
			all := queue.Steps()
			f.dark = f.span(time.Second, time.Hour)
			f.card.cutAt(all[f.r.IntN(len(all))], 1+f.r.IntN(3))
		}},
		{"restart", func() {
			f.restart(func() { time.Sleep(f.span(time.Millisecond, time.Hour)) })
		}},
		{"clock", func() {
			if f.chance(2) || !f.clock.Synced() {
				f.setRight()
				return
			}
			by := f.span(time.Second, 5*time.Hour)
			if f.chance(2) {
				by = -by
			}
			f.step(by)
		}},
		{"manual photo", func() {
			ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
			defer cancel()
			if m, err := f.life.agent.Capture(ctx); err == nil {
				f.known[m.Seq()] = true
			}
		}},
		{"manual upload", func() {
			if err := f.life.agent.Upload(f.r.IntN(5)); err != nil {
				f.Error(err)
			}
		}},
		{"retry", f.retryRefused},
	}
}

// wake decides what the clock shows when the power comes back.
func (f *fate) wake() {
	if f.chance(3) {
		f.unset()
	}
}
