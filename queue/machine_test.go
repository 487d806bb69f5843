package queue_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// machine does random calls to a queue, and to its world.
type machine struct {
	r    *rig
	w    world
	cuts int
}

// call does one call, which makes the world after of the one before. Now and then
// the power goes in it.
func (m *machine) call(t *rapid.T, after world, do func() error) {
	cut := false
	if rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
		nth := rapid.IntRange(1, 12).Draw(t, "at step")
		m.r.setFault(func(string) error {
			if nth--; nth <= 0 {
				cut = true
				return errCut
			}
			return nil
		})
	}
	err := do()
	m.r.setFault(nil)
	if !cut {
		m.r.do("the call", err)
		m.w = after
		return
	}
	m.cuts++
	m.r.reopen()
	m.r.check()
	if err == nil || after.is(m.r) == "" {
		m.w = after
	}
	m.w.compare(t, m.r)
}

// pick draws up to most photos in these states.
func (m *machine) pick(t *rapid.T, most int, states ...queue.State) (seqs []uint64, ids []photo.ID) {
	all := m.w.numbers(states...)
	for range rapid.IntRange(1, most).Draw(t, "photos") {
		if len(all) > 0 {
			seq := rapid.SampledFrom(all).Draw(t, "photo")
			if !slices.Contains(seqs, seq) {
				seqs, ids = append(seqs, seq), append(ids, m.w.photos[seq].meta.ID)
			}
		}
	}
	return seqs, ids
}

// add takes a photo, now and then a manual one, one by a clock that is wrong, or
// the RAW file of the one before.
func (m *machine) add(t *rapid.T) {
	shot := m.r.shot()
	format := "jpg"
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		shot.Trigger, shot.Session = photo.Manual, ""
	case 1: // a clock that is wrong, and stood at these slots before
		shot.Slot = time.Date(2024, 2, 29, 0, 15*rapid.IntRange(0, 3).Draw(t, "slot"), 0, 0, time.UTC)
		shot.Taken, shot.ClockSynced = shot.Slot, false
	case 2:
		shot.Format, format = "nef", "nef"
		if h, ok := m.w.photos[m.w.mark]; ok {
			shot.Of = h.meta.ID
		}
	}
	size := rapid.IntRange(1, 150_000).Draw(t, "size")
	before := m.w
	var got photo.Meta
	m.cutAdd(t, before, shot, func() (err error) {
		got, err = m.r.q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
			e, err := picture(len(m.w.photos), size)(w)
			e.Format = format
			return e, err
		})
		return err
	}, &got)
}

// cutAdd is call for an Add, whose photo nobody knows before.
func (m *machine) cutAdd(t *rapid.T, before world, shot photo.Shot, do func() error, got *photo.Meta) {
	cut := false
	if rapid.IntRange(0, 2).Draw(t, "cut") == 0 {
		nth := rapid.IntRange(1, 8).Draw(t, "at step")
		m.r.setFault(func(string) error {
			if nth--; nth <= 0 {
				cut = true
				return errCut
			}
			return nil
		})
	}
	err := do()
	m.r.setFault(nil)
	if err == nil {
		m.w = before.accept(*got)
	}
	if !cut {
		m.r.do("Add", err)
		return
	}
	m.cuts++
	m.r.reopen()
	m.r.check()
	if items := m.r.list(); err != nil && len(items) == len(before.photos)+1 { // whole, or not at all
		if !items[0].Slot.Equal(shot.Slot) {
			t.Fatalf("photo of slot %s appeared, want %s", items[0].Slot, shot.Slot)
		}
		m.w = before.accept(items[0].Meta)
	}
}

func (m *machine) miss(t *rapid.T) {
	from := m.r.shot().Slot
	n := rapid.IntRange(1, 4).Draw(t, "slots")
	miss := photo.Miss{From: from, To: from.Add(time.Duration(n-1) * 15 * time.Minute), Slots: n, Cause: photo.NotRunning, Session: "day"}
	if n > 1 && rapid.Bool().Draw(t, "listed") && from.Day() == miss.To.Day() {
		miss.Every = 15 * time.Minute
	}
	m.r.slot = miss.To
	after := m.w.clone()
	for at := from; !at.After(miss.To); at = at.Add(15 * time.Minute) {
		if !after.slots[at] {
			after.slots[at] = false
		}
	}
	m.call(t, after, func() error { return m.r.q.Miss(miss) })
}

