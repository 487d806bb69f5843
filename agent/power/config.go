package power

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fieldcam/config/invalid"
	"fieldcam/hal/hwmon"
	"fieldcam/hal/ina"
	"fieldcam/hal/vedirect"
)

// What measures the battery.
const (
	MeterNone     = "none"
	MeterINA      = "ina"
	MeterHwmon    = "hwmon"
	MeterVEDirect = "vedirect"
)

// Meters lists what Config.Meter can be.
func Meters() []string { return []string{MeterNone, MeterINA, MeterHwmon, MeterVEDirect} }

// Config is how the battery is watched, and what is saved when it runs low.
type Config struct {
	// Meter is what measures the battery, one of Meters. Default "none": there is no
	// ladder then.
	Meter string `toml:"meter"`
	// Hwmon is the name that the kernel's driver gives the chip, for the meter
	// "hwmon".
	Hwmon string `toml:"hwmon"`
	// Every is how often the battery is measured. Default 30s.
	Every time.Duration `toml:"every"`
	// Ladder tells whether the rungs of the ladder are taken. Else the battery is
	// only reported. Default true.
	Ladder bool `toml:"ladder"`
	// DownAfter is how long the battery must be below a rung's limit before that is
	// taken. Default 5m.
	DownAfter time.Duration `toml:"down_after"`
	// UpAfter is how long it must be above limit and hysteresis before the next rung
	// up is. Default 30m.
	UpAfter time.Duration `toml:"up_after"`
	// BlindAfter is after how long without a reading that can be believed the next
	// rung up is taken. Default 6h.
	BlindAfter time.Duration `toml:"blind_after"`
	// LessPhotos is how many photos, the newest, an upload session sends at most on
	// the rung "upload-less". Default 2.
	LessPhotos int `toml:"less_photos"`
	// SlowBy is by what the intervals of heartbeats and statuses are multiplied on
	// the rungs "capture-only" and "dormant". Default 6.
	SlowBy int `toml:"slow_by"`
	// PowerOff is the command, by its path and with its arguments, that powers the
	// board down on the rung "dormant". Default empty: the board stays up, idle.
	PowerOff string `toml:"power_off"`
	// WakeClock is the clock that wakes the board then, by its device's path. Default
	// "/dev/rtc0".
	WakeClock string `toml:"wake_clock"`
	// WakeEvery is how long the board is off then, until its clock wakes it for a look
	// at the battery. Default 1h.
	WakeEvery time.Duration `toml:"wake_every"`

	Battery Battery    `toml:"battery"`
	INA     ina.Config `toml:"ina"`
	Solar   Solar      `toml:"solar"`
}

// Battery is what there is, and when it counts as low. A voltage of 0 is the usual
// one of the chemistry, times the cells.
type Battery struct {
	// Chemistry is one of Chemistries. Default "li-ion".
	Chemistry string `toml:"chemistry"`
	// Cells is how many cells there are in series. Default 2.
	Cells int `toml:"cells"`
	// Mains tells whether a charger on the mains holds the battery up, so that a
	// falling voltage means that the mains are lost. Default false.
	Mains bool `toml:"mains"`
	// MainsMillivolts is the voltage below which the mains are lost. Default 0.
	MainsMillivolts int `toml:"mains_mv"`
	// AlertMillivolts is the voltage below which the battery is reported as low.
	// Default 0.
	AlertMillivolts int `toml:"alert_mv"`
	// LessMillivolts, CaptureMillivolts and DormantMillivolts are the limits of the
	// rungs. Default 0.
	LessMillivolts    int `toml:"less_mv"`
	CaptureMillivolts int `toml:"capture_mv"`
	DormantMillivolts int `toml:"dormant_mv"`
	// HysteresisMillivolts is how far above a limit the battery must be for what that
	// limit began to end. Default 0.
	HysteresisMillivolts int `toml:"hysteresis_mv"`
}

// Solar is the solar charger.
type Solar struct {
	// Port is the serial port of a charger that speaks VE.Direct. Default empty: there
	// is none.
	Port string `toml:"port"`
}

