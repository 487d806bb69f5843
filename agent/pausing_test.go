package agent_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"slices"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// pausing asks the daemon for a pause, or to end it, as `fieldcam` does.
func (w *world) pausing(method, body string) (p control.Pause) {
	w.Helper()
	a := w.ask(method, "/pause", body)
	if a == nil || a.code != http.StatusOK {
		w.Fatalf("%s /pause: %+v, want 200", method, a)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		w.Fatal(err)
	}
	return p
}

// statuses counts those that the broker took from from on, by package time.
func (w *world) statuses(from time.Time) (n int) {
	w.Helper()
	for _, m := range w.cloud.broker.On(message.Topic(device, message.KindStatus)) {
		if m.At.After(from) {
			n++
		}
	}
	return n
}

func TestAPersonsPauseStopsPhotosAndNotTheCheckIns(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) {
		withCheckIns(c, 10*time.Minute, 10*time.Minute)
		c.Sessions[1].Every = time.Hour
		c.Heartbeat.StatusEvery = 24 * time.Hour // so that statuses are those of check-ins
	}}, func(w *world) {
		w.boot()
		w.pass(32 * time.Minute) // 06:22: two photos wait
		if p := w.pausing("POST", `{"seconds":7200,"reason":"crane"}`); !p.Paused || !p.Until.Equal(w.truth().Add(2*time.Hour)) {
			w.Errorf("pause %+v, want one of two hours", p)
		}
		began := time.Now()
		w.pass(59 * time.Minute) // 07:21
		if s := w.life.agent.Status(); s.Queue.Waiting != 2 || s.Pause == nil || s.Upload.Running {
			w.Errorf("an hour into the pause: %+v waiting, pause %+v, want two and a pause", s.Queue.Waiting, s.Pause)
		}
		w.cut() // 07:24
		w.restart(func() {})
		if s := w.life.agent.Status(); s.Pause == nil {
			w.Error("no pause after a power cut and a restart")
		}
		w.pass(30 * time.Minute) // 07:54
		if n := w.statuses(began); n < 8 {
			w.Errorf("%d statuses in an hour and a half of pause, want one for each check-in", n)
		}
		if p := w.pausing("DELETE", ""); p.Paused {
			w.Errorf("pause after its end: %+v", p)
		}
		w.pass(9 * time.Minute) // 08:03, and the pause would have lasted until 08:22
		if s := w.life.agent.Status(); s.Queue.Waiting != 0 || s.Pause != nil {
			w.Errorf("9 minutes after the pause: %d photos wait, pause %+v, want none", s.Queue.Waiting, s.Pause)
		}
		v := w.finish()
		// 06:30 to 07:50.
		v.want(w, w.plan.Count(schedule.Capture, w.dawn, w.truth())-9, map[photo.Cause]int{photo.Paused: 9})
		v.wantOnTime(w)
		w.wantConditions()
	})
}

func TestAPauseThatEndsByItselfWhileThePowerIsOff(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) { withCheckIns(c, 10*time.Minute, 30*time.Minute) }}, func(w *world) {
		w.boot()
		w.pass(12 * time.Minute) // 06:02
		w.pausing("POST", `{"seconds":3600}`)
		w.pass(20 * time.Minute)              // 06:22
		w.blackout(60*time.Minute, func() {}) // 07:22
		w.pass(30 * time.Minute)              // 07:52
		v := w.finish()
		// 06:10 to 07:00; 07:10 and 07:20.
		v.want(w, w.plan.Count(schedule.Capture, w.dawn, w.truth())-8, map[photo.Cause]int{photo.Paused: 6, photo.NotRunning: 2})
	})
}

// A person who asks for photos gets them, whatever is paused.
func TestAPauseLeavesAPersonsOwnPhotosAndUploadsAlone(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) { withCheckIns(c, 10*time.Minute, 30*time.Minute) }}, func(w *world) {
		w.boot()
		w.pass(2 * time.Minute)
		w.pausing("POST", `{"seconds":3600}`)
		w.pass(time.Minute)
		m, err := w.life.agent.Capture(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		w.known[m.Seq()] = true
		w.pass(15 * time.Minute)
		if n := w.life.agent.Status().Queue.Waiting; n != 1 {
			w.Errorf("%d photos wait in a pause, want the one", n)
		}
		if err := w.life.agent.Upload(0); err != nil {
			w.Fatal(err)
		}
		w.pass(time.Minute)
		if n := w.life.agent.Status().Queue.Waiting; n != 0 {
			w.Errorf("%d photos wait after a person's upload, want none", n)
		}
		w.pass(time.Hour)
		w.finish()
	})
}

// bigPicture paints JPEGs of size bytes, each one of its own: most of it a comment.
func bigPicture(size uint16) func(now time.Time, shots int) []byte {
	return func(now time.Time, shots int) []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
			panic(err) // the image is this function's own
		}
		text := fmt.Appendf(nil, "%s %d ", now, shots)
		comment := binary.BigEndian.AppendUint16([]byte{0xff, 0xfe}, size)
		comment = append(comment, bytes.Repeat(text, int(size)/len(text)+1)[:size-2]...)
		return slices.Concat(b.Bytes()[:2], comment, b.Bytes()[2:])
	}
}
