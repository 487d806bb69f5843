package queue

import (
	"bytes"
	"errors"
	"testing"

	"fieldcam/queue/spool"
)

// Bytes from a bad card never panic a decoder, every refusal says "damaged", and
// what is taken can be written and read again.
func FuzzDecodersTakeHostileBytes(f *testing.F) {
	f.Add([]byte(`{"id":"20261121T070316Z-000042-9f3ac1","device":"cam","trigger":"manual","size":1,"sha256":"","format":"jpg"}`), []byte("0123456701234566"))
	f.Add([]byte(`{"n":3,"c":"not-running","d":"x"}`), []byte("0123456701234566"))
	f.Add(make([]byte, recordBytes), make([]byte, 8))
	f.Add(bytes.Repeat([]byte{1}, setBytes), []byte{})
	f.Fuzz(func(t *testing.T, value, key []byte) {
		damaged := func(what string, err error) bool {
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v, want %v", what, err, ErrDamaged)
			}
			return err != nil
		}
		if len(value) >= recordBytes {
			r := decodeRecord(value)
			again := make([]byte, recordBytes)
			r.encode(again)
			if !bytes.Equal(again, value[:recordBytes]) {
				t.Errorf("record %+v written again: %x, want %x", r, again, value[:recordBytes])
			}
			r.name(keySeq(key))
		}
		if m, err := spool.DecodeMeta(value); !damaged("metadata", err) {
			if r, err := recordOf(m); err == nil && r.meta(m.Seq(), m.Device).SHA256 != m.SHA256 {
				t.Errorf("the record of %+v has another SHA-256", m)
			}
		}
		_, err := decodeSpan(key, value)
		damaged("span", err)
		_, err = decodeDay(key, value)
		damaged("day", err)
		_, err = openValue(bucketDays, key, value)
		damaged("value", err)
		_, err = txn{}.block("waiting", key, value)
		damaged("block", err)
	})
}
