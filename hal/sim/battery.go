package sim

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"fieldcam/hal"
)

// BatteryConfig describes a battery, what it feeds and what charges it.
type BatteryConfig struct {
	// MilliampHours is what it holds when full.
	MilliampHours float64
	// Curve is its voltage without load, in millivolts, at 0, 1/n … 1 of its charge.
	Curve []int
	// Milliohms is its inner resistance: the voltage under load is lower, and higher
	// while it is charged.
	Milliohms float64
	// Charge is what it holds at the start, from 0 to 1.
	Charge float64
}

// TwoCells is a pack of two lithium-ion cells with 5200 mAh, as the controllers have:
// 8400 mV full, 6000 mV empty.
func TwoCells() BatteryConfig {
	return BatteryConfig{
		MilliampHours: 5200, Milliohms: 120, Charge: 1,
		Curve: []int{6000, 6900, 7180, 7300, 7400, 7480, 7580, 7700, 7880, 8100, 8400},
	}
}

// Sun charges the battery by day. The zero Sun never shines.
type Sun struct {
	// Milliamps is what the panel gives at noon of a clear day.
	Milliamps float64
	// Noon is the sun's highest point, as a time of day in UTC, and Day how long it
	// shines.
	Noon, Day time.Duration
}

// at is the panel's current at t: half a sine over the day.
func (s Sun) at(t time.Time) float64 {
	if s.Day <= 0 {
		return 0
	}
	day := t.UTC()
	sinceNoon := day.Sub(day.Truncate(24*time.Hour)) - s.Noon
	switch { // the nearest noon, not that of this date
	case sinceNoon > 12*time.Hour:
		sinceNoon -= 24 * time.Hour
	case sinceNoon < -12*time.Hour:
		sinceNoon += 24 * time.Hour
	}
	x := float64(sinceNoon) / float64(s.Day) * math.Pi
	if x <= -math.Pi/2 || x >= math.Pi/2 {
		return 0
	}
	return s.Milliamps * math.Cos(x)
}

// Battery is a battery with a load and a sun, in package time. It is worked out when
// somebody asks. Its methods may be called from any goroutine.
type Battery struct {
	cfg BatteryConfig

	mu     sync.Mutex
	charge float64     // 0 to 1; guarded by mu
	load   float64     // mA; guarded by mu
	sun    Sun         // guarded by mu
	clouds float64     // the share of the sun that they take; guarded by mu
	until  time.Time   // to when charge is worked out; guarded by mu
	lies   []hal.Power // the next readings, whatever is true; guarded by mu
	broken error       // guarded by mu
}

var _ hal.PowerMeter = (*Battery)(nil)

// batteryStep is how finely the sun's course is followed.
const batteryStep = 5 * time.Minute

// NewBattery gives a battery without load or sun.
func NewBattery(c BatteryConfig) *Battery {
	return &Battery{cfg: c, charge: c.Charge, until: time.Now()}
}

// SetLoad is what the board draws from now on, in milliamps.
func (b *Battery) SetLoad(milliamps float64) {
	b.change(func() { b.load = milliamps })
}

// SetSun puts a panel in the sun from now on; clouds is the share that they take, from
// 0 to 1.
func (b *Battery) SetSun(s Sun, clouds float64) {
	b.change(func() { b.sun, b.clouds = s, clouds })
}

// SetCharge fills or empties the battery, from 0 to 1.
func (b *Battery) SetCharge(charge float64) {
	b.change(func() { b.charge = charge })
}

// Lie has the next readings be these, one each, as a loose contact or a brown-out of
// the sensor gives them.
func (b *Battery) Lie(readings ...hal.Power) {
	b.change(func() { b.lies = append(b.lies, readings...) })
}

// Break has each reading fail with err; nil mends it.
func (b *Battery) Break(err error) {
	b.change(func() { b.broken = err })
}

// Charge is what the battery holds now, from 0 to 1.
func (b *Battery) Charge() (charge float64) {
	b.change(func() { charge = b.charge })
	return charge
}

func (b *Battery) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settle(time.Now())
	do()
}

// settle works the charge out up to now. The caller holds mu.
func (b *Battery) settle(now time.Time) {
	for b.until.Before(now) {
		d := min(now.Sub(b.until), batteryStep)
		b.charge -= b.drawn(b.until.Add(d/2)) * d.Hours() / b.cfg.MilliampHours
		b.charge = min(max(b.charge, 0), 1)
		b.until = b.until.Add(d)
	}
}

// drawn is the current out of the battery at t, in milliamps. The caller holds mu.
func (b *Battery) drawn(t time.Time) float64 {
	return b.load - b.sun.at(t)*(1-b.clouds)
}

// Power implements hal.PowerMeter.
func (b *Battery) Power(ctx context.Context) (hal.Power, error) {
	if err := ctx.Err(); err != nil {
		return hal.Power{}, err
	}
	var p hal.Power
	var err error
	b.change(func() {
		switch {
		case b.broken != nil:
			err = fmt.Errorf("read simulated battery: %w", b.broken)
		case len(b.lies) > 0:
			p, b.lies = b.lies[0], b.lies[1:]
		default:
			milliamps := b.drawn(b.until)
			if b.charge == 1 && milliamps < 0 {
				milliamps = 0 // full: the charger holds back
			}
			p = hal.Power{
				Millivolts: int(math.Round(b.volts() - milliamps*b.cfg.Milliohms/1000)),
				Milliamps:  int(math.Round(milliamps)), HasCurrent: true,
			}
		}
	})
	return p, err
}

// volts is the voltage without load, in millivolts. The caller holds mu.
func (b *Battery) volts() float64 {
	at := b.charge * float64(len(b.cfg.Curve)-1)
	i := min(int(at), len(b.cfg.Curve)-2)
	low, high := float64(b.cfg.Curve[i]), float64(b.cfg.Curve[i+1])
	return low + (high-low)*(at-float64(i))
}
