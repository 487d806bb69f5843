package link

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/statefile"
	"fieldcam/hal"
)

const (
	// saveEvery is the shortest time between two writes of the count, which is what
	// a power cut may cost, and lazily the longest where little came: a card wears.
	saveEvery = 10 * time.Minute
	lazily    = time.Hour
	// little is how much is worth no write before that time, in bytes.
	little = 256 << 10
	// sure is how long must have been counted before it says something of the month.
	sure = 24 * time.Hour
	// unvouched is after what time a clock is believed that nobody vouches for: then
	// nobody will. Else a controller without a time source would count all its months
	// as one, and a data budget that is used up would stay so for ever.
	unvouched = time.Hour
)

// MeterOptions are what a Meter works with.
type MeterOptions struct {
	// Dir is the directory of the count. Empty: it is forgotten with the process.
	Dir string
	// Clock tells the month. Required.
	Clock hal.Clock
	Log   zerolog.Logger
}

// Meter counts what goes over the connections of its dialler, both ways, by
// calendar month in UTC: the bytes of TLS and above. What TCP and IP add, some 3 %
// of an upload, it does not see. A clock that nobody vouches for begins no month in the
// first hour after the start.
// Its methods may be called from any goroutine.
type Meter struct {
	o       MeterOptions
	started time.Time    // by package time
	news    atomic.Int64 // bytes that are not in count yet

	mu    sync.Mutex // guards all below
	count usage
	saved int64 // count.Bytes as it is on the card
	// guessed: the count's month is by a clock that nobody has vouched for since.
	guessed bool
}

// Usage is what went over the link in a month.
type Usage struct {
	// Month is its first instant, in UTC; zero before the clock was ever set.
	Month time.Time
	// Since is when counting began in it.
	Since time.Time
	// Bytes is what was counted.
	Bytes int64
	// Forecast is what it will be at the month's end, if it goes on so; -1 in the
	// first 24 hours of counting.
	Forecast int64
}

// NewMeter makes a Meter, with the count that was kept in Dir. A damaged file is
// set aside, and said.
func NewMeter(o MeterOptions) *Meter {
	m := &Meter{o: o, started: time.Now()}
	m.load()
	m.take() // counting begins now
	return m
}

// Dial is dial with its connections counted.
func (m *Meter) Dial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return m.wrap(c), nil
	}
}

// Run keeps the count on the card until ctx ends, and once more then; it returns
// nil. Call it once.
func (m *Meter) Run(ctx context.Context) error {
	t := time.NewTicker(saveEvery)
	defer t.Stop()
	last := time.Now()
	for {
		stopping := false
		select {
		case <-ctx.Done():
			stopping = true
		case <-t.C:
		}
		c, unsaved := m.take()
		if unsaved > 0 && (stopping || unsaved >= little || time.Since(last) >= lazily) {
			last = time.Now()
			m.save(c)
		}
		if stopping {
			return nil
		}
	}
}

// Usage is what has gone over the link this month.
func (m *Meter) Usage() Usage {
	now := m.o.Clock.Now()
	c, _ := m.take()
	if c.Month.IsZero() {
		return Usage{Bytes: c.Bytes, Forecast: -1}
	}
	u := Usage{Month: c.Month, Since: c.Since, Bytes: c.Bytes, Forecast: -1}
	end := c.Month.AddDate(0, 1, 0)
	if counted := now.Sub(c.Since); counted >= sure {
		left := max(end.Sub(now), 0)
		u.Forecast = c.Bytes + int64(float64(c.Bytes)*(float64(left)/float64(counted)))
	}
	return u
}

// take adds the news to the count, of a new month where one has begun, and gives
// it with what of it is not on the card.
func (m *Meter) take() (c usage, unsaved int64) {
	now := m.o.Clock.Now()
	synced := m.o.Clock.Synced()
	m.mu.Lock()
	defer m.mu.Unlock()
	if month := monthOf(now); (synced || time.Since(m.started) >= unvouched) && !month.Equal(m.count.Month) {
		if m.count.Month.IsZero() || month.Before(m.count.Month) || synced && m.guessed {
			// The clock was not set, or wrong: what was counted is as good for this one.
			m.count = usage{Month: month, Since: now, Bytes: m.count.Bytes}
		} else {
			m.count = usage{Month: month, Since: month}
			m.saved = -1 // the new month is worth a write
		}
		m.guessed = true
	}
	m.guessed = m.guessed && !synced
	m.count.Bytes += m.news.Swap(0)
	return m.count, m.count.Bytes - m.saved
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// load reads the count that was kept.
func (m *Meter) load() {
	if m.o.Dir == "" {
		return
	}
	name := filepath.Join(m.o.Dir, usageFile)
	c, err := readUsage(name)
	switch {
	case err != nil:
		m.o.Log.Warn().Err(err).Str("file", name).Msg("the month's data count can't be read: set aside, it begins anew")
		if err := statefile.SetAside(name); err != nil {
			m.o.Log.Warn().Err(err).Str("file", name).Msg("the data count can't be set aside")
		}
	default:
		m.count, m.saved = c, c.Bytes
	}
}

// save writes the count. A card that does not take it costs some of the count at
// the next start; package queue says what else.
func (m *Meter) save(c usage) {
	if m.o.Dir == "" {
		return
	}
	if err := writeUsage(filepath.Join(m.o.Dir, usageFile), c); err != nil {
		m.o.Log.Debug().Err(err).Msg("data count not kept")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count.Month.Equal(c.Month) {
		m.saved = c.Bytes
	}
}
