package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/identity"
	"fieldcam/agent/link"
	"fieldcam/agent/maintenance"
	"fieldcam/agent/mqtt"
	"fieldcam/agent/proof"
	"fieldcam/capture"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/queue/session"
	"fieldcam/queue/upload/tus"
)

// makeWindows makes the calendar of the maintenance windows.
func (a *Agent) makeWindows() (err error) {
	a.windows, err = maintenance.New(a.o.Config.Maintenance, maintenance.Options{
		Device: a.o.Config.Device, Clock: a.clock, Dir: a.o.StateDir, Rejected: a.noticeRejected, Changed: a.planChanged, Log: a.log,
	})
	if err != nil {
		return fmt.Errorf("read maintenance windows: %w", err)
	}
	return nil
}

// makeCapture makes the camera and what takes photos with it.
func (a *Agent) makeCapture() {
	c := a.o.Config
	o := capture.Options{
		Store: a.queue, Schedule: a.plan, Clock: a.clock, Log: a.log,
		Approach: a.o.Approach, Told: a.steps.told,
		Paused: a.pause.Paused, PowerLow: a.supply.power.Dormant,
		Taken: a.photoTaken, Problem: a.captureProblem,
		Checks: a.makeChecks(), Site: a.site(),
	}
	var err error
	if c.Camera.Kind == config.KindShutter {
		camera := &boardShutter{cfg: c.Camera, clock: a.clock, o: shutter.Options{Board: a.o.Board, Dir: a.o.StateDir, Zone: a.plan.Zone(), Log: a.log}}
		_, err = camera.open()
		a.camera, o.Deferred = camera, camera
	} else {
		camera := &boardCamera{cfg: c.Camera, s: surroundings{
			board: a.o.Board, clock: a.clock, zone: a.plan.Zone(), dir: a.o.StateDir, dial: a.o.Dial, find: a.queue.Find, aimed: a.cameraAimed,
			log: a.log,
		}}
		_, err = camera.open()
		a.camera, o.Camera = camera, camera
	}
	if err != nil {
		a.log.Error().Err(err).Msg("no camera yet")
	}
	a.capture = capture.New(c.Capture, o)
}

// noticeTopics are those to hear; none where no notice would be believed.
func (a *Agent) noticeTopics() []string {
	if a.o.Config.Maintenance.NoticeKey == "" {
		return nil
	}
	return a.windows.Topics()
}

// fetch brings the pictures of a camera in Low Power Mode into the queue.
func (a *Agent) fetch(ctx context.Context) error {
	_, err := a.capture.Fetch(ctx)
	if err == nil {
		a.health.ClearOld(health.PicturesMissing)
	}
	return err
}

// makeLinks makes the parts that talk to the cloud. Where the identity's files
// can't be used it makes them as if no cloud were configured: photos need none.
func (a *Agent) makeLinks() error {
	c := a.o.Config
	who, err := a.openIdentity()
	if err != nil {
		a.stranger = err
		a.health.Raise(health.IdentityFault, health.IdentityFault.Severity(), err.Error())
		c.Upload.URL, c.MQTT.URL = "", ""
		who = &identity.Identity{}
	}
	// One for all who look for the cloud: the first that finds it wakes the others.
	phase := time.Now().Add(a.windows.Turn(a.clock.Now()))
	a.meter = link.NewMeter(link.MeterOptions{Dir: a.o.StateDir, Clock: a.clock, Log: a.log})
	dial := a.meter.Dial(a.o.Dial)
	a.mqtt = mqtt.New(c.MQTT, mqtt.Options{
		Device: c.Device, TLS: who.TLS(), Username: who.Username(), Password: who.Password(),
		Dial: dial, Clock: a.clock, Log: a.log,
		OnUp: a.brokerUp, OnDown: a.brokerDown,
		Quiet: a.windows.Quiet, Spread: c.Maintenance.Spread, Phase: phase, Subscribe: a.noticeTopics(), Received: a.windows.Receive,
	})
	a.heart = heartbeat.New(c.Heartbeat, heartbeat.Options{
		Device: c.Device, Link: a.mqtt, Health: a.health, Clock: a.clock, Log: a.log,
		Status: a.message, Slow: a.supply.power.Slow, Quiet: a.windows.Quiet, Told: a.steps.told, Path: filepath.Join(a.o.StateDir, heartbeat.FileName), Fault: a.o.Fault,
		CheckIn: func(after time.Time) (time.Time, bool) {
			slot, ok := a.plan.Next(schedule.CheckIn, after)
			return slot.At, ok
		},
	})
	a.prover = proof.New(proof.Options{Device: c.Device, Ledger: a.queue, Link: a.mqtt, Clock: a.clock, Log: a.log})
	if address := cloudAddress(c); address != "" {
		a.monitor = link.New(link.Options{
			Address: address, Dial: dial, Routes: a.o.Routes, Log: a.log,
			OnUp: a.cloudUp, Quiet: a.windows.Quiet, Clock: a.clock, Spread: c.Maintenance.Spread, Phase: phase,
		})
	}
	if c.Upload.URL == "" {
		return nil
	}
	to, err := tus.New(c.Upload, tus.Options{Identity: who, Device: c.Device, URLs: a.queue, DialContext: dial})
	if err != nil {
		return fmt.Errorf("make upload client: %w", err)
	}
	a.uploads = to
	var fetch func(context.Context) error
	if c.Camera.Kind == config.KindShutter {
		fetch = a.fetch
	}
	a.sessions = session.New(c.Retry, session.Options{
		Fetch: fetch, Budget: a.budget, Saving: a.supply.power.Photos, Told: a.steps.told,
		Queue: a.queue, Uploader: to, Schedule: a.plan, Clock: a.clock, Log: a.log,
		Answered: a.cloudAnswered, Unreachable: a.cloudSilent,
		Quiet: a.windows.Quiet, Paused: a.pause.Paused, Spread: c.Maintenance.Spread, Phase: phase,
	})
	return nil
}
