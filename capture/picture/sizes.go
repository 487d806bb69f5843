package picture

import "slices"

const (
	// lastSizes is of how many pictures the median is, and fewSizes how many there must
	// be for one.
	lastSizes = 20
	fewSizes  = 5
	// maxKinds bounds the formats that are remembered: a camera writes two.
	maxKinds = 8
)

// kind is what pictures have in common whose sizes are compared.
type kind struct {
	format        string
	width, height int
}

// sizes are those of the last pictures of each format, the oldest first.
type sizes struct {
	kinds []kind
	last  [][]int64
}

// add takes the size of a picture. Where a format's dimensions have changed, those
// before count no more.
func (s *sizes) add(k kind, size int64) {
	i := slices.IndexFunc(s.kinds, func(known kind) bool { return known.format == k.format })
	switch {
	case i < 0 && len(s.kinds) == maxKinds:
		return
	case i < 0:
		i = len(s.kinds)
		s.kinds, s.last = append(s.kinds, k), append(s.last, nil)
	case s.kinds[i] != k:
		s.kinds[i], s.last[i] = k, nil
	}
	s.last[i] = append(s.last[i], size)
	if n := len(s.last[i]); n > lastSizes {
		s.last[i] = slices.Delete(s.last[i], 0, n-lastSizes)
	}
}

// median is that of the last pictures of a kind; 0 where there are few.
func (s *sizes) median(k kind) int64 {
	i := slices.Index(s.kinds, k)
	if i < 0 || len(s.last[i]) < fewSizes {
		return 0
	}
	all := slices.Sorted(slices.Values(s.last[i]))
	return all[len(all)/2]
}
