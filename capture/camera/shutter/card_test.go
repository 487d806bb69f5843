package shutter_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"fieldcam/capture"
	"fieldcam/capture/camera/shutter"
	"fieldcam/capture/camera/shutter/shuttersim"
	"fieldcam/capture/photo"
)

func TestAPicturesTimeIsThatOfItsEXIF(t *testing.T) {
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	at := morning.Add(250 * time.Millisecond)
	for name, c := range map[string]struct {
		b    []byte
		want time.Time
	}{
		"in the site's zone":  {shuttersim.JPEG(1, at, denver, false), morning},
		"with its own offset": {shuttersim.JPEG(1, at, time.FixedZone("", 5*3600), true), at},
		"without EXIF":        {plain(picture(1, at)), morning.Add(time.Hour)},
		"EXIF that is rubbish": {bytes.Replace(picture(1, at), []byte("2026:11:21"), []byte("2026:31:99"), 1),
			morning.Add(time.Hour)},
	} {
		r := newRig(t, nil)
		r.zone = denver
		r.camera = r.open()
		r.put("100FIELD/IMG_0001.JPG", c.b, morning.Add(time.Hour))
		l := r.list()
		if len(l.Pictures) != 1 || !l.Pictures[0].At.Equal(c.want) {
			t.Errorf("%s: %+v, want the time %v", name, l.Pictures, c.want)
		}
	}
}

// plain is the JPEG without its APP1 segment, which comes first.
func plain(b []byte) []byte {
	n := 2 + 2 + int(b[4])<<8 + int(b[5])
	return append(slices.Clone(b[:2]), b[n:]...)
}

func TestAHalfWrittenFileIsLeftForTheNextTime(t *testing.T) {
	r := newRig(t, nil)
	whole := picture(2, morning)
	r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning)
	for _, n := range []int{0, 1, len(whole) / 4, len(whole) / 2, len(whole) - 2} {
		r.put("100FIELD/IMG_0002.JPG", append(slices.Clone(whole[:n]), make([]byte, n%3)...), morning)
		for range 2 {
			if got := r.names(); !slices.Equal(got, []string{"100FIELD/IMG_0001"}) {
				t.Errorf("with %d of %d bytes: %v, want the whole picture alone", n, len(whole), got)
			}
		}
	}
	r.put("100FIELD/IMG_0002.JPG", append(whole, make([]byte, 100)...), morning)
	if got := r.names(); len(got) != 2 {
		t.Errorf("%v, want the picture that is whole now, with zeros behind it", got)
	}
}

func TestARAWFileIsWholeWhereSomethingShowsIt(t *testing.T) {
	r := newRig(t, nil)
	raw := shuttersim.RAW(1, morning, time.UTC)
	r.put("100FIELD/IMG_0001.NEF", raw[:100], morning)
	if got := r.names(); len(got) != 0 {
		t.Errorf("%v, want nothing: it may grow", got)
	}
	r.put("100FIELD/IMG_0001.NEF", raw, morning)
	if got := r.names(); len(got) != 0 {
		t.Errorf("%v, want nothing: it has grown", got)
	}
	if got := r.names(); len(got) != 1 {
		t.Errorf("%v, want it: it has not grown since", got)
	}
	r.put("100FIELD/IMG_0002.ARW", raw, morning)
	r.put("100FIELD/IMG_0003.CR2", raw, morning)
	if got := r.names(); !slices.Equal(got, []string{"100FIELD/IMG_0001", "100FIELD/IMG_0002"}) {
		t.Errorf("%v, want those that another follows", got)
	}
	if p := r.list().Pictures[1]; !p.At.Equal(morning) {
		t.Errorf("%+v, want its time %v", p, morning)
	}
}

