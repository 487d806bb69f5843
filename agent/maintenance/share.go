package maintenance

import (
	"hash/fnv"
	"io"
	"math/bits"
	"strconv"
	"time"
)

// golden is 2^64 divided by the golden ratio: its multiples, modulo 2^64, lie as
// evenly as those of any number can, however many are taken.
const golden = 0x9e3779b97f4a7c15

// longestNumber is how many digits at a name's end count as its number.
const longestNumber = 18

// share is the device's own part of the spread after a window that ends at ends.
// Names that differ by their number alone get the multiples of the golden ratio,
// moved by what the rest of the name and the window say: by chance alone one
// second of 600 would see twice the mean of 10,000 devices now and then.
func share(device string, ends time.Time, spread time.Duration) time.Duration {
	digits := len(device)
	for digits > 0 && len(device)-digits < longestNumber && device[digits-1] >= '0' && device[digits-1] <= '9' {
		digits--
	}
	number, _ := strconv.ParseUint(device[digits:], 10, 64) // none is 0
	h := fnv.New64a()
	_, _ = io.WriteString(h, device[:digits])
	_, _ = io.WriteString(h, strconv.FormatInt(ends.Unix(), 36))
	part, _ := bits.Mul64(mix(h.Sum64())+number*golden, uint64(spread)) //nolint:gosec // a spread is positive
	return time.Duration(part)                                          //nolint:gosec // below spread
}

// Turn is how long it is from at, wall time, to this device's own moment in the
// round that a fleet makes in each Config.Spread: for outages that nobody announced.
// Where the clocks are right, those of numbered names come evenly.
func (c *Calendar) Turn(at time.Time) time.Duration {
	spread := c.config.Spread
	next := at.Truncate(spread).Add(share(c.o.Device, time.Time{}, spread))
	if next.Before(at) {
		next = next.Add(spread)
	}
	return next.Sub(at)
}

// mix spreads a hash over all its bits: FNV's high bits of short texts are alike.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
