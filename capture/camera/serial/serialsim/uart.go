package serialsim

import "time"

// bitsPerByte is what 8N1 takes: start bit, eight data bits, stop bit.
const bitsPerByte = 10

// WireTime is how long n bytes take.
func WireTime(n, baud int) time.Duration {
	return time.Duration(n) * bitsPerByte * time.Second / time.Duration(baud)
}

// Hear gives the bytes that a receiver at rate to makes of p sent at rate from,
// byte by byte with a pause between: p itself where the rates are as good as
// equal, garbage where not. The result depends on its arguments alone.
func Hear(p []byte, from, to int) []byte {
	if from <= 0 || to <= 0 {
		return nil
	}
	if d := from - to; d < 0 && -d*50 <= from || d >= 0 && d*50 <= from { // within 2 %
		return p
	}
	var heard []byte
	for _, b := range p {
		heard = append(heard, sample(b, from, to)...)
	}
	return heard
}

// sample samples the ten bits of b, sent at rate from, as a UART at rate to
// does: it waits for a low level, then looks at the middle of each of its own
// bits. Positions are counted in units of 1/(2·from·to) of a second, in which a
// sender's bit is 2·to long and a receiver's 2·from.
func sample(b byte, from, to int) []byte {
	frame := uint(b)<<1 | 1<<9 // start bit low, data, stop bit high
	high := func(at int64) bool {
		i := at / int64(2*to)
		return i >= bitsPerByte || frame>>uint(i)&1 == 1
	}
	var heard []byte
	end := int64(2*to) * bitsPerByte
	for at := int64(0); at < end; {
		if high(at) {
			at = (at/int64(2*to) + 1) * int64(2*to) // the sender's next bit
			continue
		}
		var got byte
		for bit := range 8 {
			if high(at + int64(from) + int64(bit+1)*int64(2*from)) {
				got |= 1 << bit
			}
		}
		heard = append(heard, got)
		at += int64(2*from) * bitsPerByte
	}
	return heard
}
