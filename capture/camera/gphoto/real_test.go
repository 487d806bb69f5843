package gphoto_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/gphoto"
	"fieldcam/capture/camera/ptpsim"
	"fieldcam/capture/photo"
)

func TestRealProgramBringsTheCamerasJPEG(t *testing.T) {
	r := newReal(t, ptpsim.Options{}, func(c *gphoto.Config, _ *camera.PowerConfig) { c.Set = []string{"iso=400"} })
	if err := r.cam.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		r.mustShoot(t)
		if got, want := r.bytes[r.photos[n].ID], ptpsim.JPEG(n+1, 0); !bytes.Equal(got, want) {
			t.Errorf("photo %d: %d bytes that are not the camera's %d", n, len(got), len(want))
		}
	}
	if got := r.body.ISO(); got != 400 {
		t.Errorf("sensitivity %d, want the configured 400", got)
	}
	if got := len(r.body.Files()); got != 2 {
		t.Errorf("%d files on the camera, want all 2 kept", got)
	}
	s := r.cam.State()
	if s.BatteryPercent != 80 || s.Serial != "000042" || s.Model == "" {
		t.Errorf("state %+v, want the camera's battery 80, serial 000042 and a model", s)
	}
}

func TestRealProgramBringsRAWAndJPEGAsOneShot(t *testing.T) {
	for name, o := range map[string]ptpsim.Options{
		"in turn": {RAW: true, RAWBytes: 3 << 20}, "RAW first": {RAW: true, RAWBytes: 1 << 20, RAWFirst: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReal(t, o, nil)
			r.mustShoot(t)
			if got := r.formats(); !slices.Equal(got, []string{"jpg", "cr2"}) {
				t.Fatalf("photos %v, want the JPEG and then the RAW", got)
			}
			if r.photos[1].Shot != r.photos[0].ID {
				t.Errorf("the RAW file is of %q, want %q", r.photos[1].Shot, r.photos[0].ID)
			}
			want := sha256.New()
			if _, err := io.Copy(want, ptpsim.RAW(1, o.RAWBytes)); err != nil {
				t.Fatal(err)
			}
			if got := r.photos[1].SHA256; got != hex.EncodeToString(want.Sum(nil)) {
				t.Error("the RAW file's bytes are not the camera's")
			}
		})
	}
}

// libgphoto2 tells of the last file alone where a camera tells of both at once.
func TestAFileThatWasNotToldOfComesAsWell(t *testing.T) {
	r := newReal(t, ptpsim.Options{RAW: true, RAWBytes: 1 << 20, Together: true}, nil)
	r.mustShoot(t)
	if got := r.formats(); len(got) != 2 {
		t.Fatalf("photos %v, want both files of the shot", got)
	}
	if r.photos[1].Shot != r.photos[0].ID {
		t.Errorf("the second file is of %q, want %q", r.photos[1].Shot, r.photos[0].ID)
	}
}

func TestASecondFileThatFailedComesLater(t *testing.T) {
	r := newReal(t, ptpsim.Options{RAW: true, RAWBytes: 1 << 20}, nil)
	r.body.SetFaults(ptpsim.Faults{KeepRAW: true})
	err := r.shoot(t)
	if err == nil {
		t.Error("a RAW file that could not be fetched: no error")
	}
	if got := r.formats(); !slices.Equal(got, []string{"jpg"}) {
		t.Fatalf("photos %v, want the JPEG all the same", got)
	}
	first := r.photos[0].ID
	r.body.SetFaults(ptpsim.Faults{})
	r.cam = r.open(t) // a new process knows from its list
	r.mustShoot(t)
	if got := r.formats(); !slices.Equal(got, []string{"jpg", "jpg", "cr2", "cr2"}) {
		t.Fatalf("photos %v, want the second shot's and then the first's RAW", got)
	}
	if got := r.photos[3].Shot; got != first {
		t.Errorf("the late RAW file is of %q, want %q", got, first)
	}
	r.mustShoot(t)
	if got := len(r.photos); got != 6 {
		t.Errorf("%d photos after the third shot, want 6: nothing twice", got)
	}
}

