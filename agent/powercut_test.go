package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/queue"
	"fieldcam/queue/spool"
	"fieldcam/queue/upload/tustest"
)

// elsewhere says of each durable step that the daemon does not meet here which
// test of package queue takes the power there.
func elsewhere() map[string]string {
	return map[string]string{
		// A camera that delivers another format than it said; the VC0706 knows one.
		spool.StepName: "TestPromisesSurvivePowerCutAtEveryStep",
		// A mounted disk: a test may not mount one.
		queue.StepIndexCopied: "TestPromisesSurvivePowerCutAtEveryStep",
		// An index of an earlier release.
		queue.StepIndexMigrate: "TestACutMigrationLeavesTheOldIndex",
	}
}

// The power goes at each durable step, the first time that it comes in an
// eventful morning, in the middle, and the last time.
func TestAPowerCutAtAnyDurableStepLosesNothing(t *testing.T) {
	t.Parallel()
	var met map[string]int
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, setup{config: everyTenMinutes})
		eventfulMorning(w)
		w.finish()
		met = w.card.steps()
	})
	for i, step := range queue.Steps() {
		n, there := met[step], elsewhere()[step]
		if (n == 0) != (there != "") {
			t.Errorf("the morning meets %s %d times; another place for it: %q", step, n, there)
		}
		last := 0
		for _, nth := range cuts(t, i, n) {
			if nth == last || n == 0 {
				continue
			}
			last = nth
			t.Run(fmt.Sprintf("%s/%d", step, nth), func(t *testing.T) {
				inWorld(t, setup{config: everyTenMinutes}, func(w *world) {
					w.card.cutAt(step, nth)
					eventfulMorning(w)
					w.finish()
				})
			})
		}
	}
}

// cuts are the times of a step's n at which the power goes: the first, one in the
// middle and the last. FIELDCAM_CUTS=1, for slow machines, leaves one of them,
// another for each next step.
func cuts(t *testing.T, step, n int) []int {
	all := []int{1, (n + 1) / 2, n}
	switch wanted := os.Getenv("FIELDCAM_CUTS"); wanted {
	case "":
		return all
	case "1":
		return all[step%len(all) : step%len(all)+1]
	default:
		t.Fatalf("FIELDCAM_CUTS=%s, want 1 or nothing", wanted)
		return nil
	}
}

func TestTheStepsThatTheDaemonDoesNotMeetAreCutInTheQueuesOwnTests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../queue/*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of package queue: %v", err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	known := map[string]bool{}
	for _, step := range queue.Steps() {
		known[step] = true
	}
	for step, name := range elsewhere() {
		if !known[step] {
			t.Errorf("%s is no step of the queue", step)
		}
		if !strings.Contains(all.String(), "\nfunc "+name+"(t *testing.T)") {
			t.Errorf("%s: package queue has no test %s", step, name)
		}
	}
}

// eventfulMorning meets every durable step but those elsewhere. It takes two
// hours and a half.
func eventfulMorning(w *world) {
	w.Helper()
	w.boot()
	w.pass(12 * time.Minute)
	w.restart(func() {
		w.addPhotos()
		w.bloatIndex()
	})
	w.pass(time.Minute)
	w.cloud.receiver.Next("POST", tustest.Status(422))
	w.pass(10 * time.Minute) // meanwhile photos are read again, and the index made small
	w.retryRefused()
	w.cloud.receiver.Next("POST", tustest.Status(422))
	w.pass(10 * time.Minute)
	w.dropRefused()
	w.releaseHeld()
	w.cam.SetFaults(vc0706sim.Faults{Silent: true})
	w.pass(10 * time.Minute)
	w.cam.SetFaults(vc0706sim.Faults{})
	w.pass(10 * time.Minute)
	w.card.set(short)
	w.pass(12 * time.Minute) // what is old goes
	w.card.set(plenty)
	w.restart(func() {}) // before the next photo
	w.pass(12 * time.Minute)
	w.passUntilConfirmed(2)
	w.restart(w.spoilSpool)
	w.pass(12 * time.Minute)
	w.restart(w.damageIndex)
	w.pass(12 * time.Minute)
}
