package bench

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"fieldcam/queue"
)

func TestFigureNamesAreWordsAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Names() {
		if seen[name] || strings.ContainsAny(name, " ,") || name == "" {
			t.Errorf("name %q: want one word, once", name)
		}
		seen[name] = true
	}
	if len(seen) != 11 {
		t.Errorf("%d figures, want 11", len(seen))
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
	first, ok, err := e.Next(queue.Select{})
	if err != nil || !ok || first.ID != taken.ID {
		t.Fatalf("next: %v, %v, %v, want the photo that waits, %v", first.ID, ok, err, taken.ID)
	}
	if err := e.Acknowledge(first.Seq()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		m, ok, err := e.Next(queue.Select{})
		if err != nil || !ok || seen[string(m.ID)] || m.Size != photoBytes {
			t.Fatalf("next: %+v, %v, %v, want another large one", m, ok, err)
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
