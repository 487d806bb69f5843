package shutter_test

import (
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
)

// plan is a schedule in UTC.
func plan(tb testing.TB, sessions ...schedule.Session) *schedule.Schedule {
	tb.Helper()
	s, err := schedule.New(time.UTC, schedule.Plan{Sessions: sessions})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func session(name string, kind schedule.Kind, from, until, every time.Duration) schedule.Session {
	s := schedule.NewSession()
	s.Name, s.Kind, s.Every = name, kind, every
	s.From, s.Until = schedule.At(schedule.TimeOfDay(from)), schedule.At(schedule.TimeOfDay(until))
	return s
}

func TestAPlanThatLosesPicturesIsRefusedWithTheSums(t *testing.T) {
	const hour = time.Hour
	shots := func(every time.Duration) schedule.Session {
		return session("shots", schedule.Capture, 6*hour, 18*hour, every)
	}
	until := func(t time.Duration) schedule.Session {
		return session("before", schedule.Capture, 0, t, 5*time.Second)
	}
	since := func(t time.Duration) schedule.Session {
		return session("after", schedule.Capture, t, 24*hour-time.Second, 5*time.Second)
	}
	evening := session("evening", schedule.Upload, 19*hour, 20*hour, hour)
	evening.Until = evening.From
	long := session("night", schedule.Upload, 19*hour, 23*hour, 30*time.Minute)
	for name, c := range map[string]struct {
		limits   func(*shutter.Limits)
		sessions []schedule.Session
		want     []string // parts of the findings, one each
	}{
		"all is well": {func(l *shutter.Limits) {
			l.Buffer, l.WriteTime, l.CardMB, l.ShotKB, l.TransferKBs = 20, 2*time.Second, 64_000, 5_000, 40_000
		}, []schedule.Session{shots(time.Minute), evening}, nil},
		"nothing is known": {func(*shutter.Limits) {}, []schedule.Session{shots(5 * time.Second), evening}, nil},
		"too fast for the camera": {func(l *shutter.Limits) { l.Shortest = 8 * time.Second },
			[]schedule.Session{shots(5 * time.Second), evening}, []string{`shortest: 8s: want at most what the plan has between shots: "shots" and "shots" fire 5s apart`}},
		"two sessions meet": {func(*shutter.Limits) {},
			[]schedule.Session{shots(time.Minute), session("others", schedule.Capture, 6*hour+2*time.Second, 7*hour, time.Minute), evening}, []string{`fire 2s apart, at Sun 2026-11-22 06:00:00 and Sun 2026-11-22 06:00:02`}},
		// 8 s a shot, one each 5 s: the nth finds 3(n-1)+8 s of writing to do.
		"a full buffer": {func(l *shutter.Limits) { l.Buffer, l.WriteTime = 10, 8*time.Second },
			[]schedule.Session{shots(5 * time.Second), evening}, []string{`buffer: 10: want room for 11 shots: "shots" fires every 5s and one takes 8s to write, so that shot 26 in a row`}},
		// 13 hours of a shot a minute, 721 of them.
		"a full card": {func(l *shutter.Limits) { l.CardMB, l.ShotKB = 3000, 5000 },
			[]schedule.Session{shots(time.Minute), evening}, []string{`card_mb: 3000: want room for 3605 MB: 721 shots of 5000 kB between the uploads at Fri 2026-11-20 19:00:00 and Sat 2026-11-21 19:00:00`}},
		"no time to fetch": {func(l *shutter.Limits) { l.ShotKB, l.TransferKBs = 5000, 4000 },
			[]schedule.Session{shots(time.Minute), evening}, []string{`transfer_kbs: 4000: want as much as upload session "evening" has time for: at Sat 2026-11-21 19:00:00 it has 3605 MB to fetch, which takes 15m1s, and it gives that 2m30s`}},
		"time enough in a block": {func(l *shutter.Limits) { l.ShotKB, l.TransferKBs = 5000, 4000 },
			[]schedule.Session{shots(time.Minute), long}, nil},
		"uploads too close": {func(*shutter.Limits) {},
			[]schedule.Session{shots(time.Minute), session("often", schedule.Upload, 6*hour, 18*hour, time.Minute)}, []string{`at least 5m between upload sessions`}},
		"never fetched": {func(*shutter.Limits) {}, []schedule.Session{shots(time.Minute)}, []string{"an upload session within eight days"}},
		"a transfer of ages": {func(l *shutter.Limits) { l.ShotKB, l.TransferKBs = 10_000_000, 1 },
			[]schedule.Session{shots(5 * time.Second), session("evening", schedule.Upload, 19*hour, 20*hour, time.Hour)}, []string{"which takes 87840h"}},
		"no time to list": {func(l *shutter.Limits) { l.ListTime = 20 * time.Second },
			[]schedule.Session{session("shots", schedule.Capture, 0, 24*hour-time.Second, 5*time.Second), evening}, []string{`list_time: 20s: want a pause between shots of 22s or more at upload session "evening": at Sat 2026-11-21 19:00:00 the shots leave 3s at most; leave a longer one, set delete_fetched`}},
		"time to list": {func(l *shutter.Limits) { l.ListTime = 20 * time.Second },
			[]schedule.Session{shots(5 * time.Second), evening}, nil},
		"time to list in the next session's time only": {func(l *shutter.Limits) { l.ListTime = 20 * time.Second },
			[]schedule.Session{until(19*hour + 35*time.Minute), since(20*hour + 30*time.Minute), session("night", schedule.Upload, 19*hour, 20*hour, 30*time.Minute)},
			[]string{`at upload session "night": at Sat 2026-11-21 19:00:00 the shots leave 3s at most`}},
		"time to list after a fetch's time only": {func(l *shutter.Limits) { l.ListTime = 20 * time.Second },
			[]schedule.Session{until(20*hour + 30*time.Minute), since(21*hour + 30*time.Minute), evening},
			[]string{`at upload session "evening": at Sat 2026-11-21 19:00:00 the shots leave 3s at most`}},
		"no time for a picture": {func(l *shutter.Limits) { l.ListTime, l.ShotKB, l.TransferKBs = time.Second, 30_000, 5_000 },
			[]schedule.Session{session("shots", schedule.Capture, 0, 24*hour-time.Second, 5*time.Second), long}, []string{`a pause between shots of 8s or more`, "transfer_kbs"}},
		"nothing to do": {func(*shutter.Limits) {}, nil, nil},
	} {
		l := shutter.DefaultLimits()
		c.limits(&l)
		if err := l.Validate(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cfg := shutter.Default()
		cfg.Fetch, cfg.Limits = shutter.FetchGPhoto, l
		err := cfg.Check(plan(t, c.sessions...), morning)
		got := invalid.Values(err)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v, want %d findings", name, err, len(c.want))
			continue
		}
		for i, v := range got {
			if !strings.Contains(v.Error(), c.want[i]) {
				t.Errorf("%s: %q, want %q in it", name, v, c.want[i])
			}
		}
	}
}

// A card that is mounted is read beside the shots: they end no listing.
func TestAPlanWithoutPausesIsSoundWhereTheCardIsMounted(t *testing.T) {
	const hour = time.Hour
	s := plan(t, session("shots", schedule.Capture, 0, 24*hour-time.Second, 5*time.Second), session("night", schedule.Upload, 19*hour, 23*hour, hour))
	for fetch, want := range map[string]bool{shutter.FetchCard: true, shutter.FetchGPhoto: false} {
		cfg := shutter.Default()
		cfg.Fetch, cfg.Limits.ListTime = fetch, 20*time.Second
		if err := cfg.Check(s, morning); (err == nil) != want {
			t.Errorf("fetch = %q: %v, want it sound: %v", fetch, err, want)
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	good := shutter.Default()
	good.Line, good.HalfLine, good.Path = "GPIO17", "GPIO27", "/media/camera"
	if err := good.Validate(); err != nil {
		t.Errorf("a good one: %v", err)
	}
	for key, change := range map[string]func(*shutter.Config){
		"line":                func(c *shutter.Config) { c.Line = "" },
		"half_line":           func(c *shutter.Config) { c.HalfLine = c.Line },
		"maker":               func(c *shutter.Config) { c.Maker = "kodak" },
		"press":               func(c *shutter.Config) { c.Press = -time.Second },
		"half":                func(c *shutter.Config) { c.Half = time.Minute },
		"wake_after":          func(c *shutter.Config) { c.WakeAfter = 2 * time.Hour },
		"path":                func(c *shutter.Config) { c.Path = "camera" },
		"files":               func(c *shutter.Config) { c.Files = "tiff" },
		"limits.shortest":     func(c *shutter.Config) { c.Limits.Shortest = time.Second },
		"limits.buffer":       func(c *shutter.Config) { c.Limits.Buffer = -1 },
		"limits.write_time":   func(c *shutter.Config) { c.Limits.WriteTime = -1 },
		"limits.card_mb":      func(c *shutter.Config) { c.Limits.CardMB = -1 },
		"limits.list_time":    func(c *shutter.Config) { c.Limits.ListTime = time.Hour },
		"limits.transfer_kbs": func(c *shutter.Config) { c.Limits.TransferKBs = -1 },
	} {
		c := good
		change(&c)
		if got := invalid.Values(c.Validate()); len(got) != 1 || got[0].Key != key {
			t.Errorf("%s: %v, want this key alone", key, got)
		}
	}
	c := good
	c.Maker = shutter.Panasonic
	if got := invalid.Values(c.Validate()); len(got) != 1 || got[0].Key != "half_line" {
		t.Errorf("a second line for a socket of one: %v, want half_line", got)
	}
}
