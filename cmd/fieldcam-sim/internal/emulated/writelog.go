package emulated

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The log's form is that of the kernel's dm-log-writes
// (Documentation/admin-guide/device-mapper/log-writes.rst), which QEMU's driver
// blklogwrites writes: a head of one sector, then for each entry a sector about
// it and its data, all little-endian.
const (
	logMagic = 0x6a736677736872
	// logSector is QEMU's default, and the one that it is started with here.
	logSector = 512

	flagFlush   = 1 << 0
	flagFUA     = 1 << 1 // this write goes past the drive's cache
	flagDiscard = 1 << 2
)

// ErrNotALog is what ReadLog returns for anything else.
var ErrNotALog = errors.New("no log of disk writes")

// Write is one thing that the guest asked its disk to do.
type Write struct {
	Offset int64 // on the disk, in bytes
	Data   []byte
	// Flush: all that came before is on the medium when this is.
	Flush bool
	// Through: this write is on the medium itself, whatever is in the cache.
	Through bool
	// End is the length of the log with this entry in it.
	End int64
}

// Log is what happened to a disk, in order.
type Log []Write

// ReadLog reads a log from its bytes, which the writes go on referring to. An
// entry that the emulator did not write to its end is left out: it has not been
// answered either.
func ReadLog(b []byte) (Log, error) {
	if len(b) < logSector {
		return nil, nil // nothing was written
	}
	le := binary.LittleEndian
	switch magic := le.Uint64(b); magic {
	case logMagic:
		if size := le.Uint32(b[24:]); size != logSector {
			return nil, fmt.Errorf("%w: sectors of %d bytes, want %d", ErrNotALog, size, logSector)
		}
	case 0: // the head comes with the first flush
	default:
		return nil, fmt.Errorf("%w: it begins with %#x", ErrNotALog, magic)
	}
	var log Log
	for at := logSector; len(b)-at >= logSector; {
		head := b[at:]
		sector, count, flags := le.Uint64(head), le.Uint64(head[8:]), le.Uint64(head[16:])
		at += logSector
		if sector > 1<<50 {
			return nil, fmt.Errorf("%w: a write to sector %d", ErrNotALog, sector)
		}
		w := Write{Offset: int64(sector) * logSector, Flush: flags&flagFlush != 0, Through: flags&flagFUA != 0}
		if flags&flagDiscard == 0 {
			if count > uint64(len(b)-at)/logSector {
				break // the emulator ended in the middle of this one
			}
			size := int(count) * logSector
			w.Data = b[at : at+size]
			at += size
		}
		w.End = int64(at)
		log = append(log, w)
	}
	return log, nil
}

// Flushes counts the flushes.
func (l Log) Flushes() int {
	n := 0
	for _, w := range l {
		if w.Flush {
			n++
		}
	}
	return n
}
