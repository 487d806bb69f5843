package queue

import "time"

// counted is what the index said last, for as long as nothing has changed.
type counted struct {
	changes uint64 // Queue.changes before the index was read
	day     int64  // of the forecast: days since 1970
	stats   Stats
}

// Stats counts without a scan. It is zero where the queue is closed or the index
// can't be read, which is logged. The index is read only where it has changed since
// the last call, or the day has: the daemon asks every few seconds.
func (q *Queue) Stats() Stats {
	today := now().Unix() / int64(day/time.Second)
	changes := q.changes.Load()
	q.mu.Lock()
	last := q.counted
	closed := q.idle != nil
	q.mu.Unlock()
	s := last.stats
	if closed || last.changes != changes || last.day != today {
		var ok bool
		if s, ok = q.count(); ok {
			q.mu.Lock()
			q.counted = counted{changes, today, s}
			q.mu.Unlock()
		}
	}
	if free, err := q.o.FreeBytes(q.o.Dir); err == nil {
		s.FreeBytes = free
	}
	s.Forecast.reckon(s, q.stop().card)
	return s
}

// count is Stats as far as the index tells; false where it can't be read.
func (q *Queue) count() (s Stats, ok bool) {
	q.read("counters", func(t txn) error {
		c, err := t.counters()
		if err != nil {
			return err
		}
		s = Stats{}
		s.Waiting, s.WaitingBytes = c[Waiting].photos, c[Waiting].bytes
		s.Held, s.HeldBytes = c[Held].photos, c[Held].bytes
		s.Refused, s.RefusedBytes = c[Refused].photos, c[Refused].bytes
		s.Kept, s.KeptBytes = c[Kept].photos, c[Kept].bytes
		s.Confirmed, s.ConfirmedBytes = c[Confirmed].photos, c[Confirmed].bytes
		s.Lost, s.LostBytes = c[Lost].photos, c[Lost].bytes
		thinned, err := t.size(setThinned)
		if err != nil {
			return err
		}
		s.Thinned = int64(thinned)
		if s.Copied, s.CopiedBytes, err = q.mayLeave(t, c); err != nil {
			return err
		}
		seq, any, err := t.first(set(Waiting))
		if err == nil && any {
			s.OldestWaiting, err = q.meta(t, seq)
		}
		if err == nil {
			s.Forecast, err = t.forecast()
		}
		ok = err == nil
		return err
	})
	return s, ok
}
