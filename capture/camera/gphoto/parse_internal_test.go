package gphoto

import (
	"strings"
	"testing"
	"time"
)

// The listing is gphoto2 2.5.28's own words.
const listing = `FILENAME='/store_00010001/DCIM/100FIELD/IMG_0001.CR2' PERMS=rd FILESIZE=52428800 FILETYPE=application/x-unknown FILEMTIME=1795280564
FILENAME='/store_00010001/DCIM/100FIELD/IMG_0001.JPG' PERMS=rd FILESIZE= 3831 IMGWIDTH=320 IMGHEIGHT=240 FILETYPE=image/jpeg FILEMTIME=1795280564
FILENAME='/store_00010001/MISC/AUTPRINT.MRK' PERMS=rd FILESIZE=  100 FILEMTIME=1795280564
`

const detected = `Model                          Port            
----------------------------------------------------------
Canon EOS 2000D                usb:001,004     
Nikon DSC D5600                usb:002,011     
`

const settings = `Label: Camera Date and Time
Readonly: 0
Type: DATE
Current: 946684800
Printable: Sat Jan  1 00:00:00 2000
Help: Use 'now' as the current time when setting.

END
Label: Battery Level
Readonly: 1
Type: TEXT
Current: 80%
END
`

// hear lets a said hear a text, in parts.
func hear(t testing.TB, text string, part int) (*said, []remote) {
	t.Helper()
	s := newSaid()
	var files []remote
	s.onFile = func(f remote) { files = append(files, f) }
	for rest := text; rest != ""; {
		n := min(part, len(rest))
		if m, err := s.Write([]byte(rest[:n])); m != n || err != nil {
			t.Fatalf("Write gives %d, %v; want %d", m, err, n)
		}
		rest = rest[n:]
	}
	return s, files
}

func TestGphoto2IsUnderstood(t *testing.T) {
	for _, part := range []int{1, 7, 1 << 20} {
		s, files := hear(t, "New file is in location /store_00010001/DCIM/100FIELD/IMG_0001.JPG on the camera\n"+detected+listing+settings, part)
		if len(s.added) != 1 || s.added[0] != "/store_00010001/DCIM/100FIELD/IMG_0001.JPG" {
			t.Errorf("added %q", s.added)
		}
		if len(s.found) != 2 || s.found[0] != (where{"usb:001,004", "Canon EOS 2000D"}) {
			t.Errorf("found %+v", s.found)
		}
		if want := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); !s.clock.Equal(want) || s.battery != 80 {
			t.Errorf("clock %v and battery %d, want %v and 80", s.clock, s.battery, want)
		}
		if len(files) != 2 || files[1].size != 3831 || files[0].time.Unix() != 1795280564 || files[0].Path() != "DCIM/100FIELD/IMG_0001.CR2" {
			t.Errorf("files %+v, want the two pictures'", files)
		}
	}
}

func TestFaultsHaveTheirCode(t *testing.T) {
	for text, want := range map[string]Fault{
		"": {},
		"*** Error (-105: 'Unknown model') ***       \n\n":                                                             {codeUnknownModel, "Unknown model"},
		"\n*** Error ***              \nPTP Device Busy\nERROR: Could not capture image.\nERROR: Could not capture.\n": {codeBusy, "PTP Device Busy"},
		"\n*** Error ***              \nCamera memorycard ran full during capture.\nERROR: Could not capture image.\n": {codeNoSpace, "Camera memorycard ran full during capture."},
		"ERROR: Could not get image.\n":                                                                                          {0, "Could not get image."},
		"*** Error: No camera found. ***\n\n*** Error (-105: 'Unknown model') ***\n":                                             {codeUnknownModel, "No camera found."},
		"\n*** Error ***              \nAn error occurred in the io-library ('Could not claim the USB device'): Could not claim": {codeClaim, "An error occurred in the io-library ('Could not claim the USB device'): Could not claim"},
	} {
		got := faultIn(text)
		if got == nil {
			got = &Fault{}
		}
		if *got != want {
			t.Errorf("%q: %+v, want %+v", text, *got, want)
		}
	}
}

// FuzzSaid reads what a hostile camera lets gphoto2 print: what is taken from it is
// within bounds, however it comes.
func FuzzSaid(f *testing.F) {
	for _, text := range []string{listing, detected, settings, "Label: Battery Level\nCurrent: 101%\n", "FILENAME='/a/100CANON/IMG_0001.JPG' FILESIZE=999999999999\n"} {
		f.Add(text, 3)
	}
	f.Fuzz(func(t *testing.T, text string, part int) {
		whole, files := hear(t, text, max(1, len(text)))
		parts, again := hear(t, text, 1+part&0xff)
		if len(files) != len(again) || len(whole.found) != len(parts.found) || len(whole.added) != len(parts.added) || !whole.clock.Equal(parts.clock) {
			t.Error("what comes in parts is understood otherwise")
		}
		if whole.battery < -1 || whole.battery > 100 || whole.clock.Year() > 9999 || len(whole.serial) > maxText {
			t.Errorf("battery %d, clock %v", whole.battery, whole.clock)
		}
		for _, r := range files {
			if r.size < 0 || strings.ContainsAny(r.path, "\n'") || r.Number() < 0 || r.Number() > 9_999_999 {
				t.Errorf("file %+v", r)
			}
		}
		if fault := faultIn(text); fault != nil && (fault.Code < -9999 || fault.Code > 0 || strings.Contains(fault.Text, "\n")) {
			t.Errorf("fault %+v", fault)
		}
	})
}
