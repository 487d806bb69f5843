package queue_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// loaded is a queue with so many photos that wait, a slot each 5 s.
func loaded(b *testing.B, photos int) (*queue.Queue, []uint64) {
	b.Helper()
	q, err := queue.Open(b.Context(), queue.Options{
		Dir: filepath.Join(scratch(b), "state"), Device: "cam-1", Config: queue.Default(), Log: zerolog.Nop(),
		FreeBytes: func(string) (uint64, error) { return 1 << 40, nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := q.Close(); err != nil {
			b.Error(err)
		}
	})
	var seqs []uint64
	for n := range photos {
		m, err := q.Add(benchShot(n), picture(n, 16))
		if err != nil {
			b.Fatal(err)
		}
		seqs = append(seqs, m.Seq())
	}
	b.ReportAllocs()
	b.ResetTimer()
	return q, seqs
}

func benchShot(n int) photo.Shot {
	return scheduled(at(0, 0).Add(time.Duration(n) * 5 * time.Second))
}

func BenchmarkAddSmall(b *testing.B) {
	q, _ := loaded(b, 0)
	for n := range b.N {
		if _, err := q.Add(benchShot(n), picture(n, 16)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNext is at a backlog of 100,000.
func BenchmarkNext(b *testing.B) {
	q, seqs := loaded(b, 100_000)
	middle := benchShot(len(seqs) / 2).Slot
	for name, s := range map[string]queue.Select{
		"newest": {}, "oldest": {Order: queue.OldestFirst}, "window": {From: middle, To: middle.Add(time.Minute)},
		"skip": {Skip: func(seq uint64) bool { return seq > seqs[len(seqs)-100] }},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, ok, err := q.Next(s); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkAcknowledge20(b *testing.B) {
	const batch = 20
	q, seqs := loaded(b, 2000)
	for n := range b.N {
		at := n * batch % len(seqs)
		if err := q.Acknowledge(seqs[at : at+batch]...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDays is a week of a photo each 5 minutes, and a day of one each 5 s.
func BenchmarkDays(b *testing.B) {
	const dense = 17280
	q, _ := loaded(b, dense)
	for n := range 7 * 288 {
		if _, err := q.Add(scheduled(at(0, 0).AddDate(0, 0, 2).Add(time.Duration(n)*5*time.Minute)), picture(n, 16)); err != nil {
			b.Fatal(err)
		}
	}
	for name, ends := range map[string][2]time.Time{
		"week": {at(0, 0).AddDate(0, 0, 2), at(0, 0).AddDate(0, 0, 9)}, "dense day": {at(0, 0), at(0, 0).AddDate(0, 0, 1)},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if days, err := q.Days(ends[0], ends[1]); len(days) == 0 || err != nil {
					b.Fatal(len(days), err)
				}
			}
		})
	}
}
