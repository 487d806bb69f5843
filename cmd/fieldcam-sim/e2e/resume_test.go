//go:build e2e

package e2e_test

import (
	"crypto/rand"
	"io"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
)

// quietConfig takes a photo a day, so that the bytes on the line are those of
// the photos that a test makes up.
const quietConfig = `
[[session]]
name = "photos"
kind = "capture"
every = "24h"

[[session]]
name = "uploads"
kind = "upload"
every = "5s"
` + swift + fixedCamera

// enqueue puts a photo of so many bytes into the stopped daemon's queue.
func (r *rig) enqueue(size int) photo.Meta {
	r.Helper()
	q := r.openQueue()
	defer q.Close()
	now := time.Now()
	m, err := q.Add(photo.Shot{Slot: now, Taken: now, Session: notAPicture, Trigger: photo.Manual}, func(w io.Writer) (photo.Exposure, error) {
		_, err := io.CopyN(w, rand.Reader, int64(size))
		return photo.Exposure{Camera: "none", Format: "jpg", Attempts: 1}, err
	})
	must(r, err)
	return m
}

func TestACutUploadGoesOnWhereItWas(t *testing.T) {
	// rate leaves 9 s between half of the photo and what is too late to tell: a busy
	// machine may look away for long.
	const size, rate = 3_000_000, 100_000
	for name, c := range map[string]struct {
		cut, mend func(r *rig)
	}{
		"network cut and daemon killed": {
			func(r *rig) {
				upload, _ := r.Network()
				must(r, upload.SetMode(proxy.Cut))
				r.Daemon().Kill()
			},
			func(r *rig) {
				upload, _ := r.Network()
				must(r, upload.SetMode(proxy.Open))
				must(r, r.StartDaemon(r.ctx))
			},
		},
		"hub killed": {
			func(r *rig) { r.Hub().Kill() },
			func(r *rig) { must(r, r.StartHub(r.ctx)) },
		},
		"hole": {
			func(r *rig) {
				upload, _ := r.Network()
				must(r, upload.SetMode(proxy.Hole))
				time.Sleep(4 * time.Second) // longer than upload.idle_timeout
				upload.Reset()
			},
			func(r *rig) {
				upload, _ := r.Network()
				must(r, upload.SetMode(proxy.Open))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, quietConfig)
			r.startCloud()
			r.enqueue(size)
			upload, _ := r.Network()
			upload.SetRate(rate)
			must(t, r.StartDaemon(r.ctx))
			r.await("half of the photo is sent", func() bool { return upload.Bytes() > size/2 })
			c.cut(r)
			sent := upload.Bytes()
			if sent > size*8/10 {
				t.Fatalf("%d of %d bytes were sent before the cut: too late to tell", sent, size)
			}
			upload.SetRate(0)
			c.mend(r)
			r.awaitConfirmed(1)
			if all := upload.Bytes(); all > size*13/10 {
				t.Errorf("%d bytes for a photo of %d, %d of them before the cut: want at most 1.3 times", all, size, sent)
			} else {
				t.Logf("%d bytes for a photo of %d, cut after %d", all, size, sent)
			}
			r.stop()
			q := r.openQueue()
			defer q.Close()
			if err := q.Check(); err != nil {
				t.Error(err)
			}
			r.judgeCloud(q)
		})
	}
}
