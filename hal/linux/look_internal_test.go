package linux

import (
	"os"
	"path/filepath"
	"testing"
)

// levels61 is as Linux 6.1 writes it, levels614 as 6.14 does.
const (
	levels61 = `gpiochip1: GPIOs 496-503, parent: i2c/1-0020, 1-0020, can sleep:
 gpio-497 (FAN                 |fieldcam            ) out lo 

gpiochip0: GPIOs 504-511, parent: amba/9030000.pl061, 9030000.pl061:
 gpio-504 (CAMERA_POWER        |fieldcam            ) out hi 
 gpio-505 (                    |fieldcam            ) in  lo IRQ ACTIVE LOW
 gpio-507 (                    |GPIO Key Poweroff   ) in  ?  IRQ 
`
	levels614 = `gpiochip0: 8 GPIOs, parent: amba/9030000.pl061, 9030000.pl061:
 gpio-0   (CAMERA_POWER        |fieldcam            ) out lo ACTIVE LOW
 gpio-1   (BUTTON (2) out hi   |fieldcam            ) in  hi IRQ
`
)

func TestLevelsAreReadFromTheKernelsList(t *testing.T) {
	for _, c := range []struct {
		list, chip  string
		offset      int
		high, known bool
	}{
		{levels61, "gpiochip0", 0, true, true},
		{levels61, "gpiochip0", 1, false, true},
		{levels61, "gpiochip0", 2, false, false},
		{levels61, "gpiochip0", 3, false, false},
		{levels61, "gpiochip1", 1, false, true},
		{levels61, "gpiochip1", 0, false, false},
		{levels61, "gpiochip10", 0, false, false},
		{levels614, "gpiochip0", 0, false, true},
		{levels614, "gpiochip0", 1, true, true},
		{"", "gpiochip0", 0, false, false},
	} {
		if high, known := parseLevels(c.list, c.chip, c.offset); high != c.high || known != c.known {
			t.Errorf("%s:%d is high %v, known %v, want %v, %v", c.chip, c.offset, high, known, c.high, c.known)
		}
	}
}

func FuzzParseLevels(f *testing.F) {
	f.Add(levels61, "gpiochip0", 0)
	f.Add(levels614, "gpiochip0", 1)
	f.Fuzz(func(t *testing.T, list, chip string, offset int) {
		if high, known := parseLevels(list, chip, offset); high && !known {
			t.Error("a level that is not known is high")
		}
	})
}

func TestAnAttributeFileIsLookedAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "brightness")
	for text, high := range map[string]bool{"0\n": false, "255\n": true} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := NewHolding(nil).Look(path, t.TempDir())
		if err != nil || !s.Known || s.High != high || !s.Output || s.On(true) == high {
			t.Errorf("%q: %+v, %v, want high %v", text, s, err, high)
		}
	}
	if _, err := NewHolding(nil).Look("GPIO99", t.TempDir()); err == nil {
		t.Error("a line that is not there was looked at")
	}
}
