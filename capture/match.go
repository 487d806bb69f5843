package capture

import (
	"slices"
	"sort"
	"time"
)

const (
	// matchBound is how far a picture's time may be from its shot's, when the
	// difference of the clocks is taken off: EXIF has whole seconds, FAT two of
	// them, and a file's time is that of its writing.
	matchBound = 10 * time.Second
	// voteWidth is how far apart two differences may be that speak for the same one
	// of the clocks: whole seconds at both ends, and the shutter's delay.
	voteWidth = 3 * time.Second
	// maxVotes bounds the differences that are looked at: 4 MB.
	maxVotes = 1 << 19
	minVoter = 8 // of so many pictures at least
	maxVoter = 64
	// A difference of the clocks that was not known before is believed only where it
	// fits minProof shots, and more than half of all: one old picture on the card
	// would prove anything. Nearer than nearOffset it is enough that it fits all.
	nearOffset = 2 * time.Minute
	minProof   = 3
	// maxRounds is how many different clocks one batch can have: the camera's was
	// set in between, for summer time or by a person.
	maxRounds = 3
)

// matcher finds which picture belongs to which shot. Times are Unix nanoseconds.
type matcher struct {
	pictures, shots []int64
	// shotOf is by picture the index of its shot, -1 for none.
	shotOf []int
	// offset is by picture by how much the camera's clock was ahead.
	offset []int64
	// explained tells whether a picture without a shot of this list can be of one
	// that nobody remembers, which was due at a time.
	explained func(at int64) bool
}

// match pairs pictures with shots, by clocks of which one was ahead of the other by
// prior, as far as is known. ahead is what was found last; prior where nothing was.
func match(pictures, shots []int64, prior int64, explained func(at int64) bool) (m matcher, ahead int64) {
	m = matcher{pictures: pictures, shots: shots, shotOf: make([]int, len(pictures)), offset: make([]int64, len(pictures)), explained: explained}
	for i := range m.shotOf {
		m.shotOf[i], m.offset[i] = -1, prior
	}
	ahead = prior
	for range maxRounds {
		restPictures, restShots := m.rest()
		if len(restPictures) == 0 || len(restShots) == 0 {
			break
		}
		offset, pairs := m.align(restPictures, restShots, ahead)
		if len(pairs) == 0 {
			break
		}
		for i, j := range pairs {
			m.shotOf[i], m.offset[i] = j, offset
		}
		ahead = offset
		for i := range m.shotOf {
			if m.shotOf[i] < 0 {
				m.offset[i] = ahead
			}
		}
	}
	return m, ahead
}

