package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/message"
	"fieldcam/capture"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/queue"
)

// captureProblem turns what capture says into conditions; err is nil once the
// cause is over.
func (a *Agent) captureProblem(cause photo.Cause, err error) {
	names := map[photo.Cause]health.Name{
		photo.CameraFault: health.CameraFault,
		photo.CardFull:    health.CardFull,
		photo.StoreFault:  health.StorageFault,
		photo.ClockStep:   health.ClockStepped,
		photo.NotFetched:  health.PicturesMissing,
	}
	name, ok := names[cause]
	switch {
	case !ok:
	case err == nil:
		a.health.Clear(name)
		if name == health.CardFull {
			a.planChanged() // it went by the room that there was
		}
	default:
		a.health.Raise(name, name.Severity(), err.Error())
	}
}

// noticeRejected turns what the calendar says of the hub's notices into a
// condition; err is nil once one was accepted.
func (a *Agent) noticeRejected(err error) {
	if err == nil {
		a.health.Clear(health.NoticeRejected)
		return
	}
	a.raise(health.NoticeRejected, err.Error())
}

// photoTaken tells of a photo that has just become durable: those who watch how photos
// look, the sessions, and the prover of the first one: a new controller shows up with its first day at once.
func (a *Agent) photoTaken(m photo.Meta) {
	a.watchLooks(m)
	if !a.told.Swap(true) {
		a.prover.Nudge()
		a.health.ClearOld(health.CameraFault, health.CardFull, health.StorageFault, health.ClockStepped)
	}
	if a.sessions != nil {
		a.sessions.Added()
	}
}

// Capture takes one photo now; see capture.Service.Shoot. In Low Power Mode the photo
// comes later, and the Meta has no ID.
func (a *Agent) Capture(ctx context.Context) (photo.Meta, error) {
	m, err := a.capture.Shoot(ctx)
	if errors.Is(err, capture.ErrFired) {
		err = nil
	}
	return m, err
}

// Upload starts an upload session now; 0 photos is as many as possible.
func (a *Agent) Upload(photos int) error {
	if a.sessions == nil {
		return fmt.Errorf("no destination: set upload.url in the configuration")
	}
	a.sessions.Start(photos)
	return nil
}

// Status is how the controller is doing; it waits for nothing.
func (a *Agent) Status() control.Status {
	now := a.clock.Now()
	s := control.Status{
		Device: a.o.Config.Device, Model: a.o.Config.Model, Version: a.o.Version,
		Started: a.started, Now: now, ClockSynced: a.clock.Synced(), TimeZone: a.plan.Zone().String(),
		Capture:    a.captureStatus(now),
		Upload:     a.uploadStatus(now),
		Broker:     control.Broker{Configured: a.o.Config.MQTT.URL != "", Connected: a.mqtt.Connected()},
		Conditions: []control.Condition{},
	}
	s.Power, s.Climate, s.Restart = a.powerStatus(), a.climateStatus(), a.startCause()
	if p := control.PauseOf(a.pause.State(), now); p.Paused {
		s.Pause = &p
	}
	if w, ok := a.windows.Active(now); ok {
		s.Window = &control.Window{Name: w.Name, Class: w.Class, From: w.Start, Until: w.End}
	}
	if _, returns, ok := a.windows.Quiet(now); ok {
		s.Returns = &returns
	}
	q := a.queue.Stats()
	s.Queue = control.Queue{
		Waiting: q.Waiting, WaitingBytes: q.WaitingBytes, Held: q.Held, Refused: q.Refused, Kept: q.Kept, Confirmed: q.Confirmed, Lost: q.Lost,
		FreeBytes: q.FreeBytes,
	}
	s.Second = a.secondStatus()
	s.Modem, s.Camera = a.modemStatus(), a.cameraStatus()
	if q.OldestWaiting.ID != "" {
		s.Queue.Oldest = &q.OldestWaiting.Taken
	}
	for _, c := range a.health.Active() {
		s.Conditions = append(s.Conditions, control.Condition{Name: c.Name, Severity: c.Severity, Text: c.Text, First: c.First, Last: c.Last})
	}
	return s
}

