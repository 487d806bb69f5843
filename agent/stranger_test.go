package agent_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent"
	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/config"
	"fieldcam/hal/sim"
)

func TestUnusableIdentityStopsNoPhoto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cfg := config.Default()
		cfg.Device, cfg.Camera.Kind = "stranger", config.KindVC0706
		cfg.Upload.URL, cfg.MQTT.URL = "https://cloud.example/files/", "tls://cloud.example:8883"
		cfg.Identity.PasswordFile = filepath.Join(dir, "password")
		var heard []agent.State
		a, err := agent.Open(t.Context(), agent.Options{
			Config: cfg, StateDir: dir, Board: sim.New(), Clock: sim.NewClock(), Log: zerolog.Nop(),
			Listen: func(path string) (net.Listener, error) { return linktest.New().Listen(path) },
			Notify: func(s agent.State) { heard = append(heard, s) },
		})
		if err != nil {
			t.Fatalf("open without the password's file: got %v, want a controller that takes photos", err)
		}
		defer a.Close()
		if c := a.Status().Conditions; len(c) == 0 || c[0].Name != health.IdentityFault {
			t.Errorf("conditions: got %v, want %s", c, health.IdentityFault)
		}
		if err := a.Upload(0); err == nil {
			t.Error("upload without an identity: got nil, want an error")
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		time.Sleep(time.Minute)
		select {
		case err := <-done:
			t.Fatalf("Run ended with %v, want it to go on", err)
		default:
		}
		if err := os.WriteFile(cfg.Identity.PasswordFile, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		select {
		case err := <-done:
			if err == nil {
				t.Error("Run: got nil, want the wish for a new start")
			}
		default:
			t.Error("a minute after the file came Run goes on, want a new start")
		}
		if len(heard) == 0 || heard[0] != agent.Ready {
			t.Errorf("told the supervisor %v, want that it is ready first", heard)
		}
	})
}