func TestFilesAreDeletedOnceTheQueueHasThem(t *testing.T) {
	r := newReal(t, ptpsim.Options{RAW: true, RAWBytes: 1 << 20}, func(c *gphoto.Config, _ *camera.PowerConfig) { c.DeleteFetched = true })
	r.err = errors.New("no space left on device")
	if err := r.shoot(t); !errors.Is(err, r.err) {
		t.Fatalf("%v, want the store's error", err)
	}
	r.err = nil
	r.mustShoot(t)
	r.mustShoot(t) // deletes what the one before brought
	names := []string{}
	for _, f := range r.body.Files() {
		names = append(names, f.Name)
	}
	// The store took nothing before the camera was asked, so that it took no picture.
	if want := []string{"IMG_0002.JPG", "IMG_0002.CR2"}; !slices.Equal(names, want) {
		t.Errorf("on the camera: %v, want %v", names, want)
	}
}

func TestAClockIn2000IsSet(t *testing.T) {
	r := newReal(t, ptpsim.Options{Now: func() time.Time { return time.Now().AddDate(-26, 0, 0) }}, nil)
	if err := r.cam.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mustShoot(t)
	wall := time.Now().In(r.zone).Format("2006-01-02T15:04")
	before := time.Now().Add(-time.Minute).In(r.zone).Format("2006-01-02T15:04")
	got := r.body.Files()[0].At.Format("2006-01-02T15:04")
	if got != wall && got != before {
		t.Errorf("the first picture is of %s by the camera's clock, want the site's %s", got, wall)
	}
	if s := r.cam.State(); s.Ahead.Abs() > time.Minute { // this machine may be busy: seconds pass between two of its looks
		t.Errorf("the clock is ahead by %v, want none of the 26 years left", s.Ahead)
	}
}

func TestAClockThatIsNotSyncedSetsNone(t *testing.T) {
	r := newReal(t, ptpsim.Options{Now: func() time.Time { return time.Now().AddDate(-26, 0, 0) }}, nil)
	r.clock.SetSynced(false)
	if err := r.cam.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.body.Clock().Year(); got > 2010 {
		t.Errorf("the camera's clock shows %d, want it left alone", got)
	}
}

// fails takes a shot that must fail within a time, and returns the error.
func (r *real) fails(t *testing.T, within time.Duration) error {
	t.Helper()
	start := time.Now()
	err := r.shoot(t)
	if err == nil {
		t.Fatal("no error")
	}
	if took := time.Since(start); took > within {
		t.Errorf("it took %v, want %v at most", took, within)
	}
	if len(r.photos) > 0 {
		t.Errorf("%d photos of a shot that failed", len(r.photos))
	}
	return err
}

func TestRealProgramsFaultsAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		faults ptpsim.Faults
		says   string
	}{
		"no room in mid-capture": {ptpsim.Faults{FullAfter: true}, "delete_fetched"},
		// gphoto2 waits for ever for a camera that refused.
		"refused":           {ptpsim.Faults{Busy: 1 << 20}, "took too long"},
		"no room":           {ptpsim.Faults{Full: true}, "took too long"},
		"no focus":          {ptpsim.Faults{NoFocus: true}, "took too long"},
		"never tells of it": {ptpsim.Faults{NoObject: true}, "took too long"},
		"asleep":            {ptpsim.Faults{Asleep: true}, ""},
		"hangs in mid-file": {ptpsim.Faults{HangAt: 1000}, ""},
		"cut in mid-file":   {ptpsim.Faults{CutAt: 1000}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReal(t, ptpsim.Options{}, func(c *gphoto.Config, _ *camera.PowerConfig) { c.ShotTime = 3 * time.Second })
			r.body.SetFaults(c.faults)
			err := r.fails(t, 20*time.Second)
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q, want one with %q", err, c.says)
			}
			r.body.SetFaults(ptpsim.Faults{})
			r.cfg.ShotTime = time.Minute
			r.cam = r.open(t)
			r.mustShoot(t)
		})
	}
}

