package gphoto_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera/gphoto/gphotosim"
	"fieldcam/capture/photo"
)

// More pictures than one look at the card brings are left there by shots that failed: those
// that the first look leaves come with the next.
func TestPicturesThatALookLeavesComeWithTheNext(t *testing.T) {
	run(t, nil, func(t *testing.T, r *rig) {
		s := &store{tb: t, bytes: map[photo.ID][]byte{}}
		const failed, good = 102, 32
		for n := range failed + good {
			nothing := n < failed
			r.body.SetFaults(gphotosim.Faults{Nothing: nothing})
			if err := r.slot(t, s, n); (err != nil) != nothing {
				t.Fatalf("slot %d: %v", n, err)
			}
			if !nothing {
				time.Sleep(time.Minute)
			}
		}
		if got, want := len(s.photos), len(r.body.Files()); got != want {
			t.Errorf("%d photos of %d pictures", got, want)
		}
	})
}
