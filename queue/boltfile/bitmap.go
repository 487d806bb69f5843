package boltfile

// bitmap is a set of page numbers below a bound.
type bitmap []uint64

func newBitmap(pages uint64) bitmap { return make(bitmap, pages/64+1) }

func (b bitmap) set(n uint64)      { b[n/64] |= 1 << (n % 64) }
func (b bitmap) has(n uint64) bool { return b[n/64]&(1<<(n%64)) != 0 }
