package queue_test

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
)

// flipText changes the photo's metadata as a flipped bit does.
func (r *rig) flipText(m photo.Meta, from, to string) {
	r.Helper()
	path := r.file(m)
	data := make([]byte, 4000)
	n, err := unix.Getxattr(path, "user.fieldcam.meta", data)
	sidecar := err != nil
	data = data[:max(n, 0)]
	if sidecar {
		data, err = os.ReadFile(path + ".json")
		r.do("read", err)
	}
	changed := strings.Replace(string(data), from, to, 1)
	if changed == string(data) {
		r.Fatalf("%s has no %s", data, from)
	}
	if sidecar {
		r.do("write", os.WriteFile(path+".json", []byte(changed), 0o644))
		return
	}
	r.do("set attribute", unix.Setxattr(path, "user.fieldcam.meta", []byte(changed), 0))
}

// The record has a checksum, the metadata none: of what both know the record
// decides.
func TestAFlippedBitInTheMetadataIsNotBelieved(t *testing.T) {
	r, all := filled(t, 2)
	r.flipText(all[0], `"taken":"2026`, `"taken":"2027`)
	r.flipText(all[0], `"slot":"2026`, `"slot":"2006`)
	r.flipText(all[0], `"clock_synced":true`, `"clock_synced":false`)
	r.flipText(all[0], `"trigger":"schedule"`, `"trigger":"manual"`)
	q := r.open()
	item, err := q.Item(all[0].ID)
	if err != nil || item.Meta != all[0] {
		t.Errorf("Item = %+v, %v, want %+v", item.Meta, err, all[0])
	}
}

// Without a record an impossible time is told by the ID: the photo is intact.
func TestAnImpossibleTimeDoesNotSetAPhotoAside(t *testing.T) {
	r, all := filled(t, 2)
	r.do("remove", os.Remove(r.index()))
	r.flipText(all[0], `"taken":"2026`, `"taken":"2027`)
	r.flipText(all[1], `"slot":"2026`, `"slot":"9026`)
	if rec := r.open().Recovery(); rec.Adopted != 2 || rec.Damaged != 0 {
		t.Errorf("Recovery = %+v, want 2 adopted", rec)
	}
	for _, m := range all {
		item, err := r.q.Item(m.ID)
		if err != nil || !item.Taken.Equal(m.ID.Time()) && item.Taken != m.Taken {
			t.Errorf("Item = %+v, %v, want it taken at %s", item, err, m.Taken)
		}
		r.intact(item.Meta)
	}
}