// Default is what a controller uses unless told otherwise: the two-cell pack of
// all models, which nothing measures.
func Default() Config {
	return Config{
		Meter: MeterNone, Every: 30 * time.Second, Ladder: true,
		DownAfter: 5 * time.Minute, UpAfter: 30 * time.Minute, BlindAfter: 6 * time.Hour,
		LessPhotos: 2, SlowBy: 6, WakeClock: "/dev/rtc0", WakeEvery: time.Hour,
		Battery: Battery{Chemistry: LithiumIon, Cells: 2}, INA: ina.Default(),
	}
}

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if !slices.Contains(Meters(), c.Meter) {
		l.Add("meter", c.Meter, `"none", "ina", "hwmon" or "vedirect"`)
	}
	hwmon.Check(&l, c.Hwmon, c.Meter == MeterHwmon, "ina226")
	between := func(key string, d, low, high time.Duration, want string) {
		if d < low || d > high {
			l.Add(key, d, want)
		}
	}
	between("every", c.Every, time.Second, 10*time.Minute, "a duration from 1s to 10m")
	between("down_after", c.DownAfter, time.Minute, 24*time.Hour, "a duration from 1m to 24h")
	between("up_after", c.UpAfter, time.Minute, 24*time.Hour, "a duration from 1m to 24h")
	between("blind_after", c.BlindAfter, time.Hour, 30*24*time.Hour, "a duration from 1h to 720h")
	between("wake_every", c.WakeEvery, 10*time.Minute, 24*time.Hour, "a duration from 10m to 24h")
	const mostPhotos, mostSlow = 1000, 100
	if c.LessPhotos < 1 || c.LessPhotos > mostPhotos {
		l.Add("less_photos", c.LessPhotos, "1 to 1000")
	}
	if c.SlowBy < 1 || c.SlowBy > mostSlow {
		l.Add("slow_by", c.SlowBy, "1 to 100")
	}
	if c.PowerOff != "" && (c.PowerOff[0] != '/' || strings.ContainsAny(c.PowerOff, "\x00\n\r")) {
		l.Add("power_off", c.PowerOff, `a program by its path, and its arguments, such as "/usr/bin/systemctl poweroff"`)
	}
	if len(c.WakeClock) < 2 || c.WakeClock[0] != '/' {
		l.Add("wake_clock", c.WakeClock, `the path of a clock, such as "/dev/rtc0"`)
	}
	l.Under("battery", c.Battery.Validate())
	l.Under("ina", c.INA.Validate())
	switch {
	case c.Solar.Port != "":
		l.Under("solar", vedirect.Config{Port: c.Solar.Port}.Validate())
	case c.Meter == MeterVEDirect:
		l.Add("solar.port", "", `the path of a serial port, such as "/dev/ttyUSB0"`)
	}
	return l.Err()
}

// Validate reports every value that cannot be used, as invalid.Values.
func (b Battery) Validate() error {
	var l invalid.List
	if !slices.Contains(Chemistries(), b.Chemistry) {
		l.Add("chemistry", b.Chemistry, `"li-ion", "lifepo4" or "lead"`)
	}
	if b.Cells < 1 || b.Cells > maxCells {
		l.Add("cells", b.Cells, "1 to 24")
	}
	for _, v := range []struct {
		key string
		got int
	}{
		{"mains_mv", b.MainsMillivolts}, {"alert_mv", b.AlertMillivolts}, {"less_mv", b.LessMillivolts},
		{"capture_mv", b.CaptureMillivolts}, {"dormant_mv", b.DormantMillivolts}, {"hysteresis_mv", b.HysteresisMillivolts},
	} {
		if v.got < 0 || v.got > maxMillivolts {
			l.Add(v.key, v.got, "0 (the chemistry's) to 100000 millivolts")
		}
	}
	if l.Err() != nil {
		return l.Err()
	}
	full, low, high := b.Full(), b.cell().low*b.Cells, b.cell().high*b.Cells
	for _, v := range []struct {
		key              string
		got, below, over int
	}{
		{"less_mv", full.LessMillivolts, high, full.CaptureMillivolts},
		{"capture_mv", full.CaptureMillivolts, full.LessMillivolts, full.DormantMillivolts},
		{"dormant_mv", full.DormantMillivolts, full.CaptureMillivolts, low},
		{"alert_mv", full.AlertMillivolts, high, low},
		{"mains_mv", full.MainsMillivolts, high, low},
	} {
		if v.got <= v.over || v.got >= v.below {
			l.Add(v.key, v.got, fmt.Sprintf("0 (the chemistry's) to 100000 millivolts, and with the rest of the battery's more than %d and less than %d", v.over, v.below))
		}
	}
	if top := max(full.LessMillivolts, full.AlertMillivolts) + full.HysteresisMillivolts; l.Err() == nil && (top >= high || full.HysteresisMillivolts == 0) {
		l.Add("hysteresis_mv", full.HysteresisMillivolts, fmt.Sprintf("0 (the chemistry's) to 100000 millivolts, and with the limits less than the battery's highest, %d", high))
	}
	return l.Err()
}

// cell is the chemistry's.
func (b Battery) cell() cell { return cells()[b.Chemistry] }

// Full is b with all its voltages; b must be valid.
func (b Battery) Full() Battery {
	c := b.cell()
	for _, v := range []struct {
		mv  *int
		one int
	}{
		{&b.MainsMillivolts, c.mains}, {&b.AlertMillivolts, c.alert}, {&b.LessMillivolts, c.less},
		{&b.CaptureMillivolts, c.capture}, {&b.DormantMillivolts, c.dormant}, {&b.HysteresisMillivolts, c.hysteresis},
	} {
		if *v.mv == 0 {
			*v.mv = v.one * b.Cells
		}
	}
	return b
}

// limits are the ladder's.
func (c Config) limits() Limits {
	b := c.Battery.Full()
	return Limits{
		Below:      [rungs]int{UploadLess: b.LessMillivolts, CaptureOnly: b.CaptureMillivolts, Dormant: b.DormantMillivolts},
		Hysteresis: b.HysteresisMillivolts, Down: c.DownAfter, Up: c.UpAfter, Blind: c.BlindAfter,
	}
}
