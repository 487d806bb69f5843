package modem_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/agent/modem"
)

func TestBadValuesAreNamed(t *testing.T) {
	for want, change := range map[string]func(*modem.Config){
		"ask":           func(c *modem.Config) { c.Ask = "modem" },
		"port":          func(c *modem.Config) { c.Port = "ttyUSB2" },
		"baud":          func(c *modem.Config) { c.Baud = 0 },
		"every":         func(c *modem.Config) { c.Every = time.Second },
		"restart_after": func(c *modem.Config) { c.RestartAfter = time.Minute },
		"module":        func(c *modem.Config) { c.Module, c.OnPulse, c.OffPulse = "nokia", time.Second, time.Second },
		"on_pulse":      func(c *modem.Config) { c.OnPulse = time.Minute },
		"off_pulse":     func(c *modem.Config) { c.Module, c.OnPulse = "", time.Second },
	} {
		c := modem.Default()
		c.Ask, c.Port, c.Module, c.KeyLine = modem.AskAT, "/dev/ttyUSB2", "ec21", "KEY"
		if err := c.Validate(); err != nil {
			t.Fatalf("a good one: %v", err)
		}
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s: got %v, want that key alone", want, err)
		}
	}
	if err := modem.Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
}

// TestPulsesAreLongerThanTheMakersLeast holds the table to the dossier's figures.
func TestPulsesAreLongerThanTheMakersLeast(t *testing.T) {
	least := map[string][2]time.Duration{
		"ec21": {100 * time.Millisecond, 700 * time.Millisecond}, "bg96": {500 * time.Millisecond, 650 * time.Millisecond},
		"eg915u": {2 * time.Second, 3 * time.Second}, "sim7000": {time.Second, 1200 * time.Millisecond}, "sim7912": {0, 2500 * time.Millisecond},
	}
	for _, m := range modem.Modules() {
		on, off := least[m.Name][0], least[m.Name][1]
		if on > 0 && m.OnPulse <= on || m.OffPulse <= off || m.OnPulse > 5*time.Second || m.OffPulse > 5*time.Second {
			t.Errorf("%s: %v and %v, want above %v and %v", m.Name, m.OnPulse, m.OffPulse, on, off)
		}
	}
}
