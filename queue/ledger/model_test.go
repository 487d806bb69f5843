package ledger_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fieldcam/capture/photo"
	"fieldcam/queue/ledger"
)

// keptDetails is how many different details a day keeps.
const keptDetails = 8

// model is what a day must be: a map of its slots.
type model struct {
	slots   map[int64]ledger.Account // by Unix nanoseconds
	details []string                 // the newest at the end
}

func (m *model) take(slot time.Time, seq uint64) {
	a := m.slots[slot.UnixNano()]
	a.Slot = slot
	if a.Cause.Passes() {
		a.Cause, a.Detail = "", ""
	}
	if !slices.Contains(a.Photos, seq) {
		a.Photos = append(slices.Clone(a.Photos), seq)
		slices.Sort(a.Photos)
	}
	m.slots[slot.UnixNano()] = a
}

func (m *model) miss(slot time.Time, cause photo.Cause, detail string) {
	a, ok := m.slots[slot.UnixNano()]
	if len(a.Photos) > 0 || ok && cause.Gap() && !a.Cause.Gap() {
		return
	}
	m.detail(detail)
	m.slots[slot.UnixNano()] = ledger.Account{Slot: slot, Cause: cause, Detail: detail}
}

// detail makes text the newest, and takes the oldest away where it is one too
// many.
func (m *model) detail(text string) {
	if text == "" {
		return
	}
	m.details = slices.DeleteFunc(m.details, func(d string) bool { return d == text || !m.inUse(d) })
	if inUse := m.inUse(text); len(m.details) >= keptDetails && !inUse {
		for k, a := range m.slots {
			if a.Detail == m.details[0] {
				a.Detail = ""
				m.slots[k] = a
			}
		}
		m.details = m.details[1:]
	}
	m.details = append(m.details, text)
}

func (m *model) inUse(text string) bool {
	for _, a := range m.slots {
		if a.Detail == text {
			return true
		}
	}
	return false
}

func (m *model) all() (all []ledger.Account) {
	for _, k := range slices.Sorted(maps.Keys(m.slots)) {
		all = append(all, m.slots[k])
	}
	return all
}

// compare holds all that a day says against the model.
func (m *model) compare(t *rapid.T, d *ledger.Day) {
	want := m.all()
	got := slices.Collect(d.All())
	if !slices.EqualFunc(got, want, equal) {
		t.Fatalf("All (-want +got):\n%s", cmp.Diff(want, got))
	}
	if d.Len() != len(want) {
		t.Fatalf("Len = %d, want %d", d.Len(), len(want))
	}
	last, ok := d.Last()
	if ok != (len(want) > 0) || ok && !last.Equal(want[len(want)-1].Slot) {
		t.Fatalf("Last = %s, %t, want that of %d accounts", last, ok, len(want))
	}
	counts := ledger.Counts{Due: len(want)}
	wantSeqs, seqs := map[uint64]int{}, map[uint64]int{}
	for _, a := range want {
		if at, ok := d.At(a.Slot); !ok || !equal(at, a) {
			t.Fatalf("At(%s) = %+v, %t, want %+v", a.Slot, at, ok, a)
		}
		if _, ok := d.At(a.Slot.Add(1)); ok {
			t.Fatalf("At 1 ns after %s is an account", a.Slot)
		}
		for _, seq := range a.Photos {
			wantSeqs[seq]++
		}
		by := &counts.Failed
		switch {
		case len(a.Photos) > 0:
			counts.Taken++
			continue
		case a.Cause.Gap():
			by = &counts.Skipped
		}
		if *by == nil {
			*by = map[photo.Cause]int{}
		}
		(*by)[a.Cause]++
	}
	if got := d.Counts(); got.Due != counts.Due || got.Taken != counts.Taken || !maps.Equal(got.Failed, counts.Failed) || !maps.Equal(got.Skipped, counts.Skipped) {
		t.Fatalf("Counts (-want +got):\n%s", cmp.Diff(counts, got))
	}
	for first, n := range d.Photos() {
		for seq := first; n > 0; seq, n = seq+1, n-1 {
			seqs[seq]++
		}
	}
	if !maps.Equal(wantSeqs, seqs) {
		t.Fatalf("Photos (-want +got):\n%s", cmp.Diff(wantSeqs, seqs))
	}
	m.compareProof(t, d)
}

