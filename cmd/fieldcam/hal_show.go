package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fieldcam/cmd/fieldcam/internal/wiring"
	"fieldcam/config"
	"fieldcam/hal"
	"fieldcam/hal/linux"
	"fieldcam/hal/model"
)

// hardware is what "hal show" tells.
type hardware struct {
	Model   string      `json:"model"`
	Camera  string      `json:"camera"`       // the configured kind
	Usual   string      `json:"usual_camera"` // the model's
	Upload  string      `json:"upload"`
	Battery hardBattery `json:"battery"`
	Lines   []hardLine  `json:"lines"`
	Ports   []hardPort  `json:"ports"`
	Sensors []string    `json:"sensors"` // the kernel's, by their drivers' names
	RTC     *time.Time  `json:"rtc,omitempty"`
	RTCLost bool        `json:"rtc_lost"`
}

// hardBattery is the battery as it is configured.
type hardBattery struct {
	Chemistry string `json:"chemistry"`
	Cells     int    `json:"cells"`
	AlertMV   int    `json:"alert_mv"`
	MainsMV   int    `json:"mains_mv"`
}

// hardLine is one line.
type hardLine struct {
	Use       string `json:"use"`
	Line      string `json:"line"`
	ActiveLow bool   `json:"active_low"`
	Input     bool   `json:"input"`
	Key       string `json:"key,omitempty"`
	Chip      string `json:"chip,omitempty"`
	Offset    int    `json:"offset"`
	Owner     string `json:"owner,omitempty"`
	Output    bool   `json:"is_output"` // at present
	On        *bool  `json:"on,omitempty"`
	Missing   string `json:"missing,omitempty"` // why there is none
}

// hardPort is a port or a bus.
type hardPort struct {
	Path  string `json:"path"`
	Text  string `json:"text"`
	Key   string `json:"key,omitempty"`
	There bool   `json:"there"`
}

func newHALShow(p *places) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the controller's lines, their owners and levels, and its ports",
		Long: `Show the controller's lines, where they are, who has them and how they stand, and
its ports, sensors and clock. Nothing is touched: a line's level is shown where
somebody has it, and to root only, since only root may read the kernel's list.`,
		Example: `  sudo fieldcam hal show
  fieldcam hal show --json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(p.config)
			if err != nil {
				return err
			}
			h, err := survey(cfg, linux.New(), "/")
			if err != nil {
				return err
			}
			if p.json {
				return printJSON(c.OutOrStdout(), h)
			}
			printHardware(c.OutOrStdout(), h)
			return nil
		},
	}
}

// survey looks at the board; root is where its files are.
func survey(cfg config.Config, board *linux.Board, root string) (hardware, error) {
	m, _ := model.Find(cfg.Model) // the configuration is valid
	h := hardware{
		Model: m.Title, Camera: cfg.Camera.Kind, Usual: m.Camera, Upload: m.Upload,
	}
	b := cfg.Power.Battery.Full()
	h.Battery = hardBattery{b.Chemistry, b.Cells, b.AlertMillivolts, b.MainsMillivolts}
	for _, l := range wiring.Lines(cfg) {
		h.Lines = append(h.Lines, lookAt(board, l, filepath.Join(root, linux.DebugRoot)))
	}
	clock := ""
	for _, port := range wiring.Ports(cfg) {
		_, err := os.Stat(filepath.Join(root, port.Path))
		h.Ports = append(h.Ports, hardPort{port.Path, port.Text, port.Key, err == nil})
		if port.Use == model.PortClock {
			clock = port.Path
		}
	}
	names, err := filepath.Glob(filepath.Join(root, "sys/class/hwmon/hwmon*/name"))
	if err != nil {
		return hardware{}, fmt.Errorf("look for sensors: %w", err)
	}
	for _, n := range names {
		if text, err := os.ReadFile(n); err == nil { // else it went away meanwhile
			h.Sensors = append(h.Sensors, strings.TrimSpace(string(text)))
		}
	}
	if at, err := linux.NewRTC(filepath.Join(root, clock)).Time(); err == nil {
		h.RTC = &at
	} else {
		h.RTCLost = errors.Is(err, hal.ErrTimeLost)
	}
	return h, nil
}

// lookAt tells of one line.
func lookAt(board *linux.Board, l wiring.Line, debug string) hardLine {
	h := hardLine{Use: l.Use, Line: l.Line.Name, ActiveLow: l.Line.ActiveLow, Input: l.Input, Key: l.Key}
	s, err := board.Look(l.Line.Name, debug)
	if err != nil {
		h.Missing = err.Error()
		return h
	}
	h.Chip, h.Offset, h.Output = s.Chip, s.Offset, s.Output
	if s.Taken {
		h.Owner = cmp.Or(s.Consumer, "somebody")
	}
	if s.Known {
		on := s.On(l.Line.ActiveLow)
		h.On = &on
	}
	return h
}

// printHardware writes it for people, within 80 columns.
func printHardware(w io.Writer, h hardware) {
	fmt.Fprintf(w, "%-11s%s, mostly with a %s camera; here: %s\n", "model", h.Model, h.Usual, h.Camera)
	fmt.Fprintf(w, "%-11s%d cells %s, low below %d mV, mains lost below %d mV\n", "battery", h.Battery.Cells, h.Battery.Chemistry, h.Battery.AlertMV, h.Battery.MainsMV)
	fmt.Fprintf(w, "%-11s%s\n\n", "upload", h.Upload)
	fmt.Fprintf(w, "%-13s %-18s %-20s %-12s %s\n", "LINE", "NAME", "WHERE", "OWNER", "LEVEL")
	for _, l := range h.Lines {
		where, owner, level := "-", "-", "-"
		switch {
		case l.Missing != "" && l.Key != "":
			where = "NOT THERE"
		case l.Missing != "":
			where = "not there"
		case l.Chip != "":
			where = fmt.Sprintf("%s:%d", l.Chip, l.Offset)
		default:
			where = "file"
		}
		if l.Owner != "" {
			owner = l.Owner
		}
		if l.On != nil {
			level = "off"
			if *l.On {
				level = "on"
			}
		}
		fmt.Fprintf(w, "%-13s %-18s %-20s %-12s %s\n", l.Use, cut(l.Line, 18), cut(where, 20), cut(owner, 12), level)
	}
	for _, l := range h.Lines {
		if l.Missing != "" && l.Key != "" {
			fmt.Fprintf(w, "\n%s is in use (%s), but:\n  %s\n", l.Use, l.Key, cut(strings.ReplaceAll(l.Missing, "\n", "; "), 78))
		}
	}
	fmt.Fprintln(w)
	for _, p := range h.Ports {
		there := "there"
		switch {
		case !p.There && p.Key != "":
			there = "NOT THERE"
		case !p.There:
			there = "-"
		}
		fmt.Fprintf(w, "%-16s %-10s %s\n", p.Path, there, cut(p.Text, 52))
	}
	if len(h.Sensors) > 0 {
		fmt.Fprintf(w, "%-16s %s\n", "sensors", strings.Join(h.Sensors, ", "))
	}
	switch {
	case h.RTC != nil:
		fmt.Fprintf(w, "%-16s %s UTC\n", "clock", h.RTC.Format("Mon 2006-01-02 15:04:05"))
	case h.RTCLost:
		fmt.Fprintf(w, "%-16s HAS LOST ITS TIME\n", "clock")
	}
}
