package schedule_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

var (
	tromso    = place(69.6492, 18.9553)
	fairbanks = place(64.8378, -147.7164)
)

// bySun is a plan of one session at the site.
func bySun(tb testing.TB, at schedule.Site, days, from, until string, every time.Duration) schedule.Plan {
	tb.Helper()
	return schedule.Plan{Site: at, Sessions: []schedule.Session{session(tb, "a", days, from, until, every)}}
}

// near is whether the times are within d of each other.
func near(a, b time.Time, d time.Duration) bool { return a.Sub(b).Abs() <= d }

func TestSunRisesAndSetsWhenTheAlmanacSays(t *testing.T) {
	for _, c := range []struct {
		name, zone string
		at         schedule.Site
		day        string // a time on it
		rise, set  string // to the minute
	}{
		{"Berlin in June", "Europe/Berlin", berlin, "2026-06-21T10:00:00Z", "2026-06-21T02:43:00Z", "2026-06-21T19:33:00Z"},
		{"Berlin in December", "Europe/Berlin", berlin, "2026-12-21T10:00:00Z", "2026-12-21T07:15:00Z", "2026-12-21T14:54:00Z"},
		{"Berlin seen from Moscow's zone", "Europe/Moscow", berlin, "2026-06-21T10:00:00Z", "2026-06-21T02:43:00Z", "2026-06-21T19:33:00Z"},
		{"Denver at the equinox", "America/Denver", denver, "2026-03-20T18:00:00Z", "2026-03-20T13:04:00Z", "2026-03-21T01:12:00Z"},
		{"Sydney in June", "Australia/Sydney", place(-33.8568, 151.2153), "2026-06-21T02:00:00Z", "2026-06-20T21:00:00Z", "2026-06-21T06:54:00Z"},
		// The sun sets after midnight, at 0:47 of the 22nd.
		{"Fairbanks in June", "America/Anchorage", fairbanks, "2026-06-21T20:00:00Z", "2026-06-21T10:57:00Z", "2026-06-22T08:47:00Z"},
		// The day at the site is the one after the sun's.
		{"Apia in June", "Pacific/Apia", place(-13.8333, -171.7667), "2026-06-20T22:00:00Z", "2026-06-20T17:50:00Z", "2026-06-21T05:08:00Z"},
		{"Kiritimati at the equinox", "Pacific/Kiritimati", place(1.87, -157.4), "2026-03-20T00:00:00Z", "2026-03-19T16:33:00Z", "2026-03-20T04:40:00Z"},
	} {
		p := schedule.Plan{Site: c.at}
		rise, set, ok := newPlan(t, c.zone, p).Sun(utc(c.day))
		if !ok || !near(rise, utc(c.rise), 90*time.Second) || !near(set, utc(c.set), 90*time.Second) {
			t.Errorf("%s: the sun rises at %v and sets at %v (%v), want %s and %s", c.name, rise, set, ok, c.rise, c.set)
		}
	}
	if _, _, ok := newPlan(t, "UTC", schedule.Plan{}).Sun(utc("2026-06-21T10:00:00Z")); ok {
		t.Error("there is a sun at no site")
	}
}

