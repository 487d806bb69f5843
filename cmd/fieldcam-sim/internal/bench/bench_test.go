package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func TestEachFigureHasALineForScripts(t *testing.T) {
	for _, test := range []struct {
		reach bound
		value float64
		err   error
		want  string
	}{
		{atMost(1.02), 1.0163, nil, "figure disk-bytes 1.016 ratio reach 1.02 ok"},
		{atMost(1.02), 1.02, nil, "figure disk-bytes 1.02 ratio reach 1.02 ok"},
		{atMost(1.02), 1.0201, nil, "figure disk-bytes 1.02 ratio reach 1.02 SHORT"},
		{atMost(320), 3577.4, nil, "figure disk-bytes 3577 ratio reach 320 SHORT"},
		{atLeast(0.95), 0.9836, nil, "figure disk-bytes 0.9836 ratio reach 0.95 ok"},
		{atLeast(0.95), 0.94, nil, "figure disk-bytes 0.94 ratio reach 0.95 SHORT"},
		{atLeast(0.95), math.NaN(), nil, "figure disk-bytes NaN ratio reach 0.95 SHORT"},
		{atMost(1), 0, unavailableError{errors.New("no root")}, "figure disk-bytes - ratio reach 1 SHORT"},
		{atMost(1), 0, errors.New("broken"), "figure disk-bytes - ratio reach 1 SHORT"},
	} {
		r := result{figure{name: "disk-bytes", unit: "ratio", reach: test.reach}, outcome{value: test.value}, test.err}
		if got := r.line(); got != test.want {
			t.Errorf("%v of %v (%v): line %q, want %q", test.value, test.reach, test.err, got, test.want)
		}
	}
}

func TestNothingIsLeftOutInSilence(t *testing.T) {
	results := []result{
		{figure{name: "a", what: "figure A", unit: "ms", reach: atMost(20)}, outcome{value: 3, beside: "floor 1", more: []row{{"detail", "2 ms", "so"}}}, nil},
		{figure{name: "b", what: "figure B", unit: "MB", reach: atMost(1)}, outcome{}, unavailableError{errors.New("no TUN device")}},
		{figure{name: "c", what: "figure C", unit: "MB", reach: atMost(1)}, outcome{}, errors.New("the hub ended")},
	}
	var b bytes.Buffer
	if err := report(&b, results); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"floor 1", "detail", "2 ms", "no TUN device", "the hub ended", "\nfigure a 3 ms reach 20 ok\n", "\nfigure b - MB reach 1 SHORT\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("report without %q:\n%s", want, b.String())
		}
	}
	err := failures(results)
	if err == nil || strings.Contains(err.Error(), "TUN") || !strings.Contains(err.Error(), "measure c: the hub ended") {
		t.Errorf("failures: %v, want that of c alone", err)
	}
	if err := failures(results[:2]); err != nil {
		t.Errorf("failures: %v, want none: what is not available is no failure", err)
	}
}

func TestFigureNamesAreWordsAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		if seen[name] || strings.ContainsAny(name, " ,") || name == "" {
			t.Errorf("name %q: want one word, once", name)
		}
		seen[name] = true
	}
	if len(seen) != 8 {
		t.Errorf("%d figures, want 8", len(seen))
	}
}

