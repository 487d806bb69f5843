package serialsim

import "math/rand/v2"

// LineFaults are those of every byte that a camera sends. Chances are from 0, never, to
// 1, always.
type LineFaults struct {
	// Silent: it does everything and says nothing.
	Silent bool
	// DropByte and DoubleByte are the chance for each byte to be lost or to come twice.
	DropByte, DoubleByte float64
}

// bytes applies the faults of single bytes to p.
func (f LineFaults) bytes(r *rand.Rand, p []byte) []byte {
	if f.DropByte <= 0 && f.DoubleByte <= 0 {
		return p
	}
	out := make([]byte, 0, len(p)+8)
	for _, b := range p {
		if Chance(r, f.DropByte) {
			continue
		}
		out = append(out, b)
		if Chance(r, f.DoubleByte) {
			out = append(out, b)
		}
	}
	return out
}

// Chance tells whether something of this chance happens.
func Chance(r *rand.Rand, p float64) bool { return p > 0 && r.Float64() < p }

// Noise is up to a dozen bytes of garbage.
func Noise(r *rand.Rand) []byte {
	p := make([]byte, 1+r.IntN(12))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// Part loses the byte of p at at, and then sends the one there twice, by these chances.
// p itself is not changed.
func Part(r *rand.Rand, p []byte, at int, drop, double float64) []byte {
	if Chance(r, drop) {
		p = append(append([]byte(nil), p[:at]...), p[at+1:]...)
	}
	if len(p) > 0 && Chance(r, double) {
		at = min(at, len(p)-1)
		p = append(append([]byte(nil), p[:at+1]...), p[at:]...)
	}
	return p
}