func TestBothFilesOfAShotBecomePhotosOfIt(t *testing.T) {
	r := newRig(t, nil)
	r.put("100FIELD/IMG_0001.CR2", shuttersim.RAW(1, morning, time.UTC), morning)
	r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning)
	p := r.list().Pictures
	if len(p) != 1 {
		t.Fatalf("%+v, want one picture", p)
	}
	add := r.adder(p[0])
	// The power goes between the two files.
	err := r.camera.Fetch(t.Context(), p[0], addOnce(add))
	if !errors.Is(err, errGone) {
		t.Fatal(err)
	}
	r.camera = r.open()
	r.fetch()
	if len(r.photos) != 2 || r.photos[0].Format != "jpg" || r.photos[1].Format != "cr2" || r.photos[1].Shot != r.photos[0].ID {
		t.Errorf("%+v, want the JPEG and then the RAW file of the same shot", r.photos)
	}
	if m := r.photos[0]; m.Camera != shuttersim.Model || !bytes.Equal(r.bytes[m.ID], picture(1, morning)) {
		t.Errorf("%+v: want the camera's model and the file's bytes", m)
	}
}

var errGone = errors.New("the power goes")

// addOnce adds one file, and then no more.
func addOnce(add capture.AddFile) capture.AddFile {
	done := false
	return func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
		if done {
			return photo.Meta{}, errGone
		}
		done = true
		return add(fill)
	}
}

func TestOnlyTheKindsThatAreWantedAreFetched(t *testing.T) {
	for files, want := range map[string][]string{photo.KindJPEG: {"jpg"}, photo.KindRAW: {"cr2"}, photo.KindBoth: {"jpg", "cr2"}} {
		r := newRig(t, func(c *shutter.Config, _ *shuttersim.Options) { c.Files, c.DeleteFetched = files, true })
		r.put("100FIELD/IMG_0001.CR2", shuttersim.RAW(1, morning, time.UTC), morning)
		r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning)
		r.names()
		r.fetch()
		var got []string
		for _, m := range r.photos {
			got = append(got, m.Format)
		}
		left, err := os.ReadDir(filepath.Join(r.card, "DCIM", "100FIELD"))
		if !slices.Equal(got, want) || err != nil || len(left) != 2-len(want) {
			t.Errorf("%s: fetched %v, %d files left, %v; want %v fetched and deleted", files, got, len(left), err, want)
		}
	}
}

func TestPicturesComeInTheOrderOfTheirNumbers(t *testing.T) {
	r := newRig(t, nil)
	later := morning.Add(time.Minute)
	r.put("101FIELD/IMG_0001.JPG", picture(3, later), later) // after 9999
	r.put("100FIELD/IMG_9999.JPG", picture(2, later), later)
	r.put("100FIELD/IMG_9998.JPG", picture(1, morning), morning)
	r.put("102OTHER/dsc_0001.jpeg", picture(4, morning.AddDate(-6, 0, 0)), morning) // its clock was reset
	want := []string{"100FIELD/IMG_9998", "100FIELD/IMG_9999", "101FIELD/IMG_0001", "102OTHER/dsc_0001"}
	if got := r.names(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAFetchedFileIsKnownByItsBytesWhereItsTimeMoves(t *testing.T) {
	r := newRig(t, nil)
	r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning)
	r.put("100FIELD/IMG_0002.JPG", picture(2, morning), morning)
	r.fetch()
	r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning.Add(time.Hour)) // the zone of the mount changed
	r.put("100FIELD/IMG_0002.JPG", picture(5, morning), morning.Add(time.Hour)) // the card was formatted
	if got := r.names(); !slices.Equal(got, []string{"100FIELD/IMG_0002"}) {
		t.Errorf("%v, want the new one of the same name and size", got)
	}
}

func TestFilesAreDeletedOnlyWhereThatIsWantedAndOnceTheyAreSafe(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		r := newRig(t, func(c *shutter.Config, _ *shuttersim.Options) { c.DeleteFetched = wanted })
		there := func() bool {
			_, err := os.Stat(filepath.Join(r.card, "DCIM/100FIELD/IMG_0001.JPG"))
			return err == nil
		}
		r.put("100FIELD/IMG_0001.JPG", picture(1, morning), morning)
		p := r.list().Pictures[0]
		r.addErr = errors.New("card full")
		if err := r.camera.Fetch(t.Context(), p, r.adder(p)); err == nil || !there() {
			t.Errorf("a picture that was not added: %v, on the card %t; want it there", err, there())
		}
		r.addErr = nil
		r.fetch()
		if there() == wanted {
			t.Errorf("delete_fetched %t: the file is on the card: %t", wanted, there())
		}
	}
}

