package second_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"testing"
	"testing/synctest"

	"fieldcam/capture/photo"
	"fieldcam/queue/second"
)

func TestOpenReadsTheCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		photos := r.queue.add(2)
		r.plug("disk-a")
		stop := r.start()
		r.until("all copied", r.allCopied)
		stop()
		for _, w := range []*second.Worker{r.worker, second.New(r.c, r.o)} { // also before Run
			f, err := w.Open(photos[0].Meta)
			r.do(err)
			data, err := io.ReadAll(f)
			r.do(errors.Join(err, f.Close()))
			if sum(data) != photos[0].SHA256 {
				t.Error("Open gives another content")
			}
		}
		gone := photos[1].Meta
		r.do(os.Truncate(r.path(gone), 10))
		if _, err := r.worker.Open(gone); !errors.Is(err, second.ErrDamaged) {
			t.Errorf("Open of a cut copy: %v, want ErrDamaged", err)
		}
		r.do(os.Remove(r.path(gone)))
		if _, err := r.worker.Open(gone); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open of a missing copy: %v, want fs.ErrNotExist", err)
		}
		for _, bad := range []func(*photo.Meta){
			func(m *photo.Meta) { m.Device = "../.." }, func(m *photo.Meta) { m.ID = "../x" }, func(m *photo.Meta) { m.Format = "j/g" },
		} {
			m := photos[0].Meta
			bad(&m)
			if f, err := r.worker.Open(m); err == nil {
				f.Close()
				t.Errorf("Open of %+v: no error", m)
			}
		}
		r.c.Mount = ""
		w := second.New(r.c, r.o)
		if _, err := w.Open(gone); !errors.Is(err, second.ErrAbsent) || w.State().Configured {
			t.Errorf("Open without a second copy: %v, want ErrAbsent", err)
		}
	})
}