func (m *machine) actions() map[string]func(*rapid.T) {
	r := m.r
	return map[string]func(*rapid.T){
		"add":  m.add,
		"more": m.add, // so that there is something to do with
		"miss": m.miss,
		"camera fails": func(t *rapid.T) {
			broken := errors.New("no picture")
			if _, err := r.q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
				picture(1, 100_000)(w)
				return photo.Exposure{}, broken
			}); !errors.Is(err, broken) {
				t.Fatalf("Add = %v, want %v", err, broken)
			}
		},
		"acknowledge": func(t *rapid.T) {
			seqs, _ := m.pick(t, 4, queue.Waiting, queue.Held, queue.Refused, queue.Confirmed, queue.Lost)
			m.call(t, m.w.each(seqs, acknowledged), func() error { return r.q.Acknowledge(append(seqs, 999_999)...) })
		},
		"refuse": func(t *rapid.T) {
			if seqs, _ := m.pick(t, 1, queue.Waiting); len(seqs) > 0 {
				m.call(t, m.w.each(seqs, to(queue.Refused, queue.Waiting)), func() error { return r.q.Refuse(seqs[0], "415") })
			}
		},
		"retry": func(t *rapid.T) {
			if seqs, ids := m.pick(t, 3, queue.Refused, queue.Kept, queue.Confirmed, queue.Lost); len(seqs) > 0 {
				m.call(t, m.w.each(seqs, to(queue.Waiting, queue.Refused, queue.Kept)), func() error { _, err := r.q.Retry(ids...); return err })
			}
		},
		"retry all": func(t *rapid.T) {
			after := m.w.each(m.w.numbers(), to(queue.Waiting, queue.Refused))
			m.call(t, after, func() error { _, err := r.q.Retry(); return err })
		},
		"hold": func(t *rapid.T) {
			if seqs, ids := m.pick(t, 3); len(seqs) > 0 {
				m.call(t, m.w.each(seqs, to(queue.Held, queue.Waiting)), func() error { _, err := r.q.Hold(ids...); return err })
			}
		},
		"release all": func(t *rapid.T) {
			after := m.w.each(m.w.numbers(), to(queue.Waiting, queue.Held))
			m.call(t, after, func() error { _, err := r.q.Release(); return err })
		},
		"drop": func(t *rapid.T) {
			if seqs, ids := m.pick(t, 2); len(seqs) > 0 {
				after := m.w.each(seqs, func(h held) held { h.state = gone; return h })
				m.call(t, after, func() error { _, err := r.q.Drop(ids...); return err })
			}
		},
		"copied": func(t *rapid.T) {
			seqs, _ := m.pick(t, 4)
			m.call(t, m.w.each(seqs, copied(true)), func() error { return r.q.Copied(seqs...) })
		},
		"trim": func(t *rapid.T) {
			need := int64(rapid.IntRange(0, 300_000).Draw(t, "need"))
			m.call(t, m.w.trimmed(need), func() error { return r.trim(need) })
		},
		"upload URL": func(t *rapid.T) {
			if seqs, _ := m.pick(t, 1, queue.Waiting); len(seqs) > 0 && !m.w.photos[seqs[0]].away {
				url := "https://hub.example/f/" + strconv.FormatUint(seqs[0], 10)
				r.do("SetUploadURL", r.q.SetUploadURL(seqs[0], url))
				if got := r.q.UploadURL(seqs[0]); got != url {
					t.Fatalf("UploadURL = %q, want %q", got, url)
				}
			}
		},
		"file vanishes": func(t *rapid.T) {
			if seqs, _ := m.pick(t, 1); len(seqs) > 0 {
				h := m.w.photos[seqs[0]]
				os.Remove(r.file(h.meta))
				os.Remove(r.file(h.meta) + ".json")
				m.w = m.w.each(seqs, lost) // whatever the call can write of it
				m.call(t, m.w, func() error {
					if _, err := r.q.Open(h.meta); errors.Is(err, errCut) {
						return err
					}
					return nil
				})
			}
		},
		"scrub": func(t *rapid.T) {
			m.call(t, m.w, func() error { _, err := r.q.Scrub(context.Background(), queue.ScrubOptions{}); return err })
		},
		"sweep": func(t *rapid.T) {
			m.call(t, m.w, func() error { _, err := r.q.Sweep(context.Background()); return err })
		},
		"compact": func(t *rapid.T) {
			if rapid.Bool().Draw(t, "bloat") {
				r.close()
				r.bloat()
				r.open()
			}
			m.call(t, m.w, func() error { _, err := r.q.Compact(context.Background()); return err })
		},
		"reopen": func(*rapid.T) { r.reopen() },
		"rebuild": func(t *rapid.T) {
			r.close()
			m.call(t, m.w.rebuilt(), func() error { _, err := queue.Rebuild(context.Background(), r.options()); return err })
			if r.q == nil {
				r.open()
			}
		},
		"": func(t *rapid.T) { m.w.compare(t, r) },
	}
}

func TestQueueBehavesAsItsModel(t *testing.T) {
	t.Parallel()
	dir := scratch(t)
	runs, cuts := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		m := &machine{r: rigAt(t, filepath.Join(dir, strconv.Itoa(runs))), w: newWorld()}
		m.r.with = both
		m.r.open()
		t.Repeat(m.actions())
		m.w.intact(m.r)
		m.r.check()
		m.r.close()
		cuts += m.cuts
	})
	t.Logf("%d runs, %d cuts", runs, cuts)
}
