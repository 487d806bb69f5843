package ledger

import (
	"slices"

	"fieldcam/capture/photo"
)

// run is neighbouring slots that fared alike.
type run struct {
	start int64 // of the first slot, in nanoseconds since midnight
	every int64 // between slots; 0 for a single one
	count int
	// cause and detail are those of each slot; empty where nothing failed.
	cause  photo.Cause
	detail string
	// first is the number of the first slot's first photo, and more are those of
	// its others, ascending: nil for the one photo that is the rule. Each next
	// slot's are higher by stride, which is 0 for a single slot. Where photos is
	// false there are none.
	photos bool
	first  uint64
	more   []uint64
	stride uint64
}

func (r *run) taken() bool { return r.photos }

func (r *run) at(n int) int64 { return r.start + int64(n)*r.every }

func (r *run) last() int64 { return r.at(r.count - 1) }

// perSlot is how many photos each slot has.
func (r *run) perSlot() int {
	if !r.photos {
		return 0
	}
	return 1 + len(r.more)
}

func (r *run) photoCount() int { return r.perSlot() * r.count }

// shifted is a copy of the numbers, each higher by shift.
func shifted(numbers []uint64, shift uint64) []uint64 {
	if len(numbers) == 0 {
		return nil
	}
	all := make([]uint64, len(numbers))
	for i, seq := range numbers {
		all[i] = seq + shift
	}
	return all
}

// numbers are those of the photos of the nth slot.
func (r *run) numbers(n int) []uint64 {
	if !r.photos {
		return nil
	}
	shift := uint64(n) * r.stride
	all := make([]uint64, 0, r.perSlot())
	all = append(all, r.first+shift)
	return append(all, shifted(r.more, shift)...)
}

// has tells whether the run has a slot at the offset.
func (r *run) has(off int64) bool {
	return off == r.start || r.every > 0 && off > r.start && off <= r.last() && (off-r.start)%r.every == 0
}

// part is the slots from the nth to before the mth, as a run of its own. Its
// photos' numbers are not shared with r.
func (r *run) part(n, m int) run {
	p := *r
	p.start, p.count = r.at(n), m-n
	if r.photos {
		p.first += uint64(n) * r.stride
		p.more = shifted(r.more, uint64(n)*r.stride)
	}
	if p.count <= 1 {
		p.every, p.stride = 0, 0
	}
	return p
}

// single is the slot at an offset that the run has.
func (r *run) single(off int64) run {
	n := 0
	if r.every > 0 {
		n = int((off - r.start) / r.every)
	}
	return r.part(n, n+1)
}

// without is what of the run lies before and after the offset; a count of 0 for
// nothing.
func (r *run) without(off int64) (before, after run) {
	if off < r.start {
		return run{}, *r
	}
	if off > r.last() {
		return *r, run{}
	}
	n, m := 0, 1
	if r.every > 0 {
		n = int((off - r.start + r.every - 1) / r.every)
		m = int((off-r.start)/r.every) + 1
	}
	if n > 0 {
		before = r.part(0, n)
	}
	if m < r.count {
		after = r.part(m, r.count)
	}
	return before, after
}

// add gives a single slot a photo; false where it has it already.
func (r *run) add(seq uint64) bool {
	if !r.photos {
		r.photos, r.first = true, seq
		return true
	}
	all := r.numbers(0)
	n, found := slices.BinarySearch(all, seq)
	if found {
		return false
	}
	all = slices.Insert(all, n, seq)
	r.first, r.more = all[0], all[1:]
	return true
}

// join puts the run n, which follows, at the end of this one; false where they
// are not alike.
func (r *run) join(n run) bool {
	if r.cause != n.cause || r.detail != n.detail || r.perSlot() != n.perSlot() {
		return false
	}
	every := n.start - r.last()
	if r.count > 1 && r.every != every || n.count > 1 && n.every != every {
		return false
	}
	stride := uint64(0)
	if r.photos {
		shift := uint64(r.count-1) * r.stride
		stride = n.first - r.first - shift
		if n.first <= r.first+shift || r.count > 1 && r.stride != stride || n.count > 1 && n.stride != stride {
			return false
		}
		for i := range r.more {
			if n.more[i]-r.more[i] != n.first-r.first {
				return false
			}
		}
	}
	r.every, r.stride = every, stride
	r.count += n.count
	return true
}
