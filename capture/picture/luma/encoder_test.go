package luma_test

import (
	"math/bits"
	"math/rand/v2"
	"slices"
)

// encoder writes JPEGs of random coefficients in forms that image/jpeg does not: with
// any sampling, in several scans, progressive, and with restarts.
type encoder struct {
	r             *rand.Rand
	width, height int
	sampling      [][2]int // of each component, across and down
	progressive   bool
	low           int  // low bits of DC that come in a later scan, where progressive
	apart         bool // each component in a scan of its own
	interval      int  // units between restarts; 0: none

	out    []byte
	acc    uint64
	n      int
	coeffs [][][64]int // by component and block, in the order of a scan of its own
	across []int       // blocks, with those that fill up the last units
}

// quantum is the only number in the quantization table.
const quantum = 3

// dcCodes and acCodes are codes of one length: symbol n is n.
const (
	dcCodes, dcLength = 12, 4
	acCodes, acLength = 254, 8
)

func (e *encoder) most() (h, v int) {
	for _, s := range e.sampling {
		h, v = max(h, s[0]), max(v, s[1])
	}
	return h, v
}

func up(n, by int) int { return (n + by - 1) / by }

// units is how many units there are across and down.
func (e *encoder) units() (x, y int) {
	h, v := e.most()
	return up(e.width, 8*h), up(e.height, 8*v)
}

func (e *encoder) encode() []byte {
	ux, uy := e.units()
	for _, s := range e.sampling {
		across, down := ux*s[0], uy*s[1]
		blocks := make([][64]int, across*down)
		dc := 0
		for i := range blocks {
			dc = min(max(dc+e.r.IntN(41)-20, -200), 200)
			blocks[i][0] = dc
			for range e.r.IntN(6) {
				blocks[i][1+e.r.IntN(63)] = e.r.IntN(15) - 7
			}
		}
		e.coeffs, e.across = append(e.coeffs, blocks), append(e.across, across)
	}
	e.out = []byte{0xFF, 0xD8}
	e.out = append(e.out, segment(0xDB, append([]byte{0}, slices.Repeat([]byte{quantum}, 64)...))...)
	e.out = append(e.out, segment(0xC4, codes(0x00, dcLength, dcCodes))...)
	e.out = append(e.out, segment(0xC4, codes(0x10, acLength, acCodes))...)
	frame := []byte{8, byte(e.height >> 8), byte(e.height), byte(e.width >> 8), byte(e.width), byte(len(e.sampling))}
	for i, s := range e.sampling {
		frame = append(frame, byte(i+1), byte(s[0]<<4|s[1]), 0)
	}
	mark := byte(0xC0)
	if e.progressive {
		mark = 0xC2
	}
	e.out = append(e.out, segment(mark, frame)...)
	if e.interval > 0 {
		e.out = append(e.out, segment(0xDD, []byte{byte(e.interval >> 8), byte(e.interval)})...)
	}
	all := make([]int, len(e.sampling))
	for i := range all {
		all[i] = i
	}
	groups := [][]int{all}
	if e.apart {
		groups = nil
		for i := range all {
			groups = append(groups, []int{i})
		}
	}
	for _, parts := range groups {
		if e.progressive {
			e.scan(parts, 0, 0, 0, e.low)
			for low := e.low; low > 0; low-- {
				e.scan(parts, 0, 0, low, low-1)
			}
		} else {
			e.scan(parts, 0, 63, 0, 0)
		}
	}
	if e.progressive {
		for i := range all {
			e.scan([]int{i}, 1, 63, 0, 0)
		}
	}
	return append(e.out, 0xFF, 0xD9)
}

// codes is a table of codes of one length.
func codes(class byte, length, n int) []byte {
	b := make([]byte, 1+16)
	b[0], b[length] = class, byte(n)
	for i := range n {
		b = append(b, byte(i))
	}
	return b
}

// scan writes the coefficients from first to last of some components.
func (e *encoder) scan(parts []int, first, last, high, low int) {
	header := []byte{byte(len(parts))}
	for _, i := range parts {
		header = append(header, byte(i+1), 0)
	}
	e.out = append(e.out, segment(0xDA, append(header, byte(first), byte(last), byte(high<<4|low)))...)
	ux, uy := e.units()
	alone := len(parts) == 1
	if alone {
		h, v := e.most()
		s := e.sampling[parts[0]]
		ux, uy = up(up(e.width*s[0], h), 8), up(up(e.height*s[1], v), 8)
	}
	dc := make([]int, len(e.sampling))
	for unit := range ux * uy {
		if e.interval > 0 && unit > 0 && unit%e.interval == 0 {
			e.flush()
			e.out = append(e.out, 0xFF, byte(0xD0+(unit/e.interval-1)%8))
			clear(dc)
		}
		x, y := unit%ux, unit/ux
		for _, i := range parts {
			s := e.sampling[i]
			if alone {
				s = [2]int{1, 1}
			}
			for dy := range s[1] {
				for dx := range s[0] {
					b := &e.coeffs[i][(y*s[1]+dy)*e.across[i]+x*s[0]+dx]
					e.block(b, &dc[i], first, last, high, low)
				}
			}
		}
	}
	e.flush()
}

func (e *encoder) block(b *[64]int, dc *int, first, last, high, low int) {
	if first == 0 && high > 0 {
		e.put(uint64(b[0]>>low&1), 1)
	} else if first == 0 {
		v := b[0] >> low
		e.number(v-*dc, 0, dcLength)
		*dc = v
	}
	if last == 0 {
		return
	}
	run := 0
	for k := 1; k <= last; k++ {
		if b[k] == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			e.put(0xF0, acLength)
		}
		e.number(b[k], run, acLength)
		run = 0
	}
	if run > 0 {
		e.put(0, acLength)
	}
}

// number writes a symbol of a run and a size, and a number of that size.
func (e *encoder) number(v, run, length int) {
	size := bits.Len(uint(max(v, -v)))
	e.put(uint64(run<<4|size), length)
	if v < 0 {
		v += 1<<size - 1
	}
	e.put(uint64(v), size)
}

func (e *encoder) put(v uint64, n int) {
	e.acc, e.n = e.acc<<n|v, e.n+n
	for ; e.n >= 8; e.n -= 8 {
		b := byte(e.acc >> (e.n - 8))
		if e.out = append(e.out, b); b == 0xFF {
			e.out = append(e.out, 0)
		}
	}
}

// flush fills the last byte with ones.
func (e *encoder) flush() {
	if e.n > 0 {
		e.put(1<<(8-e.n)-1, 8-e.n)
	}
	e.acc, e.n = 0, 0
}
