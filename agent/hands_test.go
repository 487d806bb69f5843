package agent_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"fieldcam/agent"
	"fieldcam/agent/control"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/message"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/queue"
)

// network cuts the ways to receiver and broker, or restores them.
func (w *world) network(how linktest.Cut) {
	w.cloud.cut(how, how)
	w.mark()
}

// spoil makes the broker fail, or work.
func (w *world) spoil(f mqtttest.Faults) {
	w.cloud.spoil(f)
	w.mark()
}

// step moves the clock by d.
func (w *world) step(d time.Duration) {
	before := w.clock.Now()
	w.clock.Step(d)
	w.moved(before)
}

// setRight makes the clock right, and synced.
func (w *world) setRight() {
	before := w.clock.Now()
	if w.life != nil { // which goes on from its newest photo while the clock is not set
		before = w.life.agent.Status().Now
	}
	w.clock.Set(w.truth())
	w.clock.SetSynced(true)
	w.moved(before)
}

// moved notes the times that the clock will show again.
func (w *world) moved(before time.Time) {
	if now := w.clock.Now(); now.Before(before) {
		w.repeated = append(w.repeated, period{now, before})
	}
}

// unset lets the clock be that of a board without a battery. Only between kill
// and boot.
func (w *world) unset() {
	w.clock.Set(time.Unix(0, 0))
	w.clock.SetSynced(false)
}

// ask asks the daemon over its control socket, as `fieldcam` does.
func (w *world) ask(method, path, body string) *http.Response {
	w.Helper()
	t := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return w.local.Dial(ctx, "unix", control.Path(w.dir))
	}}
	q, err := http.NewRequestWithContext(w.Context(), method, "http://fieldcam"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	a, err := t.RoundTrip(q)
	if err != nil {
		if w.card.isOff() {
			return nil
		}
		w.Fatal(err)
	}
	a.Body.Close()
	return a
}

// retryRefused lets all refused photos wait again, as a technician does: once
// more where the power went at it.
func (w *world) retryRefused() {
	w.Helper()
	for range 2 {
		if w.life.agent.Status().Queue.Refused == 0 {
			return
		}
		a := w.ask("POST", "/queue/retry", `{"all":true}`)
		if !w.card.isOff() {
			if a.StatusCode != http.StatusOK {
				w.Errorf("retry: %s, want 200", a.Status)
			}
			return
		}
		w.pass(time.Second)
	}
}

// conditions lists the events that the broker got, as "+name" and "-name".
func (w *world) conditions() []string {
	w.Helper()
	var all []string
	for _, m := range w.cloud.broker.On(message.Topic(device, message.KindCondition)) {
		c, err := message.ParseCondition(m.Payload)
		if err != nil {
			w.Fatal(err)
		}
		sign := "-"
		if c.Raised {
			sign = "+"
		}
		all = append(all, sign+c.Name)
	}
	return all
}

// remember keeps what the queue knows by now and may forget. The daemon is off.
func (w *world) remember() {
	w.Helper()
	q := w.openQueue()
	defer q.Close()
	entries := w.ledger(q)
	for _, e := range entries {
		for _, id := range e.Photos {
			w.known[id] = true
		}
		w.excused = append(w.excused, period{e.From, e.To})
	}
	items, err := q.List(queue.Filter{})
	if err != nil {
		w.Fatal(err)
	}
	for _, i := range items {
		w.known[i.ID] = true
	}
}

// ended notes how the controller saw the time when its daemon ended.
func (w *world) ended(a *agent.Agent) {
	s := a.Status()
	if w.shown = s.Now; s.Capture.LastPhoto != nil {
		w.newest = s.Capture.LastPhoto.Taken
	}
}

// wakes notes the times that the controller may see again because its clock is
// not set: it goes on from its newest photo.
func (w *world) wakes() {
	if !w.clock.Synced() {
		w.repeated = append(w.repeated, period{w.newest, later(w.truth(), w.shown)})
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
