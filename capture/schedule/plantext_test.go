package schedule_test

import (
	"encoding"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/schedule"
)

func TestMomentsReadAndWriteTheirShortestText(t *testing.T) {
	for _, c := range []struct {
		text, want string
		is         schedule.Moment
	}{
		{"06:00", "06:00", schedule.Moment{Offset: 6 * time.Hour}},
		{"24:00", "24:00", schedule.Moment{Offset: 24 * time.Hour}},
		{"sunrise", "sunrise", schedule.Moment{Sun: schedule.Sunrise}},
		{"sunset-30m", "sunset-30m", schedule.Moment{Sun: schedule.Sunset, Offset: -30 * time.Minute}},
		{"sunrise+1h15m", "sunrise+1h15m", schedule.Moment{Sun: schedule.Sunrise, Offset: 75 * time.Minute}},
		{"sunrise+75m", "sunrise+1h15m", schedule.Moment{Sun: schedule.Sunrise, Offset: 75 * time.Minute}},
		{"sunset+1.5h", "sunset+1h30m", schedule.Moment{Sun: schedule.Sunset, Offset: 90 * time.Minute}},
		{"sunset-90s", "sunset-1m30s", schedule.Moment{Sun: schedule.Sunset, Offset: -90 * time.Second}},
		{"sunset+10h", "sunset+10h", schedule.Moment{Sun: schedule.Sunset, Offset: 10 * time.Hour}},
		{"sunset+1h0m20s", "sunset+1h0m20s", schedule.Moment{Sun: schedule.Sunset, Offset: time.Hour + 20*time.Second}},
		{"sunset-0s", "sunset", schedule.Moment{Sun: schedule.Sunset}},
		{"sunrise-12h", "sunrise-12h", schedule.Moment{Sun: schedule.Sunrise, Offset: -12 * time.Hour}},
	} {
		var m schedule.Moment
		if err := m.UnmarshalText([]byte(c.text)); err != nil || m != c.is || m.String() != c.want {
			t.Errorf("UnmarshalText(%q) = %v, %#v, %q; want %#v and %q", c.text, err, m, m, c.is, c.want)
		}
	}
}

// refused tries texts that v must refuse, and must not change for.
func refused[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](t *testing.T, v T, same func(a, b T) bool, texts ...string) {
	t.Helper()
	for _, text := range texts {
		got := v
		if err := P(&got).UnmarshalText([]byte(text)); err == nil || !same(got, v) {
			t.Errorf("%T.UnmarshalText(%q) = %v, set to %v; want an error and no change", v, text, err, got)
		}
	}
}

func equal[T comparable](a, b T) bool { return a == b }

func TestTextsOfNoMomentTimeOrAngleAreRefused(t *testing.T) {
	refused(t, schedule.Moment{Offset: 1}, equal, "", "6:00", "24:00:01", "Sunrise", "sunrise ", "sunrise + 1h", "sunrise1h", "sunset-",
		"sunset+", "sunset--1h", "sunset+-1h", "sunset+1", "sunset+12h1s", "sunset-13h", "sunset+1.5s", "sunset+1ns", "sunset+9999999h", "noon", "06:00+1h")
	refused(t, schedule.WallTime(5), equal, "2026-06-01", "2026-06-01T12:00:00", "2026-06-01 12:00", "2026-06-01 12:00:00Z", "2026-06-01 12:00:00.5",
		"2026-6-01 12:00:00", "2026-06-01 2:00:00", "2026-06-01  2:00:00", "2026-02-29 12:00:00", "2026-06-31 12:00:00", "2026-06-01 24:00:00",
		"2026-06-01 12:60:00", "1999-12-31 23:59:59", "2200-01-01 00:00:00", "0000-00-00 00:00:00")
	refused(t, schedule.DegreesOf(5), equal, "north", "52,5", "52.5N", "52°", "1e1", "0x1p1", "inf", "-Inf", "NaN", "nan", "180.0000001", "-181",
		"1_0", "--1", "+-1", ".", "-", " 1", "1 ", "1.2.3")
}

