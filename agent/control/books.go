package control

import (
	"context"
	"net/http"
	"slices"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// StateSum is the sum over the photos of one state.
type StateSum struct {
	State  queue.State `json:"state"`
	Photos int64       `json:"photos"`
	Bytes  int64       `json:"bytes"`
}

// Forecast is queue.Forecast for the wire. What isn't known is left out.
type Forecast struct {
	Days        int     `json:"days"` // how many days the rates are of; 0: there are none yet
	InPerDay    float64 `json:"in_per_day"`
	InBytes     float64 `json:"in_bytes_per_day"`
	OutPerDay   float64 `json:"out_per_day"`
	OutBytes    float64 `json:"out_bytes_per_day"`
	FullInSecs  int64   `json:"full_in_seconds,omitempty"`  // the card; left out where it fills at no rate seen
	EmptyInSecs int64   `json:"empty_in_seconds,omitempty"` // the backlog; left out where it doesn't shrink
}

// Stats is the queue in numbers.
type Stats struct {
	Device   string    `json:"device"`
	Now      time.Time `json:"now"`
	TimeZone string    `json:"time_zone"`

	States    []StateSum `json:"states"`  // each state there is, in the order of a photo's way
	Thinned   int64      `json:"thinned"` // deleted by the policy for a full card, before the cloud had them
	Oldest    *Photo     `json:"oldest_waiting,omitempty"`
	FreeBytes uint64     `json:"free_bytes"` // on the card; 0 where it can't be told
	Forecast  Forecast   `json:"forecast"`
	// Week sums up the ledger of the UTC days from WeekFrom to today.
	Week     Counts    `json:"week"`
	WeekFrom time.Time `json:"week_from"`
	Second   *Second   `json:"second_copy,omitempty"` // nil: none is configured
}

// Counts are sums of the ledger: slots, and the photos taken for them.
type Counts struct {
	Due     int                 `json:"due"`
	Taken   int                 `json:"taken"`
	Failed  map[photo.Cause]int `json:"failed,omitempty"`
	Skipped map[photo.Cause]int `json:"skipped,omitempty"`
	// Photos is the sum of those that follow but Deleted and Bad.
	Photos   int `json:"photos"`
	Waiting  int `json:"waiting"`
	Uploaded int `json:"uploaded"`
	Kept     int `json:"kept,omitempty"`
	Lost     int `json:"lost,omitempty"`
	Dropped  int `json:"dropped,omitempty"`
	Thinned  int `json:"thinned,omitempty"`
	Deleted  int `json:"deleted"`       // uploaded ones that the card no longer has
	Bad      int `json:"bad,omitempty"` // of all: bad pictures, by their checks
}

// Add adds what is in d.
func (c *Counts) Add(d Counts) {
	c.Due, c.Taken = c.Due+d.Due, c.Taken+d.Taken
	addCauses(&c.Failed, d.Failed)
	addCauses(&c.Skipped, d.Skipped)
	c.Photos, c.Waiting, c.Uploaded = c.Photos+d.Photos, c.Waiting+d.Waiting, c.Uploaded+d.Uploaded
	c.Kept, c.Lost, c.Dropped = c.Kept+d.Kept, c.Lost+d.Lost, c.Dropped+d.Dropped
	c.Thinned, c.Deleted, c.Bad = c.Thinned+d.Thinned, c.Deleted+d.Deleted, c.Bad+d.Bad
}

func addCauses(to *map[photo.Cause]int, from map[photo.Cause]int) {
	for cause, n := range from {
		if *to == nil {
			*to = map[photo.Cause]int{}
		}
		(*to)[cause] += n
	}
}

// Day is the ledger of one UTC day and session in sums.
type Day struct {
	Day     string `json:"day"` // "2026-11-21"
	Session string `json:"session"`
	Counts
	Proof []byte `json:"proof,omitempty"` // as the hub gets it
}

func dayOf(d queue.Day) Day {
	return Day{Day: d.Day.Format(time.DateOnly), Session: d.Session, Proof: d.Proof, Counts: Counts{
		Due: d.Due, Taken: d.Taken, Failed: d.Failed, Skipped: d.Skipped,
		Photos: d.Photos, Waiting: d.Waiting, Uploaded: d.Uploaded, Kept: d.Kept, Lost: d.Lost,
		Dropped: d.Dropped, Thinned: d.Thinned, Deleted: d.Deleted, Bad: d.Bad,
	}}
}

// SlotPhoto is one of a slot's photos: its number, and its state, or why it is
// gone.
type SlotPhoto struct {
	Seq   uint64 `json:"seq"`
	State string `json:"state"`
}

// SlotAccount is what became of one slot, or of a span of slots too many to list:
// see queue.Entry.
type SlotAccount struct {
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Session string      `json:"session,omitempty"`
	Slots   int         `json:"slots"`
	Photos  []SlotPhoto `json:"photos,omitempty"`
	Cause   photo.Cause `json:"cause,omitempty"`
	Detail  string      `json:"detail,omitempty"`
}

const (
	// weekDays is how far back Stats sums up the ledger, today included.
	weekDays = 7
	// ledgerLimit bounds a request for slots: a day of a site that is 14 h off UTC
	// touches two, and each can have 17,280 slots of each session.
	ledgerLimit = 49 * time.Hour
)

func (s *Server) handleLedger(m *http.ServeMux) {
	m.HandleFunc("GET /queue/stats", func(w http.ResponseWriter, r *http.Request) {
		stats, err := s.stats()
		answer(w, stats, err)
	})
	m.HandleFunc("GET /queue/days", s.days)
	m.HandleFunc("GET /queue/slots", s.slots)
}

func (s *Server) stats() (Stats, error) {
	q, status := s.o.Store.Stats(), s.o.Agent.Status()
	now := s.o.Clock.Now()
	r := Stats{
		Device: status.Device, Now: now, TimeZone: s.o.Zone.String(), Second: status.Second, FreeBytes: q.FreeBytes, Thinned: q.Thinned,
		States: []StateSum{
			{queue.Waiting, q.Waiting, q.WaitingBytes}, {queue.Held, q.Held, q.HeldBytes},
			{queue.Refused, q.Refused, q.RefusedBytes}, {queue.Kept, q.Kept, q.KeptBytes},
			{queue.Confirmed, q.Confirmed, q.ConfirmedBytes}, {queue.Lost, q.Lost, q.LostBytes},
		},
		Forecast: Forecast{
			Days: q.Forecast.Days, InPerDay: q.Forecast.In, InBytes: q.Forecast.InBytes,
			OutPerDay: q.Forecast.Out, OutBytes: q.Forecast.OutBytes,
			FullInSecs: int64(q.Forecast.Full / time.Second), EmptyInSecs: int64(q.Forecast.Empty / time.Second),
		},
	}
	if q.OldestWaiting.ID != "" {
		r.Oldest = &Photo{Meta: q.OldestWaiting, State: queue.Waiting}
	}
	today := now.UTC().Truncate(24 * time.Hour)
	r.WeekFrom = today.AddDate(0, 0, 1-weekDays)
	days, err := s.o.Store.Days(r.WeekFrom, today.AddDate(0, 0, 1))
	for _, d := range days {
		r.Week.Add(dayOf(d).Counts)
	}
	return r, err
}

// period reads from and to, both of which are required.
func period(r *http.Request) (from, to time.Time, err error) {
	v := r.URL.Query()
	if from, err = parseTime(v, "from"); err == nil {
		to, err = parseTime(v, "to")
	}
	if err == nil && (from.IsZero() || !from.Before(to)) {
		err = badRequest("want from, and a later to")
	}
	return from, to, err
}

func (s *Server) days(w http.ResponseWriter, r *http.Request) {
	from, to, err := period(r)
	if err != nil {
		answer(w, nil, err)
		return
	}
	days, err := s.daysOf(r.Context(), from, to)
	answer(w, days, err)
}

// daysOf reads the ledger a week at a time, until ctx ends.
func (s *Server) daysOf(ctx context.Context, from, to time.Time) ([]Day, error) {
	days := []Day{}
	for from.Before(to) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		// Whole days, or the day of the seam would be in both weeks.
		until := from.Truncate(24*time.Hour).AddDate(0, 0, weekDays)
		if until.After(to) {
			until = to
		}
		some, err := s.o.Store.Days(from, until)
		if err != nil {
			return nil, err
		}
		for _, d := range some {
			days = append(days, dayOf(d))
		}
		from = until
	}
	return days, nil
}

func (s *Server) slots(w http.ResponseWriter, r *http.Request) {
	from, to, err := period(r)
	if err == nil && to.Sub(from) > ledgerLimit {
		err = badRequest("slots: ask for a day at a time")
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	slots, err := s.slotsOf(r.Context(), from, to)
	answer(w, slots, err)
}

func (s *Server) slotsOf(ctx context.Context, from, to time.Time) ([]SlotAccount, error) {
	entries, err := s.o.Store.Ledger(from, to)
	if err != nil {
		return nil, err
	}
	var seqs []uint64
	for _, e := range entries {
		seqs = append(seqs, e.Photos...)
	}
	var words []string
	for some := range slices.Chunk(seqs, pageLimit) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		more, err := s.o.Store.Account(some...)
		if err != nil {
			return nil, err
		}
		words = append(words, more...)
	}
	slots := []SlotAccount{}
	for _, e := range entries {
		a := SlotAccount{From: e.From, To: e.To, Session: e.Session, Slots: e.Slots, Cause: e.Cause, Detail: e.Detail}
		for _, seq := range e.Photos {
			a.Photos = append(a.Photos, SlotPhoto{seq, words[0]})
			words = words[1:]
		}
		slots = append(slots, a)
	}
	return slots, nil
}
