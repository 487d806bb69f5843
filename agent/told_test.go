package agent_test

import (
	"testing"
	"time"

	"fieldcam/agent/link/linktest"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// tellTime is how long the last change of a day may take to the cloud, with
// nothing that hurries it: see agent/proof.
const tellTime = time.Hour + 10*time.Minute

// everySixHours takes few photos, for tests of many days.
func everySixHours(c *config.Config) { every(c, 6*time.Hour) }

// finishTold is finish, at a time when the cloud must have been told all. No slot
// may be near, before or after.
func (w *world) finishTold() verdict {
	w.Helper()
	w.pass(tellTime)
	v := w.finish()
	q := w.openQueue()
	defer q.Close()
	w.judgeTold(q, nil)
	return v
}

func TestTheCloudIsToldOfEachDayWhatTheLedgerSays(t *testing.T) {
	inWorld(t, setup{config: everySixHours}, func(w *world) {
		w.boot()
		w.passUntil(12, 30)
		w.cam.SetFaults(vc0706sim.Faults{Silent: true}) // a slot fails
		w.passUntil(18, 30)
		w.cam.SetFaults(vc0706sim.Faults{})
		w.blackout(12*time.Hour, func() {}) // and some pass without power
		v := w.finishTold()
		if len(v.missed) != 2 {
			t.Errorf("missed %v, want two causes for the cloud to hear of", v.missed)
		}
	})
}

// The week is made up: as the queue has it after one.
func TestTheCloudIsToldAWeekOfDaysAfterAWeekWithoutIt(t *testing.T) {
	inWorld(t, setup{config: everySixHours}, func(w *world) {
		w.addWeek()
		w.network(linktest.Severed)
		w.boot()
		w.passUntil(6, 30)
		w.network(linktest.Whole)
		w.finishTold()
		told := w.told()
		if n := len(told); n < 8 || n > 3*8 {
			t.Errorf("%d messages for eight days, want each day told, and few of them often", n)
		}
		// The next start tells the last week again, and nothing before it.
		w.boot()
		w.pass(30 * time.Minute)
		w.finish()
		for _, l := range w.told()[len(told):] {
			if tuesday := monday().AddDate(0, 0, -6).Format(time.DateOnly); l.Day < tuesday {
				t.Errorf("%s is told by the next start, want none before %s", l.Day, tuesday)
			}
		}
	})
}

// addWeek adds the photos of the week before the first start. The daemon is off.
func (w *world) addWeek() {
	w.Helper()
	w.brought = monday()
	q := w.openQueue()
	defer q.Close()
	for slot := range w.plan.Between(schedule.Capture, monday().AddDate(0, 0, -7), monday()) {
		w.add(q, photo.Shot{Slot: slot.At, Taken: slot.At, Session: slot.Session, Trigger: photo.Scheduled, ClockSynced: true}, 1000)
	}
}

// A broker that takes days without a word has not got them.
func TestADayThatTheBrokerDidNotConfirmIsToldAgain(t *testing.T) {
	inWorld(t, setup{config: everySixHours}, func(w *world) {
		w.boot()
		w.passUntil(6, 30)
		w.spoil(mqtttest.Faults{NoPuback: true})
		w.passUntil(12, 30)
		w.spoil(mqtttest.Faults{Hang: true})
		w.passUntil(14, 30)
		w.spoil(mqtttest.Faults{})
		w.finishTold()
	})
}
