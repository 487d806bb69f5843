package agent_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"fieldcam/agent"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/queue"
	"fieldcam/queue/upload/tustest"
)

// Each state is entered shortly before a photo is due, and the daemon stopped a
// little after it, in the middle of whatever goes on then: at four moments.
func TestStopTakesLessThan5SecondsInAnyState(t *testing.T) {
	for name, enter := range map[string]func(w *world){
		"all is well":          func(*world) {},
		"camera is silent":     func(w *world) { w.cam.SetFaults(vc0706sim.Faults{Silent: true}) },
		"camera hangs":         func(w *world) { w.cam.SetFaults(vc0706sim.Faults{HangAfter: 300}) },
		"upload hangs":         func(w *world) { w.cloud.receiver.Always("", tustest.Hang()) },
		"upload stalls":        func(w *world) { w.cloud.receiver.Always("PATCH", tustest.StopReading(500)) },
		"answers trickle":      func(w *world) { w.cloud.receiver.Always("", tustest.Trickle(time.Second)) },
		"network is a hole":    func(w *world) { w.network(linktest.BlackHoled) },
		"uplink is slow":       func(w *world) { w.cloud.toReceiver.Limit(100) },
		"broker hangs":         func(w *world) { w.spoil(mqtttest.Faults{Hang: true}) },
		"broker confirms none": func(w *world) { w.spoil(mqtttest.Faults{NoPuback: true}) },
		"broker is away":       func(w *world) { w.spoil(mqtttest.Faults{Hang: true}); w.cloud.broker.Cut() },
		"nothing works": func(w *world) {
			w.cam.SetFaults(vc0706sim.Faults{Silent: true})
			w.cloud.receiver.Always("", tustest.Hang())
			w.spoil(mqtttest.Faults{Hang: true})
			w.cloud.broker.Cut()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(w *world) {
				w.boot()
				w.passUntil(6, 14)
				enter(w)
				for i, after := range []time.Duration{500 * time.Millisecond, 1700 * time.Millisecond, 4 * time.Second, 20 * time.Second} {
					w.passUntil(6+(i+1)/4, (i+1)%4*15)
					w.pass(after)
					l := w.life
					w.stop() // which holds it to its bound
					if want := []agent.State{agent.Ready, agent.Stopping}; !slices.Equal(l.states, want) {
						w.Errorf("notified of %v, want %v", l.states, want)
					}
					if on := w.board.AddLine(powerLine).High(); on {
						w.Error("the camera has power after the stop")
					}
					w.boot()
				}
				w.cloud.toReceiver.Limit(0)
				w.finish()
			})
		})
	}
}

func TestTheWatchdogIsFedOnlyWhileCaptureMakesProgress(t *testing.T) {
	inWorld(t, setup{}, func(w *world) {
		w.boot()
		w.passUntil(7, 0)
		fed := func() time.Duration {
			w.life.mu.Lock()
			defer w.life.mu.Unlock()
			return time.Since(w.life.alive)
		}
		const often = 15 * time.Second // a watch every 10 s
		w.pass(15*time.Minute + 30*time.Second)
		if ago := fed(); ago > often {
			w.Errorf("fed %v ago while all is well, want at most %v", ago, often)
		}
		// A camera that fails is no reason to be killed: the loop goes on.
		w.cam.SetFaults(vc0706sim.Faults{Silent: true})
		for range 12 {
			w.pass(5 * time.Minute)
			if ago := fed(); ago > often {
				w.Errorf("fed %v ago while the camera is silent, want at most %v", ago, often)
			}
		}
		// A card that hangs at the note of a failed slot holds the loop up.
		w.passUntil(8, 29)
		release := w.card.hang(queue.StepIndexMiss)
		w.pass(20 * time.Minute)
		if ago := fed(); ago < 10*time.Minute {
			w.Errorf("fed %v ago while the loop is stuck, want never", ago)
		}
		release()
		w.cam.SetFaults(vc0706sim.Faults{})
		w.pass(30 * time.Second)
		if ago := fed(); ago > often {
			w.Errorf("fed %v ago after the loop has gone on, want at most %v", ago, often)
		}
		w.finish()
	})
}

func TestTheControlSocketAnswersWhileNothingElseDoes(t *testing.T) {
	inWorld(t, setup{}, func(w *world) {
		w.boot()
		w.cam.SetFaults(vc0706sim.Faults{Silent: true})
		w.network(linktest.BlackHoled)
		w.passUntil(6, 15)
		w.pass(time.Second)
		began := time.Now()
		for _, path := range []string{"/status", "/queue?limit=10", "/queue/stats", "/outlook"} {
			if a := w.ask("GET", path, ""); a == nil || a.code != http.StatusOK {
				w.Errorf("GET %s: %+v, want 200", path, a)
			}
		}
		if took := time.Since(began); took > time.Second {
			w.Errorf("answers took %v, want less than a second", took)
		}
		w.finish()
	})
}