func TestBlocksFollowTheSun(t *testing.T) {
	// The sun over Berlin, 21 December 2026: 8:15 to 15:54; 21 June: 4:43 to 21:33.
	// Over Tromsø, 20 November 2026: 10:05 to 12:40.
	for _, c := range []struct {
		name, zone  string
		at          schedule.Site
		from, until string
		day         string
		begin, end  string // to the minute, in UTC; empty for no block
	}{
		{"by day", "Europe/Berlin", berlin, "sunrise", "sunset", "2026-12-21", "2026-12-21T07:15:00Z", "2026-12-21T14:54:00Z"},
		{"with offsets", "Europe/Berlin", berlin, "sunrise-30m", "sunset+1h15m", "2026-12-21", "2026-12-21T06:45:00Z", "2026-12-21T16:09:00Z"},
		{"by night", "Europe/Berlin", berlin, "sunset", "sunrise", "2026-12-21", "2026-12-21T14:54:00Z", "2026-12-22T07:15:00Z"},
		{"one instant", "Europe/Berlin", berlin, "sunset-30m", "sunset-30m", "2026-12-21", "2026-12-21T14:24:00Z", "2026-12-21T14:24:00Z"},
		{"around one", "Europe/Berlin", berlin, "sunset-1h", "sunset+1h", "2026-12-21", "2026-12-21T13:54:00Z", "2026-12-21T15:54:00Z"},
		{"to the next", "Europe/Berlin", berlin, "sunset+1h", "sunset-1h", "2026-12-21", "2026-12-21T15:54:00Z", "2026-12-22T13:54:00Z"},
		{"clock to sunset", "Europe/Berlin", berlin, "06:00", "sunset", "2026-12-21", "2026-12-21T05:00:00Z", "2026-12-21T14:54:00Z"},
		{"evening to sunset", "Europe/Berlin", berlin, "20:00", "sunset", "2026-06-21", "2026-06-21T18:00:00Z", "2026-06-21T19:33:00Z"},
		{"evening after sunset", "Europe/Berlin", berlin, "20:00", "sunset", "2026-12-21", "", ""},
		{"late to sunrise", "Europe/Berlin", berlin, "22:00", "sunrise", "2026-12-21", "2026-12-21T21:00:00Z", "2026-12-22T07:15:00Z"},
		{"early to sunrise", "Europe/Berlin", berlin, "02:00", "sunrise", "2026-12-21", "2026-12-21T01:00:00Z", "2026-12-21T07:15:00Z"},
		{"morning after sunrise", "Europe/Berlin", berlin, "06:00", "sunrise", "2026-06-21", "", ""},
		{"sunrise to morning", "Europe/Berlin", berlin, "sunrise", "09:00", "2026-12-21", "2026-12-21T07:15:00Z", "2026-12-21T08:00:00Z"},
		{"sunset to night", "Europe/Berlin", berlin, "sunset", "02:00", "2026-12-21", "2026-12-21T14:54:00Z", "2026-12-22T01:00:00Z"},
		{"sunset to midnight", "Europe/Berlin", berlin, "sunset", "24:00", "2026-12-21", "2026-12-21T14:54:00Z", "2026-12-21T23:00:00Z"},
		{"sunset to 0:00", "Europe/Berlin", berlin, "sunset", "00:00", "2026-12-21", "2026-12-21T14:54:00Z", "2026-12-21T23:00:00Z"},
		{"sunrise to 0:00", "Europe/Berlin", berlin, "sunrise", "00:00", "2026-12-21", "2026-12-21T07:15:00Z", "2026-12-21T23:00:00Z"},
		{"sunset to noon", "Europe/Berlin", berlin, "sunset", "12:00", "2026-12-21", "2026-12-21T14:54:00Z", "2026-12-22T11:00:00Z"},
		{"sunrise to noon", "Europe/Berlin", berlin, "sunrise", "12:00", "2026-12-21", "2026-12-21T07:15:00Z", "2026-12-21T11:00:00Z"},
		{"noon to sunrise", "Europe/Berlin", berlin, "12:00", "sunrise", "2026-12-21", "2026-12-21T11:00:00Z", "2026-12-22T07:15:00Z"},
		{"noon to sunset", "Europe/Berlin", berlin, "12:00", "sunset", "2026-12-21", "2026-12-21T11:00:00Z", "2026-12-21T14:54:00Z"},
		{"sunset after its end", "Europe/Berlin", berlin, "sunset", "20:00", "2026-06-21", "", ""},
		{"a day too short", "Europe/Berlin", berlin, "sunrise+4h", "sunset-4h", "2026-12-21", "", ""},
		{"a day long enough", "Europe/Berlin", berlin, "sunrise+4h", "sunset-4h", "2026-06-21", "2026-06-21T06:43:00Z", "2026-06-21T15:33:00Z"},
		{"sunset after midnight", "America/Anchorage", fairbanks, "20:00", "sunset", "2026-06-21", "2026-06-22T04:00:00Z", "2026-06-22T08:47:00Z"},
		{"polar day by day", "Europe/Oslo", tromso, "sunrise", "sunset", "2026-06-21", "2026-06-20T22:00:00Z", "2026-06-21T22:00:00Z"},
		{"polar day by night", "Europe/Oslo", tromso, "sunset", "sunrise", "2026-06-21", "", ""},
		{"polar day to sunset", "Europe/Oslo", tromso, "06:00", "sunset-30m", "2026-06-21", "2026-06-21T04:00:00Z", "2026-06-21T21:30:00Z"},
		{"polar day from sunset", "Europe/Oslo", tromso, "sunset", "02:00", "2026-06-21", "2026-06-21T22:00:00Z", "2026-06-22T00:00:00Z"},
		{"polar night by day", "Europe/Oslo", tromso, "sunrise", "sunset", "2026-12-21", "", ""},
		{"polar night by night", "Europe/Oslo", tromso, "sunset", "sunrise", "2026-12-21", "2026-12-21T10:42:00Z", "2026-12-22T10:43:00Z"},
		{"polar night to sunset", "Europe/Oslo", tromso, "06:00", "sunset", "2026-12-21", "2026-12-21T05:00:00Z", "2026-12-21T10:42:00Z"},
		{"twilight of the polar night", "Europe/Oslo", tromso, "sunrise-1h", "sunset+1h", "2026-12-21", "2026-12-21T09:42:00Z", "2026-12-21T11:42:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			day, err := time.Parse(time.DateOnly, c.day)
			if err != nil {
				t.Fatal(err)
			}
			p := bySun(t, c.at, "daily", c.from, c.until, time.Hour)
			p.Sessions[0].Days = 1 << day.Weekday() // so that a block is this day's
			blocks := slices.Collect(newPlan(t, c.zone, p).Blocks(schedule.Capture, day.AddDate(0, 0, -2), day.AddDate(0, 0, 3)))
			if c.begin == "" {
				if len(blocks) > 0 {
					t.Errorf("got %+v, want no block", blocks)
				}
				return
			}
			if len(blocks) != 1 || !near(blocks[0].Begin, utc(c.begin), 2*time.Minute) || !near(blocks[0].End, utc(c.end), 2*time.Minute) {
				t.Errorf("got %+v, want one from %s to %s", blocks, c.begin, c.end)
			}
		})
	}
}

