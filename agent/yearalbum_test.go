//go:build year

package agent_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/jpeg"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// album remembers each picture that the camera took, by its SHA-256.
type album struct {
	mu   sync.Mutex // guards all below
	base []byte
	sums map[string]int // how often it was taken
}

// picture is a small JPEG of its own, of pictureBytes.
func (a *album) picture(now time.Time, shots int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.base == nil {
		var b strings.Builder
		_ = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 16, 16)), nil)
		a.base = []byte(b.String())
		a.sums = map[string]int{}
	}
	// A comment (marker FE) between the start and the rest.
	comment := make([]byte, pictureBytes-len(a.base))
	copy(comment, []byte{0xff, 0xfe})
	binary.BigEndian.PutUint16(comment[2:], uint16(len(comment)-2))
	copy(comment[4:], now.UTC().Format(time.RFC3339Nano)+" "+strconv.Itoa(shots))
	p := slices.Concat(a.base[:2], comment, a.base[2:])
	sum := sha256.Sum256(p)
	a.sums[hex.EncodeToString(sum[:])]++
	return p
}
