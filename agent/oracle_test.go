package agent_test

import (
	"time"

	"fieldcam/agent/message"
	"fieldcam/capture/camera/vc0706/vc0706sim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/queue"
)

const (
	// drainTime is how long the backlog may take once all is well: a photo that
	// failed for a reason of its own waits up to 15 minutes, and so once more.
	drainTime = 45 * time.Minute
	// linkTime is how long the control link may take once the broker is well: a
	// connection that is found dead after a minute, the longest wait before the
	// next, and a handshake.
	linkTime = time.Minute + 2*time.Minute + 30*time.Second
)

// verdict is what a world came to, for a test that wants more than the promises.
type verdict struct {
	taken  int                 // scheduled photos
	missed map[photo.Cause]int // slots
	late   time.Duration       // the latest photo after its slot
	metas  []photo.Meta        // of the photos on the card
}

// finish lets everything work again, waits until the queue is empty, stops the
// daemon, and holds the world to every promise.
func (w *world) finish() (v verdict) {
	w.Helper()
	w.settle()
	w.conclude(func(q *queue.Queue) { v = w.judge(q) })
	return v
}

// settle lets everything work again, and waits until the queue is empty.
func (w *world) settle() {
	w.Helper()
	w.card.cutAt("", 0)
	w.card.set(plenty)
	w.cam.SetFaults(vc0706sim.Faults{})
	w.setRight()
	w.cloud.heal()
	w.mark()
	if w.life == nil {
		w.boot()
	}
	w.pass(time.Minute) // a step of the clock is noticed within 10 s
	w.retryRefused()
	w.releaseHeld()
	w.drain()
	w.rest()
}

// conclude stops the daemon and judges what it left.
func (w *world) conclude(judge func(q *queue.Queue)) {
	w.Helper()
	w.wantStatus()
	w.stop()
	if link, ok := w.cloud.broker.Retained(message.Topic(device, message.KindLink)); !ok {
		w.Error("the broker retains no link message")
	} else if l, err := message.ParseLink(link.Payload); err != nil || l.Up {
		w.Errorf("retained link after the stop: %s (%v), want up false", link.Payload, err)
	}
	w.wantHeartbeats()
	w.wantEvents()
	q := w.openQueue()
	defer q.Close()
	judge(q)
}

// drain waits until the cloud has every photo.
func (w *world) drain() {
	w.Helper()
	for began := time.Now(); ; w.pass(20 * time.Second) {
		s := w.life.agent.Status()
		if s.Queue.Waiting == 0 {
			return
		}
		if time.Since(began) > drainTime {
			w.Fatalf("%v after everything works again: %d photos wait: %+v", drainTime, s.Queue.Waiting, s.Upload)
		}
		if !s.Upload.Running {
			if err := w.life.agent.Upload(0); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// passUntilConfirmed lets time pass until that many photos on the card are in the
// cloud.
func (w *world) passUntilConfirmed(n int64) {
	w.Helper()
	for began := time.Now(); w.life.agent.Status().Queue.Confirmed < n; w.pass(time.Minute) {
		if time.Since(began) > drainTime {
			w.Fatalf("not within %v: %d photos in the cloud and on the card", drainTime, n)
		}
	}
}

// rest waits until the control link is up and no slot is in hand or near, so
// that the end is unambiguous.
func (w *world) rest() {
	w.Helper()
	for began := time.Now(); ; {
		w.pass(15 * time.Second)
		now := w.truth()
		next, ok := w.plan.Next(schedule.Capture, now.Add(-20*time.Second))
		s := w.life.agent.Status()
		if !s.Broker.Connected && time.Since(began) > linkTime {
			w.Fatalf("the control link is down %v after everything works again", linkTime)
		}
		if s.Broker.Connected && s.Capture.Shooting == nil && !s.Upload.Running && s.Queue.Waiting == 0 &&
			(!ok || next.At.Sub(now) > time.Second) {
			return
		}
	}
}

func (w *world) openQueue() *queue.Queue {
	w.Helper()
	q, err := queue.Open(w.Context(), queue.Options{Dir: w.dir, Device: device, Config: w.cfg.Queue, FreeBytes: w.card.freeBytes})
	if err != nil {
		w.Fatal(err)
	}
	return q
}
