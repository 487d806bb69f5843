package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
)

// goodPlan has one of everything.
func goodPlan(tb testing.TB) schedule.Plan {
	tb.Helper()
	return schedule.Plan{
		Site:     berlin,
		Sessions: []schedule.Session{session(tb, "yard", "daily", "06:00", "sunset", time.Hour), upload(tb, "up", nil)},
		Events:   []schedule.Event{event("pour", "2026-11-16", "2026-11-18", session(tb, "yard", "daily", "06:00", "18:00", time.Minute))},
		Shots:    shots(tb, "2026-06-01 12:00:00"),
		Pauses:   []schedule.Pause{pause(tb, "crane", "2026-06-01 08:00:00", "2026-06-01 09:00:00")},
	}
}

func TestEachBadPartOfAPlanIsReportedUnderItsKey(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schedule.Plan)
		keys   []string
	}{
		"nothing":                      {func(*schedule.Plan) {}, nil},
		"nothing at all":               {func(p *schedule.Plan) { *p = schedule.Plan{} }, nil},
		"a site without its longitude": {func(p *schedule.Plan) { p.Site.Longitude = schedule.Degrees{} }, []string{"site.longitude"}},
		"a sun without a site":         {func(p *schedule.Plan) { p.Site = schedule.Site{} }, []string{"session[0].until"}},
		"an event's sun without a site": {func(p *schedule.Plan) {
			p.Site, p.Sessions = schedule.Site{}, nil
			p.Events[0].Sessions[0].From = moment(t, "sunrise")
			p.Events[0].Sessions[0].Until = moment(t, "sunset")
		}, []string{"event[0].session[0].from", "event[0].session[0].until"}},
		"a session's interval":             {func(p *schedule.Plan) { p.Sessions[1].Every = 4 * time.Second }, []string{"session[1].every"}},
		"sessions of one name":             {func(p *schedule.Plan) { p.Sessions[1].Name = "yard" }, []string{"session[1].name"}},
		"an event without a name":          {func(p *schedule.Plan) { p.Events[0].Name = "" }, []string{"event[0].name"}},
		"an event's name of two lines":     {func(p *schedule.Plan) { p.Events[0].Name = "a\nb" }, []string{"event[0].name"}},
		"an event without days":            {func(p *schedule.Plan) { p.Events[0].FirstDay, p.Events[0].LastDay = "", "" }, []string{"event[0].first_day", "event[0].last_day"}},
		"an event's days that are none":    {func(p *schedule.Plan) { p.Events[0].FirstDay, p.Events[0].LastDay = "2027-02-29", "2026-6-1" }, []string{"event[0].first_day", "event[0].last_day"}},
		"an event's day of another age":    {func(p *schedule.Plan) { p.Events[0].LastDay = "2200-01-01" }, []string{"event[0].last_day"}},
		"an event that ends too early":     {func(p *schedule.Plan) { p.Events[0].LastDay = "2026-11-15" }, []string{"event[0].last_day"}},
		"an event without sessions":        {func(p *schedule.Plan) { p.Events[0].Sessions = nil }, []string{"event[0].session"}},
		"an event's session":               {func(p *schedule.Plan) { p.Events[0].Sessions[0].Every = 0 }, []string{"event[0].session[0].every"}},
		"an event's session that is never": {func(p *schedule.Plan) { p.Events[0].Sessions[0].Days = 1 << time.Sunday }, []string{"event[0].session[0].days"}},
		"an event twice":                   {func(p *schedule.Plan) { p.Events = append(p.Events, p.Events[0]) }, []string{"event[1].name"}},
		"an event's session twice": {func(p *schedule.Plan) {
			p.Events[0].Sessions = append(p.Events[0].Sessions, p.Events[0].Sessions[0])
		}, []string{"event[0].session[1].name"}},
		"a shot without a time": {func(p *schedule.Plan) { p.Shots[0].At = 0 }, []string{"shot[0].at"}},
		"a shot of another age": {func(p *schedule.Plan) { p.Shots[0].At = 1 << 62 }, []string{"shot[0].at"}},
		"a shot twice":          {func(p *schedule.Plan) { p.Shots = append(p.Shots, p.Shots[0]) }, []string{"shot[1].name"}},
		"a pause without times": {func(p *schedule.Plan) { p.Pauses[0] = schedule.Pause{} }, []string{"pause[0].name", "pause[0].from", "pause[0].until"}},
		"a pause that ends too early": {func(p *schedule.Plan) {
			p.Pauses[0].From, p.Pauses[0].Until = p.Pauses[0].Until, p.Pauses[0].From
		}, []string{"pause[0].until"}},
		"a pause without length": {func(p *schedule.Plan) { p.Pauses[0].Until = p.Pauses[0].From }, []string{"pause[0].until"}},
		"a pause twice":          {func(p *schedule.Plan) { p.Pauses = append(p.Pauses, p.Pauses[0]) }, []string{"pause[1].name"}},
		"too many of all": {func(p *schedule.Plan) {
			p.Events = make([]schedule.Event, schedule.MaxEvents+1)
			p.Shots = make([]schedule.Shot, schedule.MaxShots+1)
			p.Pauses = make([]schedule.Pause, schedule.MaxPauses+1)
		}, []string{"event", "shot", "pause"}},
		"too many sessions in an event": {func(p *schedule.Plan) {
			p.Events[0].Sessions = make([]schedule.Session, schedule.MaxEventSessions+1)
		}, []string{"event[0].session"}},
	} {
		p := goodPlan(t)
		c.change(&p)
		if got := keys(p.Validate()); !slices.Equal(got, c.keys) {
			t.Errorf("%s: reported at %q, want %q", name, got, c.keys)
		}
		if _, err := schedule.New(time.UTC, p); !slices.Equal(keys(err), c.keys) {
			t.Errorf("%s: New reports %q, want %q", name, keys(err), c.keys)
		}
	}
}