func TestAWedgedCameraComesBackByItsPowerLine(t *testing.T) {
	r := newReal(t, ptpsim.Options{Boot: 50 * time.Millisecond}, func(c *gphoto.Config, p *camera.PowerConfig) {
		p.Line, p.KeepOn, p.WarmUp, p.OffTime = powerLine, true, 100*time.Millisecond, 50*time.Millisecond
		c.ShotTime = 4 * time.Second
	})
	r.mustShoot(t)
	r.body.SetFaults(ptpsim.Faults{HangAt: 1000, Wedge: true})
	var err error
	for range 4 {
		if err = r.shoot(t); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatalf("the fourth Shoot: %v, want the power cycle before it to help", err)
	}
	if got := r.body.Count().PowerCycles; got != 2 { // the first use is one
		t.Errorf("%d power cycles, want 1", got-1)
	}
}

func TestTheContextEndsTheRealProgram(t *testing.T) {
	r := newReal(t, ptpsim.Options{}, nil)
	r.body.SetFaults(ptpsim.Faults{NoObject: true})
	const given, grace = 2 * time.Second, 10 * time.Second // on a busy machine; gphotosim holds it to 500 ms in simulated time
	ctx, cancel := context.WithTimeout(t.Context(), given)
	defer cancel()
	start := time.Now()
	_, err := r.cam.Shoot(ctx, io.Discard)
	if took := time.Since(start); took > given+grace || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %v: %v; want context.DeadlineExceeded after %v at most", took, err, given+grace)
	}
}

// aRAW is as large as those of cameras with 50 megapixels.
const aRAW = 50 << 20

func TestALargeRAWIsNeverInMemory(t *testing.T) {
	r := newReal(t, ptpsim.Options{RAW: true, RAWBytes: aRAW}, nil)
	ctx := t.Context()
	var largest, total int
	count := func(of photo.Meta, fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error) {
		sum := sha256.New()
		w := writerFunc(func(p []byte) (int, error) {
			largest, total = max(largest, len(p)), total+len(p)
			return sum.Write(p)
		})
		e, err := fill(w)
		return photo.Meta{ID: "x", Exposure: e, Shot: of.ID, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
	}
	first, err := count(photo.Meta{}, func(w io.Writer) (photo.Exposure, error) { return r.cam.Shoot(ctx, w) })
	if err == nil {
		err = r.cam.Others(ctx, first, count)
	}
	if err != nil {
		t.Fatal(err)
	}
	if total < aRAW || largest > 64<<10 {
		t.Errorf("%d bytes in parts of %d at most, want more than %d in parts of 64 KiB", total, largest, aRAW)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A bad picture is taken again; where the second is worse, the first becomes the photo.
func TestTheOtherFilesAreThoseOfTheShotThatBecameThePhoto(t *testing.T) {
	r := newReal(t, ptpsim.Options{RAW: true, RAWBytes: 1 << 20}, nil)
	first, err := r.add(photo.Meta{}, func(w io.Writer) (photo.Exposure, error) {
		e, err := r.cam.Shoot(t.Context(), w)
		if err != nil {
			return e, err
		}
		_, err = r.cam.Shoot(t.Context(), io.Discard) // the one that is worse
		return e, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cam.Others(t.Context(), first, r.add); err != nil {
		t.Fatal(err)
	}
	want := sha256.New()
	if _, err := io.Copy(want, ptpsim.RAW(1, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if got := r.formats(); len(got) != 2 || r.photos[1].SHA256 != hex.EncodeToString(want.Sum(nil)) {
		t.Errorf("photos %v, want the first shot's JPEG and its own RAW", got)
	}
}
