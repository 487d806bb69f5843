package tustest

import (
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// file checks a whole upload and keeps it; r.mu is held.
func (r *Receiver) file(name string, u *partial) bool {
	sum := hex.EncodeToString(u.sum.Sum(nil))
	if sum != u.metadata["sha256"] {
		delete(r.uploads, name)
		return false
	}
	if u.metadata["role"] == "thumbnail" {
		of := u.metadata["photo"]
		r.small[of] = Stored{u.metadata, u.length, sum, r.small[of].Times + 1}
		return true
	}
	id := u.metadata["id"]
	r.stored[id] = Stored{u.metadata, u.length, sum, r.stored[id].Times + 1}
	return true
}

// Corrupt changes a byte that has arrived of the unfinished upload of that ID.
func (r *Receiver) Corrupt(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.uploads {
		if u.metadata["id"] == id {
			// Another state of the hash: as if another byte had arrived.
			state, _ := sha256.New().(encoding.BinaryMarshaler).MarshalBinary()
			u.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
			u.sum.Write([]byte("corrupt"))
		}
	}
}

// parseMetadata reads an Upload-Metadata header.
func parseMetadata(header string) (map[string]string, bool) {
	m := make(map[string]string)
	for pair := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		b, err := base64.StdEncoding.DecodeString(value)
		if err != nil || key == "" {
			return nil, false
		}
		m[key] = string(b)
	}
	return m, true
}