func TestAnglesReadAndWrite(t *testing.T) {
	for text, want := range map[string]float64{"52.5163": 52.5163, "-33.8568": -33.8568, "0": 0, "-0": 0, "+7.50": 7.5, "180": 180, "-180.000": -180, ".5": 0.5} {
		var d schedule.Degrees
		err := d.UnmarshalText([]byte(text))
		if v, ok := d.Value(); err != nil || !ok || v != want || math.Signbit(v) != math.Signbit(want) {
			t.Errorf("UnmarshalText(%q) = %v, %v, %v; want %v", text, err, v, ok, want)
		}
	}
	var d schedule.Degrees
	if _, ok := d.Value(); ok || d.String() != "" {
		t.Errorf("the zero Degrees is %q, known: %v", d, ok)
	}
	d = schedule.DegreesOf(0)
	if v, ok := d.Value(); !ok || v != 0 || d.String() != "0" {
		t.Errorf("0° is %q, known: %v", d, ok)
	}
	if err := d.UnmarshalText(nil); err != nil || d != (schedule.Degrees{}) {
		t.Errorf("the empty text gives %v, %v; want the unknown angle", d, err)
	}
}

func TestNoTextForValuesThatAreNone(t *testing.T) {
	for _, v := range []interface{ MarshalText() ([]byte, error) }{
		schedule.At(-1), schedule.At(schedule.Midnight + 1), schedule.At(schedule.TimeOfDay(time.Millisecond)),
		schedule.Moment{Sun: 3}, schedule.Moment{Sun: schedule.Sunset, Offset: 13 * time.Hour}, schedule.Moment{Sun: schedule.Sunrise, Offset: 1},
		schedule.WallTime(-1), schedule.WallTime(math.MaxInt64), schedule.WallTime(math.MinInt64),
		schedule.DegreesOf(math.NaN()), schedule.DegreesOf(math.Inf(1)), schedule.DegreesOf(180.5),
	} {
		if text, err := v.MarshalText(); err == nil {
			t.Errorf("MarshalText of %#v = %q, want an error", v, text)
		}
	}
}

// comesBack checks that v is what its own text says.
func comesBack[T comparable, P interface {
	*T
	encoding.TextUnmarshaler
}](t interface{ Fatalf(string, ...any) }, v T) {
	text, err := any(v).(encoding.TextMarshaler).MarshalText()
	var back T
	if err2 := P(&back).UnmarshalText(text); err != nil || err2 != nil || back != v {
		t.Fatalf("%v: text %q comes back as %v (%v, %v)", v, text, back, err, err2)
	}
}

func TestMomentsTimesAndAnglesComeBackFromTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		comesBack(t, schedule.Moment{
			Sun:    schedule.Sun(rapid.IntRange(1, 2).Draw(t, "sun")),
			Offset: time.Duration(rapid.IntRange(-43200, 43200).Draw(t, "offset")) * time.Second,
		})
		comesBack(t, schedule.At(schedule.TimeOfDay(time.Duration(rapid.IntRange(0, 86400).Draw(t, "second"))*time.Second)))
		comesBack(t, schedule.WallTime(rapid.Int64Range(946684800, 7258118399).Draw(t, "time")))
		comesBack(t, schedule.DegreesOf(rapid.Float64Range(-180, 180).Draw(t, "degrees")))
	})
	comesBack(t, schedule.WallTime(0))
	comesBack(t, schedule.Degrees{})
}

func FuzzMoment(f *testing.F) {
	for _, s := range []string{"06:00", "24:00", "sunrise", "sunset-30m", "sunrise+1h15m", "sunset+1h0m0.5s", "sunset--1h", "", "sun"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m schedule.Moment
		if m.UnmarshalText([]byte(text)) == nil {
			comesBack(t, m)
		}
	})
}

func FuzzWallTime(f *testing.F) {
	for _, s := range []string{"2026-06-01 12:00:00", "2028-02-29 23:59:59", "2026-02-29 12:00:00", "", "2026-06-01 12:00:00.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var w schedule.WallTime
		if w.UnmarshalText([]byte(text)) != nil {
			return
		}
		if w.String() != text {
			t.Fatalf("%q gave %v", text, w)
		}
		comesBack(t, w)
	})
}

func FuzzDegrees(f *testing.F) {
	for _, s := range []string{"52.5163", "-33.8568", "0", "-0", "", "NaN", "1e9", "180.00000000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d schedule.Degrees
		if d.UnmarshalText([]byte(text)) != nil {
			return
		}
		if v, known := d.Value(); known != (text != "") || !(math.Abs(v) <= 180) {
			t.Fatalf("%q gave %v, known: %v", text, v, known)
		}
		comesBack(t, d)
	})
}
