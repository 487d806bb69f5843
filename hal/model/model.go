// Package model is what each controller model has, as data: its lines under the
// names of their uses, its ports, its battery, the camera that is mostly on it, and
// how it uploads. The configuration overrides each line, and Table.Board lets
// everything else name a line by its use: "camera_power" is right on every model.
//
// What the boards' vendor calls the lines in the kernel is not public. The names here
// are those that the device tree overlay of fieldcam's own images gives; on another
// image [[hal.line]] names the line.
//
// Out of scope: what a line is driven to and when; that is its user's.
package model

import (
	"fmt"
	"slices"

	"fieldcam/config/invalid"
	"fieldcam/hal"
)

// Line is one line of a controller.
type Line struct {
	// Use is what it is for: a name of Uses, which may stand wherever the
	// configuration names a line.
	Use string
	// Kernel is the line in the kernel.
	Kernel hal.Line
	// Input lines are read, the others driven. Off is the safe level of all that
	// are driven.
	Input bool
	// Text says what being on means, for people.
	Text string
}

// Port is a serial port, a bus or a clock.
type Port struct {
	Use  string // what it is for, one of the Port constants
	Path string // the device's
	Text string // what is on it
}

// The uses of ports.
const (
	PortCamera   = "camera"
	PortSolar    = "solar"
	PortModem    = "modem"
	PortSensors  = "sensors"
	PortClock    = "clock"
	PortWatchdog = "watchdog"
)

// Port is the path of the port of that use; empty where the model has none.
func (m Model) Port(use string) string {
	i := slices.IndexFunc(m.Ports, func(p Port) bool { return p.Use == use })
	if i < 0 {
		return ""
	}
	return m.Ports[i].Path
}

// Battery is the pack that a model is sold with.
type Battery struct {
	Chemistry string // as power.battery.chemistry names it
	Cells     int    // in series
	// AlertMillivolts is below what it is reported as low, MainsMillivolts below what
	// a charger on the mains is not there any more; 0: it has none.
	AlertMillivolts, MainsMillivolts int
}

// Model is one controller model. Its values are starting points: each is a key of the
// configuration too.
type Model struct {
	Name  string // as the configuration names it
	Title string // as people do
	// Camera is the kind that is mostly on it, as camera.kind names it.
	Camera string
	// Upload is how missed uploads are caught up with, in the words of the session
	// "send".
	Upload  string
	Battery Battery
	Lines   []Line
	Ports   []Port
}

// The uses of lines.
const (
	CameraPower = "camera_power"
	Shutter     = "shutter"
	HalfPress   = "half_press"
	Exposing    = "exposing"
	ModemPower  = "modem_power"
	ModemKey    = "modem_key"
	ModemStatus = "modem_status"
	Heater      = "heater"
	Fan         = "fan"
	LEDGreen    = "led_green"
	LEDRed      = "led_red"
	Button      = "button"
)

// lines are those of a board with everything; which of them a model's board has is
// not public, and costs nothing to name. The kernel's name is the use in capitals, as
// device trees write them.
func lines() []Line {
	return []Line{
		{Use: CameraPower, Kernel: hal.Line{Name: "CAMERA_POWER"}, Text: "the relay gives the camera power"},
		{Use: Shutter, Kernel: hal.Line{Name: "SHUTTER"}, Text: "the remote socket's full press is closed: the camera takes a picture"},
		{Use: HalfPress, Kernel: hal.Line{Name: "HALF_PRESS"}, Text: "the remote socket's half-press is closed: the camera wakes and focuses"},
		{Use: Exposing, Kernel: hal.Line{Name: "EXPOSING", ActiveLow: true}, Input: true, Text: "the hot shoe's contact is closed: the shutter is open"},
		{Use: ModemPower, Kernel: hal.Line{Name: "MODEM_POWER"}, Text: "the modem has power"},
		{Use: ModemKey, Kernel: hal.Line{Name: "MODEM_KEY"}, Text: "the modem's power key is pressed: it goes on or off"},
		{Use: ModemStatus, Kernel: hal.Line{Name: "MODEM_STATUS"}, Input: true, Text: "the modem is on"},
		{Use: Heater, Kernel: hal.Line{Name: "HEATER"}, Text: "the heater heats"},
		{Use: Fan, Kernel: hal.Line{Name: "FAN"}, Text: "the fan blows"},
		{Use: LEDGreen, Kernel: hal.Line{Name: "LED_GREEN"}, Text: "the light is green"},
		{Use: LEDRed, Kernel: hal.Line{Name: "LED_RED"}, Text: "the light is red"},
		{Use: Button, Kernel: hal.Line{Name: "BUTTON", ActiveLow: true}, Input: true, Text: "the button is pressed"},
	}
}