// rest is the indices of what has no partner, in the order of time.
func (m *matcher) rest() (pictures, shots []int) {
	used := make([]bool, len(m.shots))
	for i, j := range m.shotOf {
		if j < 0 {
			pictures = append(pictures, i)
		} else {
			used[j] = true
		}
	}
	for j := range m.shots {
		if !used[j] {
			shots = append(shots, j)
		}
	}
	slices.SortStableFunc(pictures, func(a, b int) int { return compare(m.pictures[a], m.pictures[b]) })
	slices.SortStableFunc(shots, func(a, b int) int { return compare(m.shots[a], m.shots[b]) })
	return pictures, shots
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// align finds the difference of the clocks by which most pictures make sense, and
// the pairs by it; none where no difference can be believed.
func (m *matcher) align(pictures, shots []int, prior int64) (int64, map[int]int) {
	offset, pairs := m.settle(pictures, shots, prior)
	voted, ok := m.vote(pictures, shots, prior)
	if !ok {
		return offset, pairs
	}
	o, p := m.settle(pictures, shots, voted)
	proved := len(p) >= minProof && 2*len(p) > min(len(pictures), len(shots))
	near := time.Duration(o-prior).Abs() <= nearOffset && len(p) == len(m.pictures) && len(p) == len(m.shots)
	if len(p) > len(pairs) && (proved || near) && m.sense(pictures, p, o) > m.sense(pictures, pairs, offset) {
		return o, p
	}
	return offset, pairs
}

// sense is how many of the pictures make sense by the difference given.
func (m *matcher) sense(pictures []int, pairs map[int]int, offset int64) int {
	n := len(pairs)
	for _, i := range pictures {
		if _, ok := pairs[i]; !ok && m.explained(m.pictures[i]-offset) {
			n++
		}
	}
	return n
}

// settle pairs by the difference given, takes the median of what the pairs say, and
// pairs by that.
func (m *matcher) settle(pictures, shots []int, offset int64) (int64, map[int]int) {
	pairs := m.pair(pictures, shots, offset)
	if len(pairs) == 0 {
		return offset, nil
	}
	differences := make([]int64, 0, len(pairs))
	for i, j := range pairs {
		differences = append(differences, m.pictures[i]-m.shots[j])
	}
	slices.Sort(differences)
	better := differences[len(differences)/2]
	if again := m.pair(pictures, shots, better); len(again) >= len(pairs) {
		return better, again
	}
	return offset, pairs
}

// pair joins each picture with the nearest shot, where it is the nearest picture
// to that too; and so on with those left over.
func (m *matcher) pair(pictures, shots []int, offset int64) map[int]int {
	pairs := map[int]int{}
	for range maxRounds {
		found := false
		taken := map[int]bool{}
		for _, i := range pictures {
			at := m.pictures[i] - offset
			j, ok := nearest(m.shots, shots, at)
			if !ok {
				continue
			}
			back, _ := nearest(m.pictures, pictures, m.shots[j]+offset)
			if back == i && !taken[j] {
				pairs[i], taken[j], found = j, true, true
			}
		}
		if !found {
			break
		}
		pictures = without(pictures, func(i int) bool { _, ok := pairs[i]; return ok })
		shots = without(shots, func(j int) bool { return taken[j] })
	}
	return pairs
}

func without(list []int, gone func(int) bool) []int {
	return slices.DeleteFunc(slices.Clone(list), gone)
}

// nearest is which of the sorted indices has the time nearest to at, within
// matchBound; the first of equals.
func nearest(times []int64, sorted []int, at int64) (index int, ok bool) {
	n := sort.Search(len(sorted), func(n int) bool { return times[sorted[n]] >= at })
	best := int64(matchBound) + 1
	for _, k := range [...]int{n - 1, n} {
		if k < 0 || k >= len(sorted) {
			continue
		}
		if d := max(times[sorted[k]]-at, at-times[sorted[k]]); d < best {
			best, index, ok = d, sorted[k], true
		}
	}
	return index, ok
}

// vote is the difference of the clocks that most pictures and shots agree on, and
// of several the one nearest to prior. Of many pictures some are asked.
func (m *matcher) vote(pictures, shots []int, prior int64) (int64, bool) {
	// In the order of listing: old pictures may stand before those of the shots,
	// never behind.
	pictures = slices.Sorted(slices.Values(pictures))
	if most := len(shots) + len(shots)/4 + 2*minVoter; len(pictures) > most {
		pictures = pictures[len(pictures)-most:]
	}
	voters := min(len(pictures), max(minVoter, min(maxVoter, maxVotes/len(shots))))
	differences := make([]int64, 0, voters*len(shots))
	for v := range voters {
		i := pictures[v*(len(pictures)-1)/max(1, voters-1)]
		for _, j := range shots {
			differences = append(differences, m.pictures[i]-m.shots[j])
		}
	}
	slices.Sort(differences)
	var offset, distance int64
	most := 0
	for low, high := 0, 0; high < len(differences); high++ {
		for differences[high]-differences[low] > int64(voteWidth) {
			low++
		}
		n := high - low + 1
		middle := differences[low] + (differences[high]-differences[low])/2
		d := max(middle-prior, prior-middle)
		if n > most || n == most && d < distance {
			most, offset, distance = n, middle, d
		}
	}
	return offset, most > 0
}
