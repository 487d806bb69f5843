package shutter

import (
	"slices"
	"time"
)

// Timing is how a camera's remote socket wants to be used.
type Timing struct {
	// WakeAfter is how long after the last use the camera may be asleep.
	WakeAfter time.Duration
	// Wake is how long the half-press is held to wake it, and WakePause how long it
	// takes to be ready after that.
	Wake, WakePause time.Duration
	// Half is the time from the half-press to the full press, for meter and focus.
	Half time.Duration
	// Press is how long the full press is held.
	Press time.Duration
	// Gap is the least time from a release to the next press.
	Gap time.Duration
}

// Maker is the timing of one maker's cameras.
type Maker struct {
	Name string
	Timing
	// NoHalf: the socket has one line only.
	NoHalf bool
	// Source says where the times are from.
	Source string
}

// The makers' names in the configuration.
const (
	Generic   = "generic"
	Canon     = "canon"
	Nikon     = "nikon"
	Panasonic = "panasonic"
	Sony      = "sony"
)

// The times that several sources agree on. No maker publishes how long a body takes
// to wake: that is the configuration's to say where 200 ms are not enough.
const (
	wakeAfter = 4 * time.Second  // Nikon's meter goes off after 4 s to 16 s (D1 remote note)
	autoOff   = 30 * time.Second // Canon's shortest auto power-off
	gap       = 330 * time.Millisecond
)

// Makers lists the timings that are known, the one for all others first.
func Makers() []Maker {
	return []Maker{
		{
			Name:   Generic,
			Timing: Timing{WakeAfter: wakeAfter, Wake: 300 * time.Millisecond, WakePause: 200 * time.Millisecond, Half: 300 * time.Millisecond, Press: 500 * time.Millisecond, Gap: gap},
			Source: "lordyo/intervaluino (wake); pamcosupport.com/relay (full press 500 ms, at least 250 ms)",
		},
		{
			Name:   Canon,
			Timing: Timing{WakeAfter: autoOff, Wake: 300 * time.Millisecond, WakePause: 200 * time.Millisecond, Half: 100 * time.Millisecond, Press: 200 * time.Millisecond, Gap: gap},
			Source: "lordyo/intervaluino (wake); Camtraptions PIR v4 manual (half-press 100 ms); timelapseplus/TimelapsePlus-Firmware, src/shutter.cpp and settings.cpp (full press 200 ms, gap 330 ms)",
		},
		{
			Name:   Nikon,
			Timing: Timing{WakeAfter: wakeAfter, Wake: 300 * time.Millisecond, WakePause: 200 * time.Millisecond, Half: 100 * time.Millisecond, Press: 200 * time.Millisecond, Gap: gap},
			Source: "Nikon D1 remote note (half-press first, meter off after 4 s to 16 s); tajimamori.com (10-pin socket); timelapseplus/TimelapsePlus-Firmware, src/shutter.cpp (full press 200 ms)",
		},
		{
			Name:   Panasonic,
			Timing: Timing{WakeAfter: wakeAfter, Press: 200 * time.Millisecond, Gap: gap},
			NoHalf: true,
			Source: "timelapseplus/TimelapsePlus-Firmware, src/shutter.cpp (one resistive line, no half-press)",
		},
		{
			Name:   Sony,
			Timing: Timing{WakeAfter: wakeAfter, Wake: 300 * time.Millisecond, WakePause: 200 * time.Millisecond, Half: 100 * time.Millisecond, Press: 132 * time.Millisecond, Gap: gap},
			Source: "timelapseplus/TimelapsePlus-Firmware, src/shutter.cpp (press 33 times 4 ms); try it with the body: photosentinel.com/low-power-mode supports no Sony",
		},
	}
}

// maker is the one called name; false for none.
func maker(name string) (Maker, bool) {
	all := Makers()
	n := slices.IndexFunc(all, func(m Maker) bool { return m.Name == name })
	if n < 0 {
		return Maker{}, false
	}
	return all[n], true
}