// Uses lists the names of all uses.
func Uses() []string {
	var uses []string
	for _, l := range lines() {
		uses = append(uses, l.Use)
	}
	return uses
}

// The values of Model.Camera and Model.Upload.
const (
	dslr     = "gphoto"
	endOfDay = "end-of-day"
	asMany   = "as-many-as-possible"
)

// twoCells is the pack of all models: two lithium-ion cells, whose alert stands at
// 7500 mV, and 8100 mV tell that the mains are lost (the vendor's help pages).
func twoCells() Battery {
	return Battery{Chemistry: "li-ion", Cells: 2, AlertMillivolts: 7500, MainsMillivolts: 8100}
}

// ports are those of all models.
func ports() []Port {
	return []Port{
		{PortCamera, "/dev/ttyS1", "a serial camera (VC0706, uCAM)"},
		{PortSolar, "/dev/ttyS2", "a solar charger's VE.Direct"},
		{PortModem, "/dev/ttyUSB2", "the modem's AT commands, where no ModemManager has it"},
		{PortSensors, "/dev/i2c-1", "sensors: INA2xx, SHT3x, BME280"},
		{PortClock, "/dev/rtc0", "the battery-backed clock, which wakes the board"},
		{PortWatchdog, "/dev/watchdog0", "the watchdog, which systemd has"},
	}
}

// Models lists the models.
func Models() []Model {
	return []Model{
		{Name: "pro", Title: "PRO", Camera: dslr, Upload: endOfDay, Battery: twoCells(), Lines: lines(), Ports: ports()},
		{Name: "mini", Title: "Mini", Camera: dslr, Upload: endOfDay, Battery: twoCells(), Lines: lines(), Ports: ports()},
		{Name: "mach2", Title: "Mach II", Camera: dslr, Upload: endOfDay, Battery: twoCells(), Lines: lines(), Ports: ports()},
		{Name: "tempo", Title: "Tempo", Camera: dslr, Upload: asMany, Battery: twoCells(), Lines: lines(), Ports: ports()},
	}
}

// Find gives the model of that name.
func Find(name string) (Model, bool) {
	models := Models()
	i := slices.IndexFunc(models, func(m Model) bool { return m.Name == name })
	if i < 0 {
		return Model{}, false
	}
	return models[i], true
}

// Config is how this board differs from its model.
type Config struct {
	// Lines are the lines that are elsewhere, or that the model has not. Default: none.
	Lines []LineConfig `toml:"line"`
}

// LineConfig says where the line of a use is.
type LineConfig struct {
	// Use is one of Uses. Required, and once only.
	Use string `toml:"use"`
	// Line names it, as hal.Line.Name does. Required.
	Line string `toml:"line"`
	// ActiveLow lines are electrically low while they are on.
	ActiveLow bool `toml:"active_low"`
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	seen := make(map[string]bool)
	for i, line := range c.Lines {
		at := fmt.Sprintf("line[%d].", i)
		switch {
		case !slices.Contains(Uses(), line.Use):
			l.Add(at+"use", line.Use, Choice())
		case seen[line.Use]:
			l.Add(at+"use", line.Use, "each use once")
		}
		seen[line.Use] = true
		if line.Line == "" || slices.Contains(Uses(), line.Line) {
			l.Add(at+"line", line.Line, "the line's name in the kernel, a chip's label with an offset, or a path")
		}
	}
	return l.Err()
}

// Choice is what a use may be, for people.
func Choice() string {
	text := ""
	uses := Uses()
	for i, u := range uses {
		switch {
		case i == 0:
		case i == len(uses)-1:
			text += " or "
		default:
			text += ", "
		}
		text += `"` + u + `"`
	}
	return text
}
