package queue_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// model is what a queue must be, kept in memory.
type model struct {
	r     *rig
	order []photo.Meta // accepted and not deleted, ascending
	state map[photo.ID]queue.State
	slots map[time.Time]bool
	last  time.Time
}

func (m *model) in(states ...queue.State) (all []photo.Meta) {
	for _, p := range m.order {
		if slices.Contains(states, m.state[p.ID]) {
			all = append(all, p)
		}
	}
	return all
}

func (m *model) accept(p photo.Meta) {
	m.order = append(m.order, p)
	m.state[p.ID] = queue.Waiting
	if p.Trigger == photo.Scheduled {
		m.slots[p.Slot] = true
		m.last = latest(m.last, p.Slot)
	}
}

func (m *model) drop(id photo.ID) {
	m.order = slices.DeleteFunc(m.order, func(p photo.Meta) bool { return p.ID == id })
	delete(m.state, id)
}

// shot now and then repeats a slot, is manual or of 1970.
func (m *model) shot(t *rapid.T) photo.Shot {
	s := m.r.shot()
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		s.Trigger, s.Session = photo.Manual, ""
	case 1:
		m.r.slot = time.Unix(int64(rapid.IntRange(0, 3).Draw(t, "slot"))*900, 0).UTC()
		s.Slot, s.Taken, s.ClockSynced = m.r.slot, m.r.slot, false
	}
	return s
}

// compare checks the whole queue against the model.
func (m *model) compare(t *rapid.T) {
	items := m.r.list()
	if len(items) != len(m.order) {
		t.Fatalf("%d items, want %d", len(items), len(m.order))
	}
	var waiting int64
	for i, item := range items {
		want := m.order[len(m.order)-1-i]
		if item.Meta != want || item.State != m.state[want.ID] {
			t.Fatalf("item %d is %+v (%s), want %+v (%s)", i, item.Meta, item.State, want, m.state[want.ID])
		}
		if item.State == queue.Waiting {
			waiting++
		}
	}
	if got := m.r.q.Stats(); got.Waiting != waiting {
		t.Fatalf("Stats.Waiting = %d, want %d", got.Waiting, waiting)
	}
	newest, ok, err := m.r.q.Newest(nil)
	all := m.in(queue.Waiting)
	if err != nil || ok != (len(all) > 0) || ok && newest != all[len(all)-1] {
		t.Fatalf("Newest = %v, %t, %v, want the last of %v", newest.ID, ok, err, all)
	}
	for slot := range m.slots {
		if !m.r.q.Accounted(slot) {
			t.Fatalf("slot %s is not accounted for", slot)
		}
	}
	if at, ok := m.r.q.LastSlot(); ok != !m.last.IsZero() || ok && !at.Equal(m.last) {
		t.Fatalf("LastSlot = %s, %t, want %s", at, ok, m.last)
	}
}

func TestQueueBehavesAsItsModel(t *testing.T) {
	t.Parallel()
	dir := scratch(t)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		m := &model{r: rigAt(t, filepath.Join(dir, strconv.Itoa(runs))), state: map[photo.ID]queue.State{}, slots: map[time.Time]bool{}}
		q := m.r.open()
		pick := func(label string, states ...queue.State) (photo.Meta, bool) {
			all := m.in(states...)
			if len(all) == 0 {
				return photo.Meta{}, false
			}
			return all[rapid.IntRange(0, len(all)-1).Draw(t, label)], true
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				p, err := q.Add(m.shot(t), picture(len(m.order), rapid.IntRange(1, 200_000).Draw(t, "size")))
				m.r.do("Add", err)
				m.accept(p)
			},
			"camera fails": func(t *rapid.T) {
				broken := errors.New("no picture")
				_, err := q.Add(m.shot(t), func(w io.Writer) (photo.Exposure, error) {
					picture(1, 100_000)(w)
					return photo.Exposure{}, broken
				})
				if !errors.Is(err, broken) {
					t.Fatalf("Add = %v, want %v", err, broken)
				}
			},
			"miss": func(t *rapid.T) {
				from := m.r.shot().Slot
				n := rapid.IntRange(1, 4).Draw(t, "slots")
				to := from.Add(time.Duration(n-1) * 15 * time.Minute)
				m.r.do("Miss", q.Miss(photo.Miss{From: from, To: to, Slots: n, Cause: photo.NotRunning}))
				for ; !from.After(to); from = from.Add(15 * time.Minute) {
					m.slots[from] = true
				}
				m.last, m.r.slot = latest(m.last, to), to
			},
			"acknowledge": func(t *rapid.T) {
				var seqs []uint64
				for range rapid.IntRange(1, 4).Draw(t, "photos") {
					if p, ok := pick("photo", queue.Waiting, queue.Refused, queue.Confirmed); ok {
						seqs = append(seqs, p.Seq())
						m.state[p.ID] = queue.Confirmed
					}
				}
				m.r.do("Acknowledge", q.Acknowledge(append(seqs, 999_999)...))
			},
			"refuse": func(t *rapid.T) {
				if p, ok := pick("photo", queue.Waiting); ok {
					m.r.do("Refuse", q.Refuse(p.Seq(), "415"))
					m.state[p.ID] = queue.Refused
				}
			},
			"retry": func(t *rapid.T) {
				if p, ok := pick("photo", queue.Refused, queue.Confirmed); ok {
					_, err := q.Retry(p.ID)
					m.r.do("Retry", err)
					if m.state[p.ID] == queue.Refused {
						m.state[p.ID] = queue.Waiting
					}
				}
			},
			"upload URL": func(t *rapid.T) {
				if p, ok := pick("photo", queue.Waiting); ok {
					m.r.do("SetUploadURL", q.SetUploadURL(p.Seq(), "https://hub.example/f/1"))
					if got := q.UploadURL(p.Seq()); got != "https://hub.example/f/1" {
						t.Fatalf("UploadURL = %q", got)
					}
				}
			},
			"trim": func(t *rapid.T) {
				keep := uint64(queue.Default().KeepFreeMegabytes) * 1_000_000
				need := int64(rapid.IntRange(0, 300_000).Draw(t, "need"))
				m.r.setFree(keep - uint64(need))
				n, err := q.Trim(context.Background())
				m.r.do("Trim", err)
				m.r.setFree(10 << 30)
				for _, p := range m.in(queue.Confirmed) {
					if need <= 0 || p == m.order[len(m.order)-1] {
						break
					}
					need -= p.Size
					n--
					m.drop(p.ID)
				}
				if n != 0 {
					t.Fatalf("Trim deleted %d photos more than it should", n)
				}
			},
			"reopen": func(*rapid.T) { q = m.r.reopen() },
			"power cut in add": func(t *rapid.T) {
				step := rapid.SampledFrom(queue.Steps()).Draw(t, "step")
				m.r.cutAt(step, rapid.IntRange(1, 2).Draw(t, "nth"), func() {})
				shot := m.shot(t)
				p, err := q.Add(shot, picture(9, 150_000))
				m.r.setFault(nil)
				q = m.r.reopen()
				if err == nil {
					m.accept(p)
				} else if items := m.r.list(); len(items) == len(m.order)+1 { // whole, or not at all
					if !items[0].Slot.Equal(shot.Slot) {
						t.Fatalf("photo of slot %s appeared, want %s", items[0].Slot, shot.Slot)
					}
					m.accept(items[0].Meta)
				}
			},
			"": func(t *rapid.T) { m.compare(t) },
		})
		for _, p := range m.order {
			m.r.intact(p)
		}
		m.r.check()
		m.r.close()
	})
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