func TestStraceSummariesOfAllVersionsAreRead(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want map[string]int
	}{
		"5.10": {`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 63.21    0.012345         308        40           fsync
 36.79    0.007185         179        42         1 fdatasync
------ ----------- ----------- --------- --------- ----------------
100.00    0.019530                    82         1 total
`, map[string]int{"fsync": 40, "fdatasync": 42}},
		"6.1": {`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
100.00    0.012345         308        40           fsync
------ ----------- ----------- --------- --------- ------------------
100.00    0.012345         308        40           total
`, map[string]int{"fsync": 40}},
		"no call at all": {"", map[string]int{}},
	} {
		got, err := parseStrace(test.text)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
		}
	}
	for _, text := range []string{"strace: ptrace: Operation not permitted\n", " 63.21 0.012 308 many fsync\n", "fsync 4\n"} {
		if got, err := parseStrace(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestDiskCountersAreRead(t *testing.T) {
	// Linux 6.1: 17 fields.
	got, err := parseDiskStat("    102     3   4000    55    61   1100   614400  2000   0  1500  2100  7 0 1000 3    129   45\n")
	if want := (written{Bytes: 614400 * 512, Flushes: 129}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// Linux 4.9: 11.
	got, err = parseDiskStat("102 3 4000 55 61 1100 8 2000 0 1500 2100")
	if want := (written{Bytes: 4096}); err != nil || got != want {
		t.Errorf("old kernel: got %+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{"", "1 2 3", "1 2 3 4 5 6 x 8 9 10 11"} {
		if got, err := parseDiskStat(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
	got, err = parseProcIO("rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\nread_bytes: 0\nwrite_bytes: 5001216\ncancelled_write_bytes: 4096\n")
	if want := (written{Bytes: 5001216}); err != nil || got != want {
		t.Errorf("/proc/PID/io: got %+v, %v, want %+v", got, err, want)
	}
}

func TestMemoryIsReadInMegabytes(t *testing.T) {
	const status = "Name:\tfieldcam\nVmPeak:\t 1250000 kB\nVmHWM:\t   12500 kB\nVmRSS:\t   10000 kB\nRssAnon:\t    2500 kB\nRssFile:\t 7500 kB\n"
	got, err := parseUsage(status)
	if want := (usage{resident: 10.24, anonymous: 2.56, peak: 12.8}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// As of a process that has ended and was not waited for.
	if got, err := parseUsage("Name:\tfieldcam\nState:\tZ (zombie)\n"); err == nil {
		t.Errorf("of a dead process: %+v, want an error", got)
	}
}

func TestQuantilesAreValuesThatWereSeen(t *testing.T) {
	values := make([]float64, 0, 125)
	for i := range 125 {
		values = append(values, float64((i*77)%125+1)) // 1 to 125, not in order
	}
	for _, test := range []struct{ q, want float64 }{{0, 1}, {0.5, 63}, {0.99, 124}, {1, 125}} {
		if got := quantile(values, test.q); got != test.want {
			t.Errorf("quantile %v: got %v, want %v", test.q, got, test.want)
		}
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median: got %v, want 2.5", got)
	}
	if got := quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("quantile of nothing: got %v, want NaN", got)
	}
}

func TestPingsAreSharedOutOverTheHeartbeats(t *testing.T) {
	for _, test := range []struct {
		every, keepAlive time.Duration
		want             float64
	}{
		{5 * time.Minute, 10 * time.Minute, 0},
		{5 * time.Minute, 5*time.Minute + 30*time.Second, 0},
		{5 * time.Minute, 5 * time.Minute, 0.5},
		{5 * time.Minute, 4 * time.Minute, 1},
	} {
		if got := pingShare(test.every, test.keepAlive); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("heartbeats every %v, keep-alive %v: %v pings each, want %v", test.every, test.keepAlive, got, test.want)
		}
	}
}

func TestEnqueueLeavesThatManyPhotos(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	order := fmt.Sprintf(`{"Dir": %q, "Photos": 3, "Bytes": 1000}`, dir)
	if err := Part(t.Context(), partEnqueue, order, &b); err != nil || strings.TrimSpace(b.String()) != `{"Found":{"Photos":3},"Unavailable":""}` {
		t.Fatalf("part: %v, printed %q", err, b.String())
	}
	q, err := openQueue(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if got := q.Stats().Waiting; got != 3 {
		t.Errorf("%d waiting, want 3", got)
	}
}

func TestTheBacklogNeverEnds(t *testing.T) {
	q, err := openQueue(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	e := &endless{Queue: q}
	if err := e.begin(); err != nil {
		t.Fatal(err)
	}
	taken, err := add(q, 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	none := func(uint64) bool { return false }
	first, ok, err := e.Newest(none)
	if err != nil || !ok || first.ID != taken.ID {
		t.Fatalf("newest: %v, %v, %v, want the photo that waits, %v", first.ID, ok, err, taken.ID)
	}
	if err := e.Acknowledge(first.Seq()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		m, ok, err := e.Newest(none)
		if err != nil || !ok || seen[string(m.ID)] || m.Size != photoBytes {
			t.Fatalf("newest: %+v, %v, %v, want another large one", m, ok, err)
		}
		seen[string(m.ID)] = true
		f, err := e.Open(m)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := e.Acknowledge(m.Seq()); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.sent(); got != 3 {
		t.Errorf("%d sent, want 3", got)
	}
}

func TestPartsThatDoNotExistAreRefused(t *testing.T) {
	if err := Part(context.Background(), "lunch", "{}", &bytes.Buffer{}); err == nil {
		t.Error("part lunch: no error")
	}
	if err := Part(context.Background(), partEnqueue, "[", &bytes.Buffer{}); err == nil {
		t.Error("order that is no JSON: no error")
	}
}
