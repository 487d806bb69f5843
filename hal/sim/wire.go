package sim

import "time"

const (
	// bitsPerByte is what 8N1 takes: start bit, eight data bits, stop bit.
	bitsPerByte = 10
	// bufferBytes is what a terminal holds in each direction (Linux N_TTY_BUF_SIZE).
	// Bytes that arrive beyond it are lost.
	bufferBytes = 4096
	// fifoBytes is how many bytes arrive before a waiting reader is woken, when
	// more are on the way: a 64-byte UART FIFO. It keeps simulated time cheap. See
	// End.SetFIFO.
	fifoBytes = 64
)

// burst is bytes that follow each other on a wire without a gap.
type burst struct {
	start   time.Time // when the first start bit leaves
	perByte time.Duration
	data    []byte
}

// wire is one direction of a line: bytes on the way, and bytes that arrived and
// wait for their reader.
type wire struct {
	bursts  []burst
	free    time.Time // when the last stop bit will have left
	arrived []byte
	fifo    int // bytes
}

// send puts p on the wire behind what is on it.
func (w *wire) send(now time.Time, baud int, p []byte) {
	b := burst{start: w.free, perByte: time.Second * bitsPerByte / time.Duration(baud), data: append([]byte(nil), p...)}
	if b.start.Before(now) {
		b.start = now
	}
	w.free = b.start.Add(time.Duration(len(p)) * b.perByte)
	w.bursts = append(w.bursts, b)
}

// settle moves what has arrived by now to its reader.
func (w *wire) settle(now time.Time) {
	for len(w.bursts) > 0 {
		b := &w.bursts[0]
		n := min(int(now.Sub(b.start)/b.perByte), len(b.data))
		if n <= 0 {
			return
		}
		room := max(bufferBytes-len(w.arrived), 0)
		w.arrived = append(w.arrived, b.data[:min(n, room)]...)
		if n < len(b.data) {
			b.data = b.data[n:]
			b.start = b.start.Add(time.Duration(n) * b.perByte)
			return
		}
		w.bursts = w.bursts[1:]
	}
}

// onWay counts the bytes that have not arrived.
func (w *wire) onWay() int {
	n := 0
	for _, b := range w.bursts {
		n += len(b.data)
	}
	return n
}

// roomAt is when a writer to a full buffer is woken: a FIFO's worth later.
func (w *wire) roomAt() time.Time {
	b := w.bursts[0]
	return b.start.Add(time.Duration(min(len(b.data), w.fifo)) * b.perByte)
}

// ready tells whether a reader of up to size bytes should be served now, and
// else when to look again; the zero time: when something changes.
func (w *wire) ready(size int) (ok bool, at time.Time) {
	if len(w.arrived) >= min(size, w.fifo) || len(w.arrived) > 0 && len(w.bursts) == 0 {
		return true, time.Time{}
	}
	missing := min(size, w.fifo) - len(w.arrived)
	for _, b := range w.bursts {
		n := min(missing, len(b.data))
		at = b.start.Add(time.Duration(n) * b.perByte)
		if missing -= n; missing == 0 {
			break
		}
	}
	return false, at
}

// read takes up to len(p) arrived bytes.
func (w *wire) read(p []byte) int {
	n := copy(p, w.arrived)
	w.arrived = append(w.arrived[:0], w.arrived[n:]...)
	return n
}

// discard drops the bytes that have arrived.
func (w *wire) discard(now time.Time) {
	w.settle(now)
	w.arrived = w.arrived[:0]
}
