package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/bench/blockdev"
	"fieldcam/cmd/fieldcam-sim/queuebench/internal/store"
	"fieldcam/queue"
)

// openOrder asks for a queue to be opened and used.
type openOrder struct {
	Store  string
	Dir    string
	Photos int // that wait in it
	Next   int // how often each order asks for the next photo; of the product alone
}

// opened is what was seen of it.
type opened struct {
	Milliseconds float64
	Memory       resident
	Next         []asked
}

// asked is how long one order took to find the next photo.
type asked struct {
	Order  string
	P99    float64 // milliseconds
	Median float64
	First  float64 // the first call, with nothing warm
}

func open(ctx context.Context, o openOrder) (found opened, err error) {
	began := time.Now()
	s, err := store.Open(ctx, o.Store, o.Dir)
	if err != nil {
		return found, err
	}
	found.Milliseconds = milliseconds(time.Since(began))
	defer func() { err = errors.Join(err, s.Close()) }()
	f, ok := s.(*store.Fieldcam)
	if !ok {
		return found, nil
	}
	if got := int(f.Stats().Waiting); got != o.Photos {
		return found, fmt.Errorf("open: %d photos wait, want %d", got, o.Photos)
	}
	var orders []selection
	if o.Next > 0 {
		orders = selections(o.Photos)
	}
	for _, c := range orders {
		a, err := ask(f, c, o.Next)
		if err != nil {
			return found, fmt.Errorf("next photo, %s: %w", c.name, err)
		}
		found.Next = append(found.Next, a)
	}
	found.Memory, err = readResident(store.Index(o.Dir))
	return found, err
}

// selection is an order of sending.
type selection struct {
	name string
	queue.Select
}

// skipped is how many photos a session passes over, at its worst: those whose
// acknowledgement waits, and those that have a delay of their own.
const skipped = 100

// selections are all orders: of everything, of one day in the middle of the
// backlog, and past those that are to be skipped.
func selections(photos int) []selection {
	day := store.Slot(photos / 2)
	newest := map[uint64]bool{}
	skip := func(seq uint64) bool {
		if len(newest) < skipped && len(newest) < photos/2 {
			newest[seq] = true
		}
		return newest[seq]
	}
	return []selection{
		{"newest first", queue.Select{Order: queue.NewestFirst}},
		{"oldest first", queue.Select{Order: queue.OldestFirst}},
		{"newest of a day", queue.Select{Order: queue.NewestFirst, From: day, To: day.Add(24 * time.Hour)}},
		{"oldest of a day", queue.Select{Order: queue.OldestFirst, From: day, To: day.Add(24 * time.Hour)}},
		{fmt.Sprintf("newest but %d", skipped), queue.Select{Order: queue.NewestFirst, Skip: skip}},
	}
}

func ask(f *store.Fieldcam, c selection, times int) (asked, error) {
	all := make([]float64, 0, times)
	for range times {
		began := time.Now()
		_, ok, err := f.Next(c.Select)
		all = append(all, milliseconds(time.Since(began)))
		if err != nil {
			return asked{}, err
		}
		if !ok {
			return asked{}, errors.New("there is none")
		}
	}
	a := asked{Order: c.name, First: all[0]}
	slices.Sort(all)
	const p99 = 99
	a.P99, a.Median = all[(len(all)-1)*p99/100], all[len(all)/2]
	return a, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const (
	kibibyte = 1024 // the "kB" of proc(5)
	kilobyte = 1000
	megabyte = 1_000_000
)

// resident is a process's memory in megabytes.
type resident struct {
	Anonymous float64
	Files     float64 // the program's own pages, and others mapped
	Index     float64 // of Files: the index's, which the kernel takes back when it likes
}

// own is what is not the index's pages.
func (r resident) own() float64 { return r.Anonymous + r.Files - r.Index }

// readResident reads this process's memory.
func readResident(index string) (r resident, err error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return r, err
	}
	for name, to := range map[string]*float64{"RssAnon": &r.Anonymous, "RssFile": &r.Files} {
		n, err := blockdev.Field(string(status), name)
		if err != nil {
			return r, fmt.Errorf("read memory: %w", err)
		}
		*to = float64(n) * kibibyte / megabyte
	}
	r.Index, err = mapped(index)
	return r, err
}

// mapped is how much of a file is in this process's memory, in megabytes.
func mapped(path string) (total float64, err error) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	inside := false
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		const mapping = 5 // words before a mapping's path, if any
		switch {
		case len(fields) > 0 && !strings.HasSuffix(fields[0], ":"):
			inside = len(fields) > mapping && fields[mapping] == path
		case inside && len(fields) > 1 && fields[0] == "Rss:":
			n, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read memory: %w", err)
			}
			total += float64(n) * kibibyte / megabyte
		}
	}
	return total, lines.Err()
}
