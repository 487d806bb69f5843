package agent_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"fieldcam/agent"
	"fieldcam/agent/control"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/message"
	"fieldcam/agent/mqtt/mqtttest"
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

// ask asks the daemon over its control socket, as `fieldcam` does, and gives the
// whole answer; nil where the power went meanwhile.
func (w *world) ask(method, path, body string) *answer {
	w.Helper()
	t := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return w.local.Dial(ctx, "unix", control.Path(w.dir))
	}}
	q, err := http.NewRequestWithContext(w.Context(), method, "http://fieldcam"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	r, err := t.RoundTrip(q)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(r.Body)
		r.Body.Close()
	}
	if w.card.isOff() {
		return nil
	}
	if err != nil {
		w.Fatal(err)
	}
	return &answer{r.StatusCode, r.Status, text}
}

// answer is the daemon's.
type answer struct {
	code   int
	status string
	body   []byte
}

// retryRefused lets all refused photos wait again, as a technician does: once
// more where the power went at it.
func (w *world) retryRefused() {
	w.Helper()
	w.hand("/queue/retry", func(q control.Queue) bool { return q.Refused > 0 })
}

// releaseHeld lets all photos that are held wait again.
func (w *world) releaseHeld() {
	w.Helper()
	w.hand("/queue/release", func(q control.Queue) bool { return q.Held > 0 })
}

// hand asks for something that concerns all photos that there are of a kind.
func (w *world) hand(path string, any func(control.Queue) bool) {
	w.Helper()
	for range 2 {
		if !any(w.life.agent.Status().Queue) {
			return
		}
		if a := w.ask("POST", path, `{"all":true}`); a != nil {
			if a.code != http.StatusOK {
				w.Errorf("%s: %s, want 200", path, a.status)
			}
			return
		}
		w.pass(time.Second)
	}
}

// dropRefused deletes the refused photos for good, unless the power goes at it.
func (w *world) dropRefused() {
	w.Helper()
	a := w.ask("GET", "/queue?state=refused&limit=10", "")
	if a == nil {
		return
	}
	var photos []control.Photo
	if err := json.Unmarshal(a.body, &photos); err != nil || a.code != http.StatusOK {
		w.Fatalf("list refused photos: %s (%v)", a.status, err)
	}
	w.drop(photos...)
}

// drop deletes photos for good, unless the power goes at it.
func (w *world) drop(photos ...control.Photo) {
	w.Helper()
	if len(photos) == 0 {
		return
	}
	var choice control.Choice
	for _, p := range photos {
		choice.IDs = append(choice.IDs, p.ID)
		w.gone[p.Seq()] = "dropped"
	}
	body, err := json.Marshal(choice)
	if err != nil {
		w.Fatal(err)
	}
	if a := w.ask("POST", "/queue/drop", string(body)); a != nil && a.code != http.StatusOK {
		w.Errorf("drop: %s, want 200", a.status)
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