// compareProof holds the proof's counts against the accounts.
func (m *model) compareProof(t *rapid.T, d *ledger.Day) {
	proof := d.Proof()
	list, err := ledger.ReadProof(noon, proof)
	if err != nil || len(proof) > ledger.MaxProof {
		t.Fatalf("Proof of %d bytes, want %d at most; ReadProof: %v", len(proof), ledger.MaxProof, err)
	}
	rest := m.all()
	for _, s := range list {
		if s.Slots > len(rest) {
			t.Fatalf("the proof has %+v, where %d slots are left", s, len(rest))
		}
		part := rest[:s.Slots]
		rest = rest[s.Slots:]
		if !part[0].Slot.Equal(s.From) || !part[s.Slots-1].Slot.Equal(s.To) {
			t.Fatalf("the proof has %+v, want from %s to %s", s, part[0].Slot, part[s.Slots-1].Slot)
		}
		var taken, failed, skipped int
		for i, a := range part {
			switch {
			case len(a.Photos) > 0:
				taken++
			case a.Cause.Gap():
				skipped++
			default:
				failed++
			}
			if s.Mixed {
				continue
			}
			cause := a.Cause
			switch {
			case len(a.Photos) > 0:
				cause = ""
			case cause == strange:
				cause = "other"
			}
			if at := s.From.Add(time.Duration(i) * s.Every); !at.Equal(a.Slot) || s.Cause != cause || s.Photos != len(a.Photos) {
				t.Fatalf("the proof has %+v, want slot %d to be %+v", s, i, a)
			}
		}
		if taken != s.Taken || failed != s.Failed || skipped != s.Skipped {
			t.Fatalf("the proof has %+v, want %d taken, %d failed, %d skipped", s, taken, failed, skipped)
		}
	}
	if len(rest) > 0 {
		t.Fatalf("the proof leaves out %d slots", len(rest))
	}
}

// strange is a cause of another version.
const strange photo.Cause = "eaten-by-goat"

var (
	midnight = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	noon     = midnight.Add(12 * time.Hour)
)

func TestEverySlotHasTheOneAccountThatTheModelHas(t *testing.T) {
	causes := []photo.Cause{photo.NotRunning, photo.ClockStep, photo.Busy, photo.CameraFault, photo.CardFull, photo.StoreFault, photo.NotFetched, photo.Paused, photo.PowerLow, strange}
	rapid.Check(t, func(t *rapid.T) {
		var d ledger.Day
		m := model{slots: map[int64]ledger.Account{}}
		every := rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Nanosecond, 15 * time.Minute}).Draw(t, "every")
		begin := midnight.Add(rapid.SampledFrom([]time.Duration{0, 6 * time.Hour, 24*time.Hour - 41*15*time.Minute}).Draw(t, "begin"))
		slot := func() time.Time {
			at := begin.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "slot")) * every)
			if rapid.IntRange(0, 5).Draw(t, "off the grid") == 0 {
				at = at.Add(every / 2)
			}
			return at
		}
		seq := rapid.Uint64Range(0, 300).Draw(t, "first seq")
		step := rapid.Uint64Range(1, 3).Draw(t, "stride")
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { m.compare(t, &d) },
			"take in order": func(t *rapid.T) {
				at := slot()
				files := rapid.IntRange(1, 2).Draw(t, "files")
				for range rapid.IntRange(1, 12).Draw(t, "slots") {
					if !at.Before(midnight.AddDate(0, 0, 1)) {
						break
					}
					for i := range files {
						d.Take(at, seq+uint64(i))
						m.take(at, seq+uint64(i))
					}
					seq += uint64(files-1) + step
					at = at.Add(every)
				}
			},
			"take any": func(t *rapid.T) {
				at, seq := slot(), rapid.OneOf(rapid.Uint64Range(0, 50), rapid.Uint64()).Draw(t, "seq")
				d.Take(at, seq)
				m.take(at, seq)
			},
			"miss": func(t *rapid.T) {
				at := slot()
				cause := rapid.SampledFrom(causes).Draw(t, "cause")
				for range rapid.IntRange(1, 12).Draw(t, "slots") {
					if !at.Before(midnight.AddDate(0, 0, 1)) {
						break
					}
					detail := ""
					if n := rapid.IntRange(0, keptDetails+3).Draw(t, "detail"); n > 0 {
						detail = fmt.Sprintf("error %d", n)
					}
					d.Miss(at, cause, detail)
					m.miss(at, cause, detail)
					at = at.Add(every)
				}
			},
			"encode": func(t *rapid.T) {
				b := d.Encode()
				back, err := ledger.Decode(noon, b)
				if err != nil {
					t.Fatal(err)
				}
				if again := back.Encode(); !bytes.Equal(again, b) {
					t.Fatalf("encoded again: %x, want %x", again, b)
				}
				d = back
			},
		})
	})
}
