package schedule_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/schedule"
)

func TestDaysReadAndWriteTheirShortestText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"mon-fri", "mon-fri"},
		{"sat,sun", "sat,sun"},
		{"sat-sun", "sat,sun"},
		{"fri-mon", "fri-mon"},
		{"mon,sun,fri,sat", "fri-mon"},
		{"sun,mon", "sun,mon"},
		{"mon-sun", "daily"},
		{"wed-tue", "daily"},
		{"daily", "daily"},
		{" Mon , WED - fri ", "mon,wed-fri"},
		{"tue-tue", "tue"},
		{"mon,mon", "mon"},
	} {
		var d schedule.Days
		if err := d.UnmarshalText([]byte(c.text)); err != nil {
			t.Errorf("UnmarshalText(%q): %v", c.text, err)
			continue
		}
		if got := d.String(); got != c.want {
			t.Errorf("UnmarshalText(%q).String() = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTextThatIsNoneIsRefusedAndChangesNothing(t *testing.T) {
	for _, text := range []string{"", "none", ",", "mon,", "mon-", "-mon", "mon-fri-sun", "monday", "mon fri", "0", "daily,mon"} {
		d := schedule.Days(5)
		if err := d.UnmarshalText([]byte(text)); err == nil || d != 5 {
			t.Errorf("Days.UnmarshalText(%q) = %v, set to %v; want an error and no change", text, err, d)
		}
	}
	for _, text := range []string{"", "6:00", "06", "0600", "24:01", "24:00:01", "23:60", "23:59:60", "-1:00", "06:00:00.5", "06:00 ", "6h", "１２:00"} {
		tod := schedule.TimeOfDay(5)
		if err := tod.UnmarshalText([]byte(text)); err == nil || tod != 5 {
			t.Errorf("TimeOfDay.UnmarshalText(%q) = %v, set to %v; want an error and no change", text, err, tod)
		}
	}
	for _, text := range []string{"", "Capture", "checkin", "kind(1)"} {
		k := schedule.Kind(5)
		if err := k.UnmarshalText([]byte(text)); err == nil || k != 5 {
			t.Errorf("Kind.UnmarshalText(%q) = %v, set to %v; want an error and no change", text, err, k)
		}
	}
}

func TestTimesOfDayReadAndWrite(t *testing.T) {
	for _, c := range []struct {
		text, want string
		is         time.Duration
	}{
		{"06:00", "06:00", 6 * time.Hour},
		{"00:00:00", "00:00", 0},
		{"23:59:59", "23:59:59", 24*time.Hour - time.Second},
		{"24:00", "24:00", 24 * time.Hour},
	} {
		var tod schedule.TimeOfDay
		if err := tod.UnmarshalText([]byte(c.text)); err != nil || time.Duration(tod) != c.is || tod.String() != c.want {
			t.Errorf("UnmarshalText(%q) = %v, %v, %q; want %v and %q", c.text, err, time.Duration(tod), tod, c.is, c.want)
		}
	}
}

func TestValuesThatAreNoneAreNotWritten(t *testing.T) {
	for _, v := range []interface{ MarshalText() ([]byte, error) }{
		schedule.Kind(0), schedule.Kind(4), schedule.Days(0), schedule.Days(128),
		schedule.TimeOfDay(-1), schedule.TimeOfDay(time.Millisecond), schedule.Midnight + schedule.TimeOfDay(time.Second),
	} {
		if text, err := v.MarshalText(); err == nil {
			t.Errorf("MarshalText of %#v = %q, want an error", v, text)
		}
	}
}

func TestEveryValueComesBackFromItsText(t *testing.T) {
	for d := schedule.Days(1); d <= schedule.EveryDay; d++ {
		text, err := d.MarshalText()
		var back schedule.Days
		if err2 := back.UnmarshalText(text); err != nil || err2 != nil || back != d {
			t.Errorf("%#x: text %q comes back as %#x (%v, %v)", uint8(d), text, uint8(back), err, err2)
		}
	}
	for k := schedule.Capture; k <= schedule.CheckIn; k++ {
		text, err := k.MarshalText()
		var back schedule.Kind
		if err2 := back.UnmarshalText(text); err != nil || err2 != nil || back != k {
			t.Errorf("%d: text %q comes back as %d (%v, %v)", k, text, back, err, err2)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		tod := schedule.TimeOfDay(time.Duration(rapid.IntRange(0, 86400).Draw(t, "second")) * time.Second)
		text, err := tod.MarshalText()
		var back schedule.TimeOfDay
		if err2 := back.UnmarshalText(text); err != nil || err2 != nil || back != tod {
			t.Fatalf("%v: text %q comes back as %v (%v, %v)", tod, text, back, err, err2)
		}
	})
}

func FuzzDays(f *testing.F) {
	for _, s := range []string{"mon-fri", "sat,sun", "daily", "fri-mon", " Mon , WED - fri ", "", "-", ","} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, back schedule.Days
		if d.UnmarshalText([]byte(text)) != nil {
			return
		}
		out, err := d.MarshalText()
		if err != nil {
			t.Fatalf("%q gave %#x, which has no text: %v", text, uint8(d), err)
		}
		if err := back.UnmarshalText(out); err != nil || back != d {
			t.Fatalf("%q gave %#x, whose text %q gives %#x, %v", text, uint8(d), out, uint8(back), err)
		}
	})
}

func FuzzTimeOfDay(f *testing.F) {
	for _, s := range []string{"06:00", "23:59:59", "24:00", "24:00:00", "", "::", "99:99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var tod, back schedule.TimeOfDay
		if tod.UnmarshalText([]byte(text)) != nil {
			return
		}
		if tod < 0 || tod > schedule.Midnight {
			t.Fatalf("%q gave %v, outside of the day", text, time.Duration(tod))
		}
		out, err := tod.MarshalText()
		if err != nil || back.UnmarshalText(out) != nil || back != tod {
			t.Fatalf("%q gave %v, whose text %q gives %v (%v)", text, tod, out, back, err)
		}
	})
}

func FuzzKind(f *testing.F) {
	for _, s := range []string{"capture", "upload", "check-in", "", "CAPTURE"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var k schedule.Kind
		if k.UnmarshalText([]byte(text)) == nil && k.String() != text {
			t.Fatalf("%q gave the kind %v", text, k)
		}
	})
}
