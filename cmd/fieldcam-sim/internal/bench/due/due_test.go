package due

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/schedule"
)

func TestFigureNamesAreWordsAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		if seen[name] || strings.ContainsAny(name, " ,") || name == "" {
			t.Errorf("name %q: want one word, once", name)
		}
		seen[name] = true
	}
	if len(seen) == 0 {
		t.Error("no figures")
	}
}

func TestTheFullPlanHasSlotsAllDay(t *testing.T) {
	plan, err := fullPlan()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for range 100 {
		next, ok := plan.Next(schedule.Capture, at)
		if !ok || !next.At.After(at) || next.At.Sub(at) > 24*time.Hour {
			t.Fatalf("after %v: %v, %v, want a slot within a day", at, next.At, ok)
		}
		at = next.At
	}
}

func TestTheControllersSlotsNeverCoincide(t *testing.T) {
	begin := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	seen := map[time.Time]int{}
	for i := range controllers {
		plan, err := eachInterval(i)
		if err != nil {
			t.Fatal(err)
		}
		for slot := range plan.Between(schedule.Capture, begin, begin.Add(time.Minute)) {
			if other, ok := seen[slot.At]; ok {
				t.Errorf("controllers %d and %d at %v", other, i, slot.At)
			}
			seen[slot.At] = i
		}
	}
	if want := 110; len(seen) < want {
		t.Errorf("%d slots in a minute, want %d at least", len(seen), want)
	}
}

func TestStampsAreReadAsHowLateTheyAre(t *testing.T) {
	from := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "log")
	var b strings.Builder
	for _, after := range []time.Duration{-time.Minute, 3 * time.Second, time.Minute + 5*time.Second + 250*time.Millisecond, time.Hour} {
		at := from.Add(after)
		fmt.Fprintf(&b, "%d.%09d\n", at.Unix(), at.Nanosecond())
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		offset time.Duration
		want   string
	}{{0, "[3000 5250]"}, {5 * time.Second, "[250]"}} {
		got, err := stamps(path, time.Minute, test.offset, from, from.Add(2*time.Minute))
		if err != nil || fmt.Sprint(got) != test.want {
			t.Errorf("offset %v: got %v, %v, want %s", test.offset, got, err, test.want)
		}
	}
	if err := os.WriteFile(path, []byte("noon\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := stamps(path, time.Minute, 0, from, from); err == nil {
		t.Errorf("of no time: %v, want an error", got)
	}
}

func TestTheGroupsOfVersion2AreFound(t *testing.T) {
	const hybrid = "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
	if got, ok := groupRoot(hybrid); !ok || got != "/sys/fs/cgroup/unified" {
		t.Errorf("got %q, %v", got, ok)
	}
	if got, ok := groupRoot("tmpfs /run tmpfs rw 0 0\n"); ok {
		t.Errorf("got %q, want none", got)
	}
}

func TestPartsThatDoNotExistAreRefused(t *testing.T) {
	if err := Part(t.Context(), "lunch", "{}", &bytes.Buffer{}); err == nil {
		t.Error("part lunch: no error")
	}
}

func TestTheFiguresOfABenchmarkAreFound(t *testing.T) {
	const text = `goos: linux
BenchmarkFleet  	       1	41234567890 ns/op	        31.00 peak/s	         1.860 peak/mean
BenchmarkFleet  	       1	41234567890 ns/op	        32.00 peak/s	         1.920 peak/mean
PASS
`
	if got, err := metric(text, "peak/mean"); err != nil || got != 1.92 {
		t.Errorf("got %v, %v, want the larger one, 1.92", got, err)
	}
	for _, bad := range []string{"PASS\n", "BenchmarkFleet 1 many peak/mean\n", "peak/mean 2\n"} {
		if got, err := metric(bad, "peak/mean"); err == nil {
			t.Errorf("%q: got %v, want an error", bad, got)
		}
	}
}