func TestASunWithoutASiteSaysWhatToAdd(t *testing.T) {
	p := goodPlan(t)
	p.Site = schedule.Site{}
	err := p.Validate()
	if err == nil || !strings.Contains(err.Error(), "session[0].until") || !strings.Contains(err.Error(), "latitude and longitude in [site]") {
		t.Errorf("got %v, want the key, and what is missing", err)
	}
}

func TestNamesMayComeAgainInAnotherEvent(t *testing.T) {
	p := goodPlan(t)
	p.Events = append(p.Events, p.Events[0])
	p.Events[1].Name = "yard"
	p.Shots[0].Name, p.Pauses[0].Name = "yard", "yard"
	if err := p.Validate(); err != nil {
		t.Errorf("got %v, want none", err)
	}
}

// second is n capture sessions every 5 s, each a second after the other.
func second(tb testing.TB, n int) (all []schedule.Session) {
	tb.Helper()
	for i := range n {
		s := session(tb, fmt.Sprint(i), "daily", "00:00", "23:59:59", 5*time.Second)
		s.From = schedule.At(schedule.TimeOfDay(time.Duration(i) * time.Second))
		all = append(all, s)
	}
	return all
}

func TestASlotASecondIsEnough(t *testing.T) {
	p := schedule.Plan{Sessions: second(t, 5)}
	s, err := schedule.New(time.UTC, p)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Count(schedule.Capture, utc("2026-11-16T00:00:00Z"), utc("2026-11-17T00:00:00Z")); n != 86400 {
		t.Errorf("got %d slots a day, want one a second", n)
	}
	p.Sessions = second(t, 60)
	p.Events = []schedule.Event{event("e", "2026-11-16", "2026-11-16", second(t, 60)...)}
	if got, want := keys(p.Validate()), []string{"session", "event[0].session"}; !slices.Equal(got, want) {
		t.Errorf("a million slots a day are reported at %q, want %q", got, want)
	}
	for _, v := range invalid.Values(p.Validate()) {
		if v.Got != "1036470" || !strings.Contains(v.Want, "capture slots a day") {
			t.Errorf("got %q, want the number of slots of captures", v.Error())
		}
	}
	// Events add up where they overlap.
	p = schedule.Plan{Events: []schedule.Event{
		event("a", "2026-11-16", "2026-11-18", second(t, 5)...), event("b", "2026-11-19", "2026-11-20", second(t, 5)...),
	}}
	if err := p.Validate(); err != nil {
		t.Errorf("events after each other: %v", err)
	}
	p.Events = append(p.Events, event("c", "2026-11-18", "2026-11-18", second(t, 5)...))
	if got, want := keys(p.Validate()), []string{"event[2].session"}; !slices.Equal(got, want) {
		t.Errorf("two events of a slot a second are reported at %q, want %q", got, want)
	}
	// Kinds, and days of the week, do not add up.
	p = schedule.Plan{Sessions: second(t, 10)}
	for i := range p.Sessions {
		p.Sessions[i].Days = schedule.Days(1 << (i % 7))
	}
	if err := p.Validate(); err != nil {
		t.Errorf("sessions of different days: %v", err)
	}
}

