package queue

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// flowDays is how many days the flow remembers, today included: a week, since
// most schedules differ by weekday.
const flowDays = 8

// flowFirstDay is 2000-01-01: a clock that says less was never set.
const flowFirstDay = 10957 // days since 1970

// flowDay is what came in and what the cloud took on one UTC day of the wall
// clock. What isn't uploaded comes in as kept. Gone are the bytes that may leave
// the card since that day: the cloud took them, or the second copy, whichever was
// first.
type flowDay struct {
	day                                         int64 // since 1970
	in, inBytes, out, outBytes, kept, keptBytes int64
	gone                                        int64
}

const flowDayBytes = 64

func (d *flowDay) add(s State, bytes int64) {
	if s == Kept {
		d.kept, d.keptBytes = d.kept+1, d.keptBytes+bytes
		return
	}
	d.in, d.inBytes = d.in+1, d.inBytes+bytes
}

// confirm adds what the cloud took; gone of the bytes had no second copy.
func (d *flowDay) confirm(photos, bytes, gone int64) {
	d.out, d.outBytes, d.gone = d.out+photos, d.outBytes+bytes, d.gone+gone
}

// flows reads the days that are remembered, the newest first.
func (t txn) flows() ([]flowDay, error) {
	v, err := t.get(bucketMeta, []byte(keyFlow))
	if err != nil {
		return nil, err
	}
	if len(v)%flowDayBytes != 0 || len(v) > flowDays*flowDayBytes {
		return nil, fmt.Errorf("%w: index: flow of %d bytes", ErrDamaged, len(v))
	}
	var all []flowDay
	for ; len(v) > 0; v = v[flowDayBytes:] {
		n := func(i int) int64 { return int64(binary.BigEndian.Uint64(v[8*i:])) }
		all = append(all, flowDay{n(0), n(1), n(2), n(3), n(4), n(5), n(6), n(7)})
	}
	return all, nil
}

// flowToday is the present day. A clock that was never set, as at a start without
// network, stands on the newest day that is known.
func flowToday(all []flowDay) int64 {
	today := now().Unix() / int64(day/time.Second)
	if today < flowFirstDay && len(all) > 0 {
		return all[0].day
	}
	return today
}

// flow changes the numbers of today. Days of the future, by a clock that was
// wrong, are forgotten, and days before the clock was set.
func (t txn) flow(change func(*flowDay)) error {
	all, err := t.flows()
	if err != nil {
		return err
	}
	today := flowToday(all)
	all = slices.DeleteFunc(all, func(d flowDay) bool {
		return d.day > today || d.day < flowFirstDay && today >= flowFirstDay
	})
	if len(all) == 0 || all[0].day < today {
		all = append([]flowDay{{day: today}}, all...)
	}
	all = all[:min(len(all), flowDays)]
	change(&all[0])
	var v []byte
	for _, d := range all {
		for _, n := range []int64{d.day, d.in, d.inBytes, d.out, d.outBytes, d.kept, d.keptBytes, d.gone} {
			v = binary.BigEndian.AppendUint64(v, uint64(n))
		}
	}
	return t.put(bucketMeta, []byte(keyFlow), v)
}

// Forecast is what becomes of card and backlog at the rate of the last days.
type Forecast struct {
	// Days is how many whole days the rates are of, 1 to 7; 0: there is none yet,
	// and nothing else is known.
	Days int
	// In and Out are photos a day: taken for the cloud, and confirmed by it. Kept
	// are those that aren't uploaded. InBytes, OutBytes and KeptBytes their bytes.
	In, Out, Kept                float64
	InBytes, OutBytes, KeptBytes float64
	// GoneBytes are bytes a day that may leave the card: the cloud took them, or the
	// second copy.
	GoneBytes float64
	// Full: the card is full in so long, to where no photo is begun, with all
	// photos deleted by then that may go. Zero where it fills at no rate seen.
	Full time.Duration
	// Empty: nothing waits in so long. Zero where nothing waits, or where as much
	// comes as goes.
	Empty time.Duration
}

// forecast reckons the rates of the days before today.
func (t txn) forecast() (f Forecast, err error) {
	all, err := t.flows()
	if err != nil {
		return Forecast{}, err
	}
	today := flowToday(all)
	for _, d := range all {
		if d.day >= today || d.day < flowFirstDay && today >= flowFirstDay {
			continue
		}
		// Days without a photo have no entry, and count all the same.
		f.Days = int(min(today-d.day, flowDays-1))
		if d.day < today-(flowDays-1) {
			break
		}
		f.In, f.InBytes = f.In+float64(d.in), f.InBytes+float64(d.inBytes)
		f.Out, f.OutBytes = f.Out+float64(d.out), f.OutBytes+float64(d.outBytes)
		f.Kept, f.KeptBytes = f.Kept+float64(d.kept), f.KeptBytes+float64(d.keptBytes)
		f.GoneBytes += float64(d.gone)
	}
	for _, sum := range []*float64{&f.In, &f.InBytes, &f.Out, &f.OutBytes, &f.Kept, &f.KeptBytes, &f.GoneBytes} {
		*sum /= float64(max(f.Days, 1))
	}
	return f, nil
}

// longestForecast is where a forecast ends: what is farther is no news.
const longestForecast = 3650 * day

// reckon adds the forecasts, for a card of which stop bytes are not for photos.
func (f *Forecast) reckon(s Stats, stop int64) {
	if f.Days == 0 {
		return
	}
	in := func(amount, rate float64) time.Duration {
		if rate <= 0 || amount < 0 || amount/rate > longestForecast.Hours()/24 {
			return 0
		}
		return max(time.Duration(amount/rate*float64(day)), 1)
	}
	room := float64(s.FreeBytes) + float64(s.ConfirmedBytes) + float64(s.CopiedBytes) - float64(stop)
	f.Full = in(max(room, 0), f.InBytes+f.KeptBytes-f.GoneBytes)
	if s.Waiting > 0 {
		f.Empty = in(float64(s.WaitingBytes), f.OutBytes-f.InBytes)
	}
}

// mayLeave is how much may leave the card for the second copy, without a look at
// each photo.
func (q *Queue) mayLeave(t txn, all counters) (photos, bytes int64, err error) {
	if q.o.Copies == nil {
		return 0, 0, nil
	}
	c := t.bucket(string(setCopied)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		copied, err := t.blockBut(setCopied, []set{setAway}, k, v)
		if err != nil {
			return 0, 0, err
		}
		for _, s := range []State{Waiting, Held, Refused, Kept} {
			in, err := t.blockOf(set(s), copied.first)
			if err != nil {
				return 0, 0, err
			}
			n := int64(in.common(copied))
			photos += n
			if n > 0 && all[s].photos > 0 {
				bytes += n * (all[s].bytes / all[s].photos)
			}
		}
	}
	return photos, bytes, nil
}
