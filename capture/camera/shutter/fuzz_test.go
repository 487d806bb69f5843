package shutter_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fieldcam/capture/camera/shutter/shuttersim"
)

// FuzzFile reads a file that a hostile camera wrote: it is left, or listed with a
// time that makes sense and fetched as it is.
func FuzzFile(f *testing.F) {
	whole := picture(1, morning)
	for _, b := range [][]byte{whole, whole[:len(whole)/2], plain(whole), shuttersim.RAW(1, morning, time.UTC), shuttersim.JPEG(2, morning, time.FixedZone("", -7*3600), true), {}, {0xFF, 0xD8}} {
		f.Add(b, false)
		f.Add(b, true)
	}
	f.Fuzz(func(t *testing.T, b []byte, raw bool) {
		r := newRig(t, nil)
		name := "100FIELD/IMG_0001.JPG"
		if raw {
			name = "100FIELD/IMG_0001.NEF"
		}
		r.put(name, b, morning)
		r.list()
		for _, p := range r.list().Pictures {
			if p.At.Year() < 0 || p.At.Year() > 9999 {
				t.Errorf("the time is %v", p.At)
			}
			if err := r.camera.Fetch(context.Background(), p, r.adder(p)); err != nil {
				t.Error(err)
			}
		}
		for _, m := range r.photos {
			if !bytes.Equal(r.bytes[m.ID], b) || len(m.Camera) > 64 {
				t.Errorf("%d bytes of %q, want the file's %d", len(r.bytes[m.ID]), m.Camera, len(b))
			}
		}
	})
}

// FuzzList reads a list that something spoiled: pictures are fetched again at worst.
func FuzzList(f *testing.F) {
	r := newRig(f, nil)
	r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning)
	r.fetch()
	good, err := os.ReadFile(filepath.Join(r.dir, "fetched.list"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(bytes.Repeat([]byte("x"), 9000))
	f.Add([]byte("{\"path\":\"..\"}\n{}\n[]\nnull\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t, nil)
		if err := os.WriteFile(filepath.Join(r.dir, "fetched.list"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		r.put("100FIELD/IMG_0002.JPG", picture(2, morning), morning)
		r.fetch()
		r.camera = r.open()
		if got := r.names(); len(got) != 0 {
			t.Errorf("%v listed again", got)
		}
	})
}
