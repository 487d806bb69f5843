package receiver

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"fieldcam/cmd/fieldcam-hub/internal/archive"
)

// Linux tells of a failed write once: what a second sync says of the same bytes is
// worth nothing, so they must come again.
func TestFailedSyncIsNeverConfirmedWithoutNewBytes(t *testing.T) {
	for _, failing := range []string{"sync the photo", "write its description", "sync the folders"} {
		for _, asks := range []string{"HEAD", "POST", "janitor"} {
			g := newRig(t)
			s := newShot("north", 1, 5_000)
			g.want("POST", g.post(s), 201, -1)
			failed := false
			g.fault = func(step string) error {
				if step == failing && !failed {
					failed = true
					return fmt.Errorf("%w: input/output error", archive.ErrSync)
				}
				return nil
			}
			g.want("PATCH over a bad disk", g.patch(s, 0, bytes.NewReader(s.body)), 500, -1)
			switch asks {
			case "HEAD":
				g.want("HEAD after "+failing, g.head(s), 404, -1)
			case "janitor":
				g.r.sweep(t.Context())
			}
			g.want("POST after "+failing, g.post(s), 201, -1)
			g.want("HEAD of the new upload", g.head(s), 200, 0)
			g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
			g.wantFiled(s)
		}
	}
}

// A photo that a crash left in its place, but not settled, is given up where the
// disk then does not take its name.
func TestFailedSettlingIsNeverConfirmedWithoutNewBytes(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	g.want("POST", g.post(s), 201, -1)
	why := errors.New("the power was cut")
	g.fault = func(step string) error {
		if step == "sync the folders" {
			return why
		}
		return nil
	}
	g.want("PATCH, cut", g.patch(s, 0, bytes.NewReader(s.body)), 500, -1)
	why = archive.ErrSync
	g.want("HEAD over a bad disk", g.head(s), 500, -1)
	g.fault = nil
	g.want("HEAD", g.head(s), 404, -1)
	g.want("POST", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
	g.wantFiled(s)
}

func TestFullDiskSaysTryLater(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	g.free = func(string) (uint64, error) { return diskReserve + 4_999, nil }
	g.want("POST on a full disk", g.post(s), 507, -1)
	if got := g.files("uploads"); len(got) != 0 {
		t.Errorf("uploads holds %q", got)
	}
	g.free = roomy
	g.want("POST", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
	g.free = func(string) (uint64, error) { return 0, nil }
	g.want("POST of a filed photo on a full disk", g.post(s), 201, 5_000)
	g.wantFiled(s)
}

func TestDiskReserveHoldsWhilePhotosArrive(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, roomEvery+roomEvery/2)
	g.want("POST", g.post(s), 201, -1)
	looks := 0
	g.free = func(string) (uint64, error) {
		if looks++; looks > 1 {
			return diskReserve - 1, nil
		}
		return diskReserve, nil
	}
	// What its sender reads, where it still writes, is an end or the answer.
	if a := g.patch(s, 0, bytes.NewReader(s.body)); a.err == nil && a.status != 507 {
		t.Errorf("PATCH on a disk that fills up: %+v, want 507", a)
	}
	at := g.head(s).offset
	if at < roomEvery || at >= int64(len(s.body)) {
		t.Errorf("%d bytes were taken, want from %d to less than %d", at, roomEvery, len(s.body))
	}
	g.free = roomy
	g.want("PATCH of the rest", g.patch(s, at, bytes.NewReader(s.body[at:])), 204, int64(len(s.body)))
	g.wantFiled(s)
}
