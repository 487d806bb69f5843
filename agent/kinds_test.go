package agent_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/camera/ipcam/ipcamsim"
	"fieldcam/capture/camera/scenesim"
	"fieldcam/capture/camera/visca"
	"fieldcam/capture/camera/visca/viscasim"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// ipCameraAddress is where an IP camera is, if there is one.
const ipCameraAddress = "192.0.2.9:80"

func TestAnIPCameraTakesThePhotos(t *testing.T) {
	inWorld(t, setup{noLine: true, config: func(c *config.Config) {
		every(c, time.Hour)
		c.Camera.Kind, c.Camera.Power.Line = config.KindHTTP, ""
		c.Camera.HTTP.ONVIF = "http://192.0.2.9" + ipcamsim.DevicePath
		c.Camera.HTTP.Username, c.Camera.HTTP.Password = "admin", "secret"
	}}, func(w *world) {
		s := ipcamsim.New(ipcamsim.Options{Username: "admin", Password: "secret", Digest: true, Ahead: -time.Hour})
		defer s.Close()
		w.cloud.camera = s.Dial
		w.boot()
		w.passUntil(8, 30)
		s.SetFaults(ipcamsim.Faults{Silent: true}) // of 9:00
		w.passUntil(9, 30)
		w.wantReported(true, health.CameraFault)
		s.SetFaults(ipcamsim.Faults{})
		s.Move("/elsewhere.jpg")
		w.passUntil(11, 30)
		w.wantReported(false, health.CameraFault)
		w.finish().want(w, 5, map[photo.Cause]int{photo.CameraFault: 1})
	})
}

func TestAProgramTakesThePhotos(t *testing.T) {
	// A real process, in simulated time: that stands still while it runs. Not beside
	// other worlds: until it has become the program, a new process holds their locks too.
	picture := filepath.Join(t.TempDir(), "picture.jpg")
	aloneInWorld(t, setup{noLine: true, config: func(c *config.Config) {
		every(c, time.Hour)
		c.Camera.Kind, c.Camera.Power.Line = config.KindCommand, ""
		c.Camera.Command.Argv = []string{"sh", "-c", `cat "$0" > "$1"`, picture, "{output}"}
	}}, func(w *world) {
		// look puts something new before the camera, which sees it until half past.
		look := func(hour int) {
			w.Helper()
			scene := scenesim.Scene{Name: device, Now: w.truth(), Began: monday().AddDate(0, -1, 0), Shot: hour, Width: 160, Height: 120}
			if err := os.WriteFile(picture, scene.JPEG(80), 0o600); err != nil {
				w.Fatal(err)
			}
		}
		look(6)
		w.boot()
		for hour := 7; hour < 9; hour++ {
			w.passUntil(hour-1, 30)
			look(hour)
		}
		w.passUntil(8, 30)
		if err := os.Remove(picture); err != nil {
			w.Fatal(err)
		}
		w.passUntil(9, 30)
		w.wantReported(true, health.CameraFault)
		for hour := 10; hour < 12; hour++ {
			look(hour)
			w.passUntil(hour, 30)
		}
		w.wantReported(false, health.CameraFault)
		w.finish().want(w, 5, map[photo.Cause]int{photo.CameraFault: 1})
	})
}

// TestACameraIsAimedBySession: and a fault of the control line loses no photo.
func TestACameraIsAimedBySession(t *testing.T) {
	const controlPort = "/dev/ttyS2"
	inWorld(t, setup{config: func(c *config.Config) {
		every(c, time.Hour)
		half := c.Sessions[0]
		half.Name, half.From = "close", schedule.At(schedule.TimeOfDay(30*time.Minute))
		c.Sessions = append(c.Sessions, half)
		c.Camera.VISCA.Port, c.Camera.VISCA.Preset = controlPort, 1
		c.Camera.VISCA.Views = []visca.SessionView{{Session: "close", View: visca.View{Preset: 5, Zoom: "4000"}}}
	}}, func(w *world) {
		s := viscasim.New(viscasim.Options{Standby: true, Boot: time.Second, Move: time.Second})
		ctx, off := context.WithCancel(w.Context())
		served := make(chan error, 1)
		end := w.board.AddPort(controlPort)
		go func() { served <- s.Serve(ctx, end) }()
		w.Cleanup(func() {
			off()
			if err := <-served; err != nil {
				w.Errorf("simulated control line: %v", err)
			}
		})
		looks := func(preset int, zoom uint16) {
			w.Helper()
			if got := s.State(); got.Preset != preset || got.Zoom != zoom {
				w.Errorf("at %v: the camera is at %+v, want preset %d, zoom %04X", w.truth(), got, preset, zoom)
			}
		}
		w.boot()
		w.passUntil(7, 15)
		looks(0, 0)
		w.passUntil(7, 45)
		looks(4, 0x4000)
		w.passUntil(8, 15)
		looks(0, 0)
		s.SetFaults(viscasim.Faults{Silent: true})
		w.passUntil(9, 15)
		w.wantReported(true, health.AimFault)
		looks(0, 0)
		s.SetFaults(viscasim.Faults{})
		w.passUntil(9, 45)
		w.wantReported(false, health.AimFault)
		looks(4, 0x4000)
		w.finish().want(w, 8, map[photo.Cause]int{})
	})
}
