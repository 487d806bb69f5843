package photo_test

import (
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/photo"
)

func TestIDTellsItsTimeAndNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 253402300799).Draw(t, "second"), 5).UTC()
		seq := rapid.Uint64Min(1).Draw(t, "seq")
		id := photo.NewID(at, seq)
		got, err := photo.ParseID(string(id))
		if err != nil || got != id || id.Seq() != seq || !id.Time().Equal(at.Truncate(time.Second)) {
			t.Errorf("%s: %v, number %d, time %v, want number %d, time %v", id, err, id.Seq(), id.Time(), seq, at)
		}
	})
}

// form is what an ID looks like, as the package comment says it.
var form = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-[0-9]{6,20}-[0-9a-f]{6}$`)

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"20261121T070316Z-000042-9f3ac1", "20261121T070316Z-18446744073709551615-9f3ac1", "20261321T070316Z-000042-9f3ac1", "", "20261121T070316Z-000042-9f3aC1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := photo.ParseID(s)
		if (err == nil) && (!form.MatchString(s) || string(id) != s) {
			t.Errorf("%q was taken as an ID", s)
		}
		if err != nil && form.MatchString(s) {
			if _, errTime := time.Parse("20060102T150405Z", s[:16]); errTime == nil {
				t.Errorf("%q: %v, want an ID", s, err)
			}
		}
	})
}

func TestRawIsWhatIsNoJPEG(t *testing.T) {
	for format, kind := range map[string]string{"jpg": photo.KindJPEG, "jpeg": photo.KindJPEG, "cr2": photo.KindRAW, "nef": photo.KindRAW} {
		if got := photo.Kind(format); got != kind || !photo.IsKind(photo.KindBoth, format) || !photo.IsKind(kind, format) || photo.IsKind("", format) {
			t.Errorf("%s is %s, want %s, and in both", format, got, kind)
		}
	}
}