// What is not day is night, at every place and on every day of the year, also
// where one or the other is as long as a season.
func TestDayAndNightTogetherLeaveNoGap(t *testing.T) {
	for name, at := range map[string]schedule.Site{
		"Berlin": berlin, "Tromsø": tromso, "Fairbanks": fairbanks,
		"the north pole": place(90, 0), "the south pole": place(-90, 180), "the other side of it": place(-90, -180),
		"on the equator": place(0, -180), "near the pole": place(89.99, 15),
	} {
		s := newPlan(t, "Europe/Oslo", schedule.Plan{Site: at, Sessions: []schedule.Session{
			session(t, "day", "daily", "sunrise", "sunset", 24*time.Hour),
			session(t, "night", "daily", "sunset", "sunrise", 24*time.Hour),
		}})
		covered := utc("2027-07-02T00:00:00Z")
		end := utc("2028-07-03T00:00:00Z")
		for b := range s.Blocks(schedule.Capture, covered.AddDate(0, 0, -2), end) {
			if b.Begin.After(covered) {
				t.Errorf("%s: from %v to %v it is neither day nor night", name, covered, b.Begin)
			}
			if b.End.After(covered) {
				covered = b.End
			}
		}
		if covered.Before(end) {
			t.Errorf("%s: after %v it is neither day nor night", name, covered)
		}
	}
}

func TestAtThePolesADayIsWholeOrNone(t *testing.T) {
	for _, latitude := range []float64{90, -90} {
		for _, longitude := range []float64{-180, -77.7, 0, 180} {
			s := newPlan(t, "UTC", bySun(t, place(latitude, longitude), "daily", "sunrise", "sunset", time.Hour))
			days := 0
			for b := range s.Blocks(schedule.Capture, utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z")) {
				if length := b.End.Sub(b.Begin); length != 24*time.Hour {
					t.Errorf("at %v, %v the sun is up for %v from %v on", latitude, longitude, length, b.Begin)
				}
				days++
			}
			// From the equinox to the next, and some days by refraction.
			if days < 178 || days > 194 {
				t.Errorf("at %v, %v there are %d days, want half a year of them", latitude, longitude, days)
			}
		}
	}
}

func TestNextWaitsForTheSunToComeBack(t *testing.T) {
	s := newPlan(t, "Europe/Oslo", bySun(t, tromso, "daily", "sunrise", "sunset", 10*time.Minute))
	next, ok := s.Next(schedule.Capture, utc("2026-12-10T00:00:00Z"))
	if !ok || next.At.Before(utc("2027-01-10T00:00:00Z")) || next.At.After(utc("2027-01-20T00:00:00Z")) {
		t.Errorf("the first slot after the polar night is %+v, %v; want one in the middle of January", next, ok)
	}
	last, ok := s.Last(schedule.Capture, next.At)
	if !ok || last.At.Before(utc("2026-11-23T00:00:00Z")) || last.At.After(utc("2026-12-01T00:00:00Z")) {
		t.Errorf("the last slot before the polar night is %+v, %v; want one at the end of November", last, ok)
	}
}

func TestCoordinatesThatAreNoneAreRefused(t *testing.T) {
	none := schedule.Degrees{}
	for name, c := range map[string]struct {
		at   schedule.Site
		keys []string
	}{
		"none":                {schedule.Site{}, nil},
		"the ends":            {place(-90, 180), nil},
		"the other ends":      {place(90, -180), nil},
		"zero":                {place(0, 0), nil},
		"beyond the poles":    {place(90.0001, 180.0001), []string{"latitude", "longitude"}},
		"no number":           {place(math.NaN(), math.NaN()), []string{"latitude", "longitude"}},
		"endless":             {place(math.Inf(1), math.Inf(-1)), []string{"latitude", "longitude"}},
		"a latitude alone":    {schedule.Site{Latitude: schedule.DegreesOf(1), Longitude: none}, []string{"longitude"}},
		"a longitude alone":   {schedule.Site{Latitude: none, Longitude: schedule.DegreesOf(0)}, []string{"latitude"}},
		"longitude, latitude": {place(151.2, -33.8), []string{"latitude"}},
	} {
		if got := keys(c.at.Validate()); !slices.Equal(got, c.keys) {
			t.Errorf("%s: reported at %q, want %q", name, got, c.keys)
		}
	}
}