func (a *Agent) captureStatus(now time.Time) control.Capture {
	c := a.capture.State()
	s := control.Capture{Failures: c.Failures, LastPhoto: a.newest}
	if c.Last.ID != "" {
		s.LastPhoto = &c.Last
	}
	if c.LastMiss.Slots > 0 {
		s.LastMiss = &c.LastMiss
	}
	if c.Shooting {
		at := c.Slot.At
		if at.IsZero() { // a manual photo
			at = now
		}
		s.Shooting = &at
	}
	s.Next = a.next(schedule.Capture, now)
	if a.o.Config.Camera.Kind == config.KindShutter {
		b := c.Bulk
		s.Bulk = &control.Bulk{
			Fired: b.Fired, Open: b.Open, Fetched: b.Fetched, Missing: b.Missing, Extra: b.Extra,
			Fetching: b.Fetching, Last: b.Last, Error: b.Error, AheadSeconds: b.Ahead.Seconds(),
		}
	}
	return s
}

// newestPhoto is the newest in the queue; nil where there is none.
func (a *Agent) newestPhoto() *photo.Meta {
	items, err := a.queue.List(queue.Filter{Limit: 1})
	if err != nil || len(items) == 0 {
		return nil
	}
	return &items[0].Meta
}

// lastKnownTime is a wall time that has certainly passed: that of the photo
// taken last, which need not be the latest, for a clock that was ahead may have
// been set back since.
func (a *Agent) lastKnownTime() time.Time {
	known, _ := a.queue.LastSlot()
	if a.newest != nil {
		known = a.newest.Taken
	}
	if set := a.pause.State().Set; set.After(known) {
		return set // else a pause would be over at once
	}
	return known
}

func (a *Agent) uploadStatus(now time.Time) control.Upload {
	if a.sessions == nil {
		return control.Upload{}
	}
	u := a.sessions.State()
	s := control.Upload{
		Configured: true, Running: u.Running, CloudReached: u.Silent.IsZero(), Photo: u.Photo,
		Sent: u.Sent, SentBytes: u.SentBytes, LastError: u.LastError,
		Fetching: u.Fetching, BudgetUsed: u.BudgetUsed, Saving: u.Saving,
		Next: a.next(schedule.Upload, now),
	}
	if !u.Retry.IsZero() {
		at := now.Add(time.Until(u.Retry))
		s.Retry = &at
	}
	return s
}

// next is the next slot's instant; nil where there is none.
func (a *Agent) next(kind schedule.Kind, now time.Time) *time.Time {
	slot, ok := a.plan.Next(kind, now)
	if !ok {
		return nil
	}
	return &slot.At
}

// message is the status as the hub gets it.
func (a *Agent) message() message.Status {
	s := a.Status()
	m := message.Status{
		Model: s.Model, Version: s.Version,
		Queue:   message.Queue{Waiting: s.Queue.Waiting, WaitingBytes: s.Queue.WaitingBytes, Refused: s.Queue.Refused},
		Session: message.Session{State: "idle", Photos: int64(s.Upload.Sent), Error: s.Upload.LastError},
	}
	switch {
	case s.Upload.Running:
		m.Session.State = "uploading"
	case s.Upload.Retry != nil:
		m.Session.State = "waiting"
	}
	supplyMessage(&m, s)
	m.Modem, m.Camera = messageModem(s.Modem), messageCamera(s.Camera)
	if s.Queue.Oldest != nil {
		m.Queue.Oldest = message.At(*s.Queue.Oldest)
	}
	if s.Capture.LastPhoto != nil {
		m.LastPhoto = s.Capture.LastPhoto.ID
	}
	if s.Capture.Next != nil {
		m.NextSlot = message.At(*s.Capture.Next)
	}
	return m
}
