package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/spool"
	"fieldcam/queue/upload/tus"
	"fieldcam/queue/upload/tustest"
)

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
	for _, step := range queue.Steps() {
		n := met[step]
		if n == 0 {
			t.Errorf("the morning never meets %s", step)
			continue
		}
		last := 0
		for _, nth := range []int{1, (n + 1) / 2, n} {
			if nth == last {
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

// eventfulMorning meets every durable step. It takes two hours.
func eventfulMorning(w *world) {
	w.Helper()
	w.boot()
	w.pass(12 * time.Minute)
	w.restart(w.addLargePhoto)
	w.pass(time.Minute)
	w.cloud.receiver.Next("POST", tustest.Status(422))
	w.pass(10 * time.Minute)
	w.retryRefused()
	w.cam.SetFaults(vc0706sim.Faults{Silent: true})
	w.pass(10 * time.Minute)
	w.cam.SetFaults(vc0706sim.Faults{})
	w.pass(10 * time.Minute)
	w.card.set(short)
	w.pass(12 * time.Minute) // what is old goes
	w.card.set(plenty)
	w.restart(func() {}) // before the next photo
	w.pass(12 * time.Minute)
	w.restart(w.spoilSpool)
	w.pass(12 * time.Minute)
	w.restart(w.damageIndex)
	w.pass(12 * time.Minute)
}

// addLargePhoto adds one whose upload is worth resuming. The daemon is off.
func (w *world) addLargePhoto() {
	w.Helper()
	q := w.openQueue()
	defer q.Close()
	now := w.truth()
	shot := photo.Shot{Slot: now, Trigger: photo.Manual, Taken: now, ClockSynced: true}
	m, err := q.Add(shot, func(to io.Writer) (photo.Exposure, error) {
		_, err := to.Write(bytes.Repeat([]byte("large "), tus.RememberedBytes/4))
		return photo.Exposure{Format: "jpg"}, err
	})
	if err != nil {
		w.Fatal(err)
	}
	w.known[m.ID] = true
}

// spoilSpool removes the file of a photo that the cloud has, and adds one whose
// number another photo has. The daemon is off.
func (w *world) spoilSpool() {
	w.Helper()
	q := w.openQueue()
	items, err := q.List(queue.Filter{State: queue.Confirmed, Limit: 2})
	if err := errors.Join(err, q.Close()); err != nil || len(items) != 2 {
		w.Fatalf("list confirmed photos: %d (%v), want two", len(items), err)
	}
	dir := filepath.Join(w.dir, "spool")
	lost, taken := spool.Name(items[0].Meta), spool.Name(items[1].Meta)
	if err := os.Remove(filepath.Join(dir, lost)); err != nil {
		w.Fatal(err)
	}
	const second = len("20060102T150405Z")
	twin := strings.Replace(taken, string(items[1].ID[:second]), "20200101T000000Z", 1)
	if err := os.WriteFile(filepath.Join(dir, twin), []byte("picture"), 0o644); err != nil {
		w.Fatal(err)
	}
}

// damageIndex makes the index unreadable, and excuses what it takes with it.
func (w *world) damageIndex() {
	w.Helper()
	w.remember()
	const twoPages = 8 << 10
	f, err := os.OpenFile(filepath.Join(w.dir, "queue.db"), os.O_WRONLY, 0)
	if err != nil {
		w.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte("damaged "), twoPages/8)); err != nil {
		w.Fatal(err)
	}
}