func TestEventsThatOverlapHaveABoundTogether(t *testing.T) {
	var sessions []schedule.Session
	for i := range schedule.MaxEventSessions {
		sessions = append(sessions, session(t, fmt.Sprint(i), "daily", "sunrise", "sunset", 24*time.Hour))
	}
	p := schedule.Plan{Site: place(52, 13)}
	for i := range 4 {
		p.Events = append(p.Events, event(fmt.Sprint(i), "2026-11-16", "2026-11-20", sessions...))
	}
	if got, want := keys(p.Validate()), []string{"event[3].session"}; !slices.Equal(got, want) {
		t.Errorf("400 sessions at a time are reported at %q, want %q", got, want)
	}
	p.Events[3].FirstDay, p.Events[3].LastDay = "2026-11-21", "2026-11-21"
	if err := p.Validate(); err != nil {
		t.Errorf("300 at a time: %v", err)
	}
}

func TestLimitsOfUploadsAreThoseOfUploads(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schedule.Session)
		keys   []string
	}{
		"the most":            {func(s *schedule.Session) { s.Megabytes, s.Minutes = 1_000_000, 1440 }, nil},
		"more":                {func(s *schedule.Session) { s.Megabytes, s.Minutes = 1_000_001, 1441 }, []string{"megabytes", "minutes"}},
		"less than nothing":   {func(s *schedule.Session) { s.Megabytes, s.Minutes = -1, -1 }, []string{"megabytes", "minutes"}},
		"a capture's limits":  {func(s *schedule.Session) { s.Kind, s.Megabytes, s.Minutes = schedule.Capture, 1, 1 }, []string{"megabytes", "minutes"}},
		"a check-in's limits": {func(s *schedule.Session) { s.Kind, s.Megabytes, s.Minutes = schedule.CheckIn, 1, 1 }, []string{"megabytes", "minutes"}},
	} {
		if got := keys(upload(t, "a", c.change).Validate()); !slices.Equal(got, c.keys) {
			t.Errorf("%s: reported at %q, want %q", name, got, c.keys)
		}
	}
}

func TestCoincidingUploadsHaveTheLargerLimitAndNoneWins(t *testing.T) {
	for _, c := range []struct{ a, b, want int }{{3, 10, 10}, {10, 3, 10}, {0, 3, 0}, {3, 0, 0}, {0, 0, 0}} {
		set := func(n int) func(*schedule.Session) {
			return func(s *schedule.Session) { s.Photos, s.Megabytes, s.Minutes = n, n, n }
		}
		s := newSchedule(t, "UTC", upload(t, "a", set(c.a)), upload(t, "b", set(c.b)))
		got, _ := s.Next(schedule.Upload, utc("2026-11-16T00:00:00Z"))
		want := schedule.Slot{
			At: utc("2026-11-16T12:00:00Z"), Kind: schedule.Upload, Session: "a", Ends: utc("2026-11-16T12:00:00Z"),
			Photos: c.want, Bytes: int64(c.want) * 1_000_000, Time: time.Duration(c.want) * time.Minute,
		}
		if got != want {
			t.Errorf("limits of %d and %d: got %+v, want %+v", c.a, c.b, got, want)
		}
	}
}
