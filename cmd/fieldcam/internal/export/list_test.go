package export

import (
	"strings"
	"testing"
)

// FuzzLine: whatever stands in the list, what parseLine takes is a file of this
// package's making, inside the export, and is written as it was.
func FuzzLine(f *testing.F) {
	sum := strings.Repeat("0a", 32)
	for _, name := range []string{"README.txt", "20261121/20261121T070316Z-000042-9f3ac1.jpg", "20261121-2/20261121T070316Z-000042-9f3ac1.json",
		"../../etc/passwd", "20261121/20261122T070316Z-000042-9f3ac1.jpg", "/README.txt", "20261121/../README.txt"} {
		f.Add(sum + "  " + name)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, ok := parseLine(s)
		if !ok {
			return
		}
		if l.String() != s {
			t.Errorf("%q comes back as %q", s, l)
		}
		if strings.Contains(l.name, "..") || strings.HasPrefix(l.name, "/") || strings.Count(l.name, "/") > 1 {
			t.Errorf("%q is outside", l.name)
		}
	})
}