func TestTheListSurvivesATornEndAndStrangeLines(t *testing.T) {
	r := newRig(t, nil)
	for n := range 3 {
		r.put("100FIELD/IMG_000"+string(rune('1'+n))+".JPG", picture(n+1, morning), morning)
		r.fetch()
	}
	name := filepath.Join(r.dir, "fetched.list")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(b) {
		if cut%97 != 0 && cut != len(b)-1 {
			continue
		}
		if err := os.WriteFile(name, append([]byte("goats\n"), b[:cut]...), 0o600); err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(b[:cut], []byte("\n"))
		r.camera = r.open()
		if got := r.names(); len(got) != 3-lines {
			t.Errorf("cut at %d: %v listed, want %d", cut, got, 3-lines)
		}
		r.fetch()
		r.camera = r.open()
		if got := r.names(); len(got) != 0 {
			t.Errorf("cut at %d: %v listed again", cut, got)
		}
	}
}

func TestNothingOutsideOfTheCardIsOpened(t *testing.T) {
	r := newRig(t, nil)
	secret := filepath.Join(t.TempDir(), "IMG_0001.JPG")
	if err := os.WriteFile(secret, picture(1, morning), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(r.card, "DCIM", "100FIELD")
	for _, err := range []error{
		os.Symlink(secret, filepath.Join(folder, "IMG_0001.JPG")),
		os.Symlink(filepath.Dir(secret), filepath.Join(r.card, "DCIM", "101FIELD")),
		syscall.Mkfifo(filepath.Join(folder, "IMG_0003.JPG"), 0o600),
		os.Mkdir(filepath.Join(folder, "IMG_0004.JPG"), 0o700),
		os.WriteFile(filepath.Join(folder, "NOTES.TXT"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(r.card, "DCIM", "102FIELD"), []byte("x"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.put("100FIELD/IMG_0005.JPG", picture(5, morning), morning)
	if got := r.names(); !slices.Equal(got, []string{"100FIELD/IMG_0005"}) {
		t.Errorf("%v, want the one file alone", got)
	}
	// What was listed is replaced by a link.
	p := r.list().Pictures[0]
	if err := errors.Join(os.Remove(filepath.Join(folder, "IMG_0005.JPG")), os.Symlink(secret, filepath.Join(folder, "IMG_0005.JPG"))); err != nil {
		t.Fatal(err)
	}
	if err := r.camera.Fetch(t.Context(), p, r.adder(p)); err == nil {
		t.Error("a link was followed")
	}
}

func TestACardThatIsNotThereIsAnError(t *testing.T) {
	r := newRig(t, nil)
	for _, gone := range []string{filepath.Join(r.card, "DCIM"), r.card} {
		if err := os.RemoveAll(gone); err != nil {
			t.Fatal(err)
		}
		if l, err := r.camera.List(context.Background()); err == nil {
			t.Errorf("List without %s = %+v, want an error", filepath.Base(gone), l)
		}
	}
}

func TestALongCardIsListedInParts(t *testing.T) {
	r := newRig(t, func(c *shutter.Config, _ *shuttersim.Options) { c.DeleteFetched = true })
	const all = 2100
	for n := range all {
		r.put("100FIELD/IMG_"+string([]byte{'0' + byte(n/1000), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)})+".JPG", picture(1, morning), morning)
	}
	l := r.list()
	if !l.More || len(l.Pictures) >= all {
		t.Errorf("%d pictures, more %t; want a part of %d", len(l.Pictures), l.More, all)
	}
	first := l.Pictures[0]
	if err := r.camera.Fetch(t.Context(), first, r.adder(first)); err != nil {
		t.Error(err)
	}
	if again := r.list(); again.Pictures[0].Name == first.Name || len(again.Pictures) != len(l.Pictures) {
		t.Errorf("after one is fetched: %d pictures from %s on, want the next part", len(again.Pictures), again.Pictures[0].Name)
	}
}
