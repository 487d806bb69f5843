package emulated_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

const (
	sector = 512
	magic  = 0x6a736677736872
)

// entry is one of a log: data for a write, none for a flush.
type entry struct {
	sector uint64
	flags  uint64
	data   []byte
}

// encode is a log as QEMU writes it.
func encode(entries ...entry) []byte {
	head := make([]byte, sector)
	le := binary.LittleEndian
	le.PutUint64(head, magic)
	le.PutUint64(head[8:], 1)
	le.PutUint64(head[16:], uint64(len(entries)))
	le.PutUint32(head[24:], sector)
	for _, e := range entries {
		about := make([]byte, sector)
		le.PutUint64(about, e.sector)
		le.PutUint64(about[8:], uint64(len(e.data)/sector))
		le.PutUint64(about[16:], e.flags)
		head = append(append(head, about...), e.data...)
	}
	return head
}

// filled is n sectors of a byte.
func filled(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n*sector) }

func read(t *testing.T, b []byte) emulated.Log {
	t.Helper()
	log, err := emulated.ReadLog(b)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func TestTheLogTellsEachWriteAndWhereItEnds(t *testing.T) {
	b := encode(entry{sector: 8, data: filled('a', 2)}, entry{flags: 1}, entry{sector: 16, flags: 2, data: filled('b', 1)})
	log := read(t, b)
	if len(log) != 3 || log.Flushes() != 1 {
		t.Fatalf("got %d entries, %d flushes; want 3 and 1", len(log), log.Flushes())
	}
	w := log[0]
	if w.Offset != 8*sector || !bytes.Equal(w.Data, filled('a', 2)) || w.Flush || w.Through || w.End != 4*sector {
		t.Errorf("write: at %d, %d bytes, flush %t, through %t, end %d", w.Offset, len(w.Data), w.Flush, w.Through, w.End)
	}
	if !log[1].Flush || log[1].End != 5*sector {
		t.Errorf("flush: %+v", log[1])
	}
	if !log[2].Through || log[2].Flush || log[2].End != int64(len(b)) {
		t.Errorf("write past the cache: through %t, end %d, want true and %d", log[2].Through, log[2].End, len(b))
	}
}

func TestAnEntryThatIsNotWholeIsLeftOut(t *testing.T) {
	b := encode(entry{sector: 1, data: filled('a', 1)}, entry{sector: 2, data: filled('b', 2)})
	for cut := range len(b) {
		want := 0
		if cut >= 3*sector {
			want = 1
		}
		if log := read(t, b[:cut]); len(log) != want {
			t.Fatalf("cut to %d bytes: %d entries, want %d", cut, len(log), want)
		}
	}
}

func TestALogWithoutAHeadIsReadAsTheEmulatorLeftIt(t *testing.T) {
	b := encode(entry{sector: 1, data: filled('a', 1)})
	clear(b[:sector]) // the first flush would have written it
	if log := read(t, b); len(log) != 1 {
		t.Errorf("got %d entries, want 1", len(log))
	}
}

func TestAnythingElseIsNoLog(t *testing.T) {
	other := encode()
	binary.LittleEndian.PutUint32(other[24:], 4096)
	far := encode(entry{sector: 1 << 60, data: filled('a', 1)})
	for name, b := range map[string][]byte{"text": bytes.Repeat([]byte("text"), sector), "other sectors": other, "beyond any disk": far} {
		if _, err := emulated.ReadLog(b); !errors.Is(err, emulated.ErrNotALog) {
			t.Errorf("%s: %v, want %v", name, err, emulated.ErrNotALog)
		}
	}
}

func FuzzReadLog(f *testing.F) {
	f.Add(encode(entry{sector: 8, data: filled('a', 2)}, entry{flags: 1}))
	f.Add(encode(entry{flags: 4, sector: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		log, err := emulated.ReadLog(b)
		if err != nil {
			return
		}
		last := int64(sector)
		for _, w := range log {
			if w.End <= last || w.End > int64(len(b)) || w.Offset < 0 || len(w.Data)%sector != 0 {
				t.Fatalf("entry at %d with %d bytes ends at %d after %d", w.Offset, len(w.Data), w.End, last)
			}
			last = w.End
		}
	})
}
