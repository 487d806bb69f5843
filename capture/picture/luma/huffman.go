package luma

import "encoding/binary"

const (
	// lookBits is how many bits of a code are looked up at once: a longer one is rare.
	lookBits = 9
	// codeBits is the longest code (T.81, C.2).
	codeBits = 16
	// perBlock is how many coefficients a block has.
	perBlock = 64
	// endOfBlock is as far as the symbol EOB goes on: beyond all that others can.
	endOfBlock = 128
)

// entry is a decoded symbol: in its low byte how many bits are to be passed over, the
// code's, of an AC symbol with the coefficient's (T.81, F.1.2.2). In its high byte an AC
// symbol has by how many coefficients it goes on, and a DC symbol how many bits its
// difference has. Zero is none.
type entry uint16

func dcEntry(symbol byte, length int) entry { return entry(symbol)<<8 | entry(length) }

func acEntry(symbol byte, length int) entry {
	run, size := entry(symbol>>4), entry(symbol&15)
	switch {
	case size > 0:
		return (run+1)<<8 | entry(length) + size
	case run == 15: // ZRL
		return 16<<8 | entry(length)
	}
	return endOfBlock<<8 | entry(length) // EOB
}

// table is one Huffman table.
type table struct {
	known bool
	look  [1 << lookBits]entry
	// A code of a length is below limit, with 16 bits; first is what is to be taken off
	// it for its place in symbols.
	limit   [codeBits + 1]uint32
	first   [codeBits + 1]int32
	symbols [256]byte
	say     func(symbol byte, length int) entry
}

// tables are those that a picture has defined: DC's, and AC's.
type tables struct{ dc, ac [4]table }

// define reads table definitions (T.81, B.2.4.2).
func (t *tables) define(b []byte) bool {
	for len(b) > 0 {
		class, id := b[0]>>4, int(b[0]&15)
		if class > 1 || id >= len(t.dc) || len(b) < 1+codeBits {
			return false
		}
		into, say := &t.dc[id], dcEntry
		if class == 1 {
			into, say = &t.ac[id], acEntry
		}
		n := 0
		for _, count := range b[1 : 1+codeBits] {
			n += int(count)
		}
		if n > len(into.symbols) || len(b) < 1+codeBits+n || !into.build(b[1:1+codeBits], b[1+codeBits:][:n], say) {
			return false
		}
		b = b[1+codeBits+n:]
	}
	return true
}

// build makes the table of the codes that T.81, C.2 gives: in ascending order. It is
// false where they do not fit.
func (t *table) build(counts, symbols []byte, say func(byte, int) entry) bool {
	*t = table{known: true, say: say}
	copy(t.symbols[:], symbols)
	code, n := uint32(0), 0
	for length := 1; length <= codeBits; length++ {
		t.first[length] = int32(code) - int32(n)
		for range counts[length-1] {
			if code >= 1<<length {
				return false
			}
			if length <= lookBits {
				from := code << (lookBits - length)
				for i := range uint32(1) << (lookBits - length) {
					t.look[from+i] = say(symbols[n], length)
				}
			}
			code, n = code+1, n+1
		}
		t.limit[length] = code << (codeBits - length)
		code <<= 1
	}
	return true
}

// long is the symbol of a code that is longer than lookBits, at the top of bits; zero
// where there is none.
func (t *table) long(bits uint32) entry {
	top := bits >> (32 - codeBits)
	for length := lookBits + 1; length <= codeBits; length++ {
		if top < t.limit[length] {
			i := int32(top>>(codeBits-length)) - t.first[length]
			if i < 0 || i >= int32(len(t.symbols)) {
				return 0
			}
			return t.say(t.symbols[i], length)
		}
	}
	return 0
}

// at is the symbol at a bit of the data; zero where there is none.
func (t *table) at(data []byte, pos uint) entry {
	v := peek(data, pos)
	if e := t.look[v>>(32-lookBits)]; e != 0 {
		return e
	}
	return t.long(v)
}

// peek is what comes from a bit of the data on: 25 bits of it at the least, the first
// one at the top.
func peek(data []byte, pos uint) uint32 {
	return binary.BigEndian.Uint32(data[pos>>3:]) << (pos & 7)
}

// passAC passes over the AC coefficients of a block. It is false where they make no
// sense.
func (t *table) passAC(data []byte, pos uint) (uint, bool) {
	k := uint(1) // the next coefficient
	for k < perBlock {
		// As at, which the compiler does not put in here: this loop is nearly all of the
		// time that a picture takes.
		v := binary.BigEndian.Uint32(data[pos>>3:]) << (pos & 7)
		e := t.look[v>>(32-lookBits)]
		if e == 0 {
			if e = t.long(v); e == 0 {
				return pos, false
			}
		}
		pos += uint(e & 0xFF)
		k += uint(e >> 8)
	}
	return pos, k == perBlock || k >= endOfBlock
}

// difference is a DC difference of so many bits (T.81, F.2.2.1, EXTEND).
func difference(data []byte, pos uint, size int) int {
	if size == 0 {
		return 0
	}
	v := int(peek(data, pos) >> (32 - size))
	if v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return v
}
