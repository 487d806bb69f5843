package blockdev

import "testing"

func TestDiskCountersAreRead(t *testing.T) {
	// Linux 6.1: 17 fields.
	got, err := ParseStat("    102     3   4000    55    61   1100   614400  2000   0  1500  2100  7 0 1000 3    129   45\n")
	if want := (Written{Bytes: 614400 * 512, Flushes: 129}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// Linux 4.9: 11.
	got, err = ParseStat("102 3 4000 55 61 1100 8 2000 0 1500 2100")
	if want := (Written{Bytes: 4096}); err != nil || got != want {
		t.Errorf("old kernel: got %+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{"", "1 2 3", "1 2 3 4 5 6 x 8 9 10 11"} {
		if got, err := ParseStat(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
	got, err = ParseIO("rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\nread_bytes: 0\nwrite_bytes: 5001216\ncancelled_write_bytes: 4096\n")
	if want := (Written{Bytes: 5001216}); err != nil || got != want {
		t.Errorf("/proc/PID/io: got %+v, %v, want %+v", got, err, want)
	}
}
