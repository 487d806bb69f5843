package queue

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fieldcam/queue/spool"
)

// Bytes from a bad card never panic a decoder, every refusal says "damaged", and
// what is taken can be written and read again.
func FuzzDecodersTakeHostileBytes(f *testing.F) {
	f.Add([]byte(`{"id":"20261121T070316Z-000042-9f3ac1","device":"cam","trigger":"manual","size":1,"sha256":"","format":"jpg"}`), []byte("0123456701234566"))
	f.Add([]byte(`{"p":["20261121T070316Z-000042-9f3ac1"],"m":[{"n":1,"c":"camera-busy"}]}`), []byte("01234567"))
	f.Add([]byte(`[{"n":3,"c":"not-running","d":"x"}]`), []byte{})
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x05{\"url\":\"https://x\"}"), []byte{0xff})
	f.Add(make([]byte, 64), make([]byte, 16))
	f.Fuzz(func(t *testing.T, value, key []byte) {
		damaged := func(what string, err error) bool {
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v, want %v", what, err, ErrDamaged)
			}
			return err != nil
		}
		if r, err := decodeSlot(value); !damaged("slot", err) {
			b, _ := json.Marshal(r)
			if again, err := decodeSlot(b); err != nil || !cmp.Equal(r, again) {
				t.Errorf("slot %+v read again: %+v, %v", r, again, err)
			}
		}
		if r, err := decodeState(value); !damaged("state", err) {
			b, _ := r.encode()
			if again, err := decodeState(b); err != nil || again.size != r.size || again.Reason != r.Reason || !again.Since.Equal(r.Since) || again.UploadURL != r.UploadURL {
				t.Errorf("state %+v read again: %+v, %v", r, again, err)
			}
		}
		if m, err := spool.DecodeMeta(value); !damaged("item", err) && m.Seq() == 0 && m.ID == "" {
			t.Errorf("item %+v without an ID was taken", m)
		}
		_, _, _, err := decodeRange(key, value)
		damaged("range", err)
		_, err = decodeCounters(value)
		damaged("counters", err)
		keySeq(key)
	})
}
