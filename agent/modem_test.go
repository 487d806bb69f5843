package agent_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/agent/modem"
	"fieldcam/agent/modem/modemsim"
	"fieldcam/config"
	"fieldcam/hal/sim"
)

// withModem is a controller with a modem of its own, asked by AT.
func withModem(c *config.Config) {
	c.Modem.Ask, c.Modem.Port, c.Modem.Module = modem.AskAT, "/dev/ttyUSB2", "sim7000"
	c.Modem.KeyLine, c.Modem.StatusLine, c.Modem.PowerLine = "MODEM_KEY", "MODEM_STATUS", "MODEM_POWER"
	c.Panel.GreenLine, c.Panel.RedLine, c.Panel.ButtonLine = "LED_GREEN", "LED_RED", "BUTTON"
}

// plugModem connects the modem that withModem speaks of, and the light and button.
func plugModem(w *world) *modemsim.Modem {
	m := modemsim.New(modemsim.Options{
		Key: w.board.AddLine("MODEM_KEY"), Status: w.board.AddLine("MODEM_STATUS"), Power: w.board.AddLine("MODEM_POWER"),
		Timing: modemsim.SIM7000(), On: true,
	})
	for _, name := range []string{"LED_GREEN", "LED_RED", "BUTTON"} {
		w.board.AddLine(name)
	}
	ctx, cancel := context.WithCancel(w.Context())
	served := make(chan error, 1)
	port := w.board.AddPort("/dev/ttyUSB2")
	go func() { served <- m.Serve(ctx, port) }()
	w.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			w.Errorf("simulated modem: %v", err)
		}
	})
	return m
}

// lit is what the light shows.
func lit(w *world) string {
	green, red := w.board.AddLine("LED_GREEN").High(), w.board.AddLine("LED_RED").High()
	return map[[2]bool]string{{true, true}: "amber", {true, false}: "green", {false, true}: "red", {false, false}: "dark"}[[2]bool{green, red}]
}

// press holds the button for a while.
func press(button *sim.Line, d time.Duration) {
	button.Drive(true)
	time.Sleep(d)
	button.Drive(false)
	time.Sleep(time.Second)
}

func TestAHungModemIsRestartedAndThePhotosGo(t *testing.T) {
	inWorld(t, setup{config: withModem}, func(w *world) {
		m := plugModem(w)
		w.boot()
		w.pass(2 * time.Hour)
		if got := w.life.agent.Status().Modem; got == nil || got.Operator != "Field, Net" || got.DBm != -79 || got.Error != "" {
			t.Errorf("the status tells of the modem %+v, want its network and signal", got)
		}
		m.SetFaults(modemsim.Faults{Hung: true, KeyDead: true})
		w.network(linktest.BlackHoled)
		w.pass(time.Hour)
		if _, ok := w.condition(health.ModemFault); !ok {
			t.Error("the modem has been silent for an hour, want a condition")
		}
		for end := time.Now().Add(4 * time.Hour); m.Starts() == 0 && time.Now().Before(end); {
			w.pass(time.Minute)
		}
		if m.Starts() != 1 || w.life.agent.Status().Modem.Restarts != 1 {
			t.Fatalf("%d starts of the modem, %+v, want one restart", m.Starts(), w.life.agent.Status().Modem)
		}
		w.network(linktest.Whole)
		w.pass(30 * time.Minute)
		if _, ok := w.condition(health.ModemFault); ok {
			t.Error("the modem answers, want the condition cleared")
		}
		w.finish()
	})
}

func TestAModemWhoseNetworkCardIsThereIsLeftOn(t *testing.T) {
	inWorld(t, setup{config: func(c *config.Config) { withModem(c); c.Modem.Ask = modem.AskNobody }}, func(w *world) {
		w.root = t.TempDir()
		card := filepath.Join(w.root, "sys/class/net/wwan0")
		if err := errors.Join(os.MkdirAll(card, 0o755), os.WriteFile(filepath.Join(card, "uevent"), []byte("DEVTYPE=wwan\nINTERFACE=wwan0\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
		m := modemsim.New(modemsim.Options{Key: w.board.AddLine("MODEM_KEY"), Power: w.board.AddLine("MODEM_POWER"), Timing: modemsim.SIM7000(), On: true})
		for _, name := range []string{"MODEM_STATUS", "LED_GREEN", "LED_RED", "BUTTON"} { // STATUS goes nowhere
			w.board.AddLine(name)
		}
		w.boot()
		w.pass(10 * time.Minute)
		if !m.On() || m.Presses() != 0 {
			t.Errorf("the modem is on %v after %d presses, want on after none", m.On(), m.Presses())
		}
		if c, ok := w.condition(health.ModemFault); !ok || !strings.Contains(c.Text, "STATUS") {
			t.Errorf("got %+v, want a condition of the STATUS line", c)
		}
		w.finish()
	})
}

func TestAMissingCardIsAConditionUntilItIsThere(t *testing.T) {
	inWorld(t, setup{config: withModem}, func(w *world) {
		m := plugModem(w)
		m.SetFaults(modemsim.Faults{NoSIM: true})
		w.boot()
		w.pass(10 * time.Minute)
		if c, ok := w.condition(health.SIMFault); !ok || c.Text != "the modem's SIM card is missing, or not read" {
			t.Errorf("got %+v, want that the card is missing", c)
		}
		if c, ok := w.condition(health.NoNetwork); !ok || c.Severity != health.Warning {
			t.Errorf("got %+v, want that there is no network", c)
		}
		m.SetFaults(modemsim.Faults{})
		w.pass(5 * time.Minute)
		for _, name := range []health.Name{health.SIMFault, health.NoNetwork} {
			if _, ok := w.condition(name); ok {
				t.Errorf("%s holds though the card is there", name)
			}
		}
		w.finish()
	})
}

func TestTheButtonTakesAPhotoAndTheLightTellsOfTheCloud(t *testing.T) {
	inWorld(t, setup{config: withModem}, func(w *world) {
		plugModem(w)
		w.boot()
		w.pass(time.Minute)
		if got := lit(w); got != "green" {
			t.Errorf("the light is %s, want green: the broker is connected", got)
		}
		before := w.life.agent.Status().Queue
		press(w.board.AddLine("BUTTON"), 300*time.Millisecond)
		w.pass(time.Minute)
		after := w.life.agent.Status()
		if got := after.Queue.Waiting + after.Queue.Confirmed; got != before.Waiting+before.Confirmed+1 {
			t.Fatalf("%d photos, want one more than %d", got, before.Waiting+before.Confirmed)
		}
		w.known[after.Capture.LastPhoto.Seq()] = true
		w.network(linktest.Severed)
		w.pass(5 * time.Minute)
		if got := lit(w); got != "red" {
			t.Errorf("the light is %s, want red: the cloud is cut off", got)
		}
		w.pass(15 * time.Minute)
		if got := lit(w); got != "dark" {
			t.Errorf("the light is %s, want dark by now", got)
		}
		w.network(linktest.Whole)
		w.pass(30 * time.Minute)
		w.finish()
		synctest.Wait()
		for _, name := range []string{"LED_GREEN", "LED_RED", "MODEM_KEY"} {
			if w.board.AddLine(name).High() {
				t.Errorf("%s is on after the daemon's end", name)
			}
		}
		if !w.board.AddLine("MODEM_POWER").High() {
			t.Error("the modem has no power after the daemon's end, want it left on")
		}
	})
}
