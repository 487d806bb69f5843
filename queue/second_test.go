package queue_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"testing"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// ssd is a second copy in memory.
type ssd struct {
	files     map[photo.ID][]byte
	disk      string
	unplugged bool
}

// mounted and missing are for queue.Options.
func (s *ssd) mounted() string {
	if s.unplugged {
		return ""
	}
	return s.disk
}

func (s *ssd) missing(disk string, all []photo.Meta) (seqs []uint64, err error) {
	if s.unplugged || disk != s.disk {
		return nil, errUnplugged
	}
	for _, m := range all {
		if int64(len(s.files[m.ID])) != m.Size {
			seqs = append(seqs, m.Seq())
		}
	}
	return seqs, nil
}

var errUnplugged = errors.New("second copy is not there")

type seekCloser struct{ *bytes.Reader }

func (seekCloser) Close() error { return nil }

func (s *ssd) open(m photo.Meta) (io.ReadSeekCloser, error) {
	switch b, ok := s.files[m.ID]; {
	case s.unplugged:
		return nil, errUnplugged
	case !ok:
		return nil, fs.ErrNotExist
	default:
		return seekCloser{bytes.NewReader(b)}, nil
	}
}

// copied makes the rig copy the formats, with a card of room for 8 MB of photos.
func (r *rig) copied(formats ...string) *ssd {
	s := &ssd{files: map[photo.ID][]byte{}, disk: "disk-a"}
	r.small(1_000_000, 7, 8)
	small := r.with
	r.with = func(o *queue.Options) {
		small(o)
		o.Copies = func(format string) bool { return slices.Contains(formats, format) }
		o.OpenCopy, o.CopyDisk, o.MissingCopies = s.open, s.mounted, s.missing
	}
	return s
}

// fillCopy copies all that waits for it.
func (r *rig) fillCopy(s *ssd) {
	r.Helper()
	all, err := r.q.Uncopied(0, 1000)
	r.do("Uncopied", err)
	for _, m := range all {
		f, err := r.q.Open(m)
		r.do("Open", err)
		s.files[m.ID], err = io.ReadAll(f)
		r.do("read", errors.Join(err, f.Close()))
		r.do("Copied", r.q.Copied(m.Seq()))
	}
}

func (r *rig) uncopied(after uint64, limit int) (seqs []uint64) {
	r.Helper()
	all, err := r.q.Uncopied(after, limit)
	r.do("Uncopied", err)
	for _, m := range all {
		seqs = append(seqs, m.Seq())
	}
	return seqs
}

func TestUncopiedPhotosAreListedUntilCopied(t *testing.T) {
	r := newRig(t)
	r.copied("jpg")
	q := r.open()
	for range 5 {
		r.add()
	}
	for _, c := range []struct {
		after uint64
		limit int
		want  []uint64
	}{{0, 2, []uint64{1, 2}}, {2, 10, []uint64{3, 4, 5}}, {5, 10, nil}, {4, 1, []uint64{5}}} {
		if got := r.uncopied(c.after, c.limit); !equal(got, c.want) {
			t.Errorf("Uncopied(%d, %d) = %d, want %d", c.after, c.limit, got, c.want)
		}
	}
	r.do("Copied", q.Copied(1, 3, 3, 99))
	r.do("Acknowledge", q.Acknowledge(2)) // the cloud's copy is no second one
	q = r.reopen()
	if got := r.uncopied(0, 10); !equal(got, []uint64{2, 4, 5}) {
		t.Errorf("Uncopied = %d, want 2, 4, 5", got)
	}
	r.do("SetDisk", q.SetDisk("disk-b"))
	if got := r.uncopied(0, 10); !equal(got, []uint64{1, 2, 3, 4, 5}) {
		t.Errorf("Uncopied for another disk = %d, want 1 to 5", got)
	}
	r.do("Copied", q.Copied(1))
	// What is lost here can't be copied any more.
	i := r.list()[0]
	r.do("remove", os.Remove(r.file(i.Meta)))
	if _, err := q.Open(i.Meta); err == nil {
		t.Error("a photo without file was opened")
	}
	if got := r.uncopied(0, 10); !equal(got, []uint64{2, 3, 4}) {
		t.Errorf("Uncopied = %d, want 2 to 4: 5 is lost", got)
	}
}

// A backlog larger than the card: what the second copy holds makes room, and is
// sent from there.
func TestWaitingPhotosThatAreAwayComeFromTheSecondCopy(t *testing.T) {
	r := newRig(t)
	s := r.copied("jpg")
	q := r.open()
	var all []photo.Meta
	for n := range 20 {
		m, err := q.Add(r.shot(), picture(n, 1_000_000))
		r.do("Add", err)
		all = append(all, m)
		r.fillCopy(s)
	}
	if got := q.Stats(); got.Waiting != 20 || r.files() > 9 {
		t.Errorf("%d wait, %d files, want 20 waiting, at most 9 files", got.Waiting, r.files())
	}
	if i, err := q.Item(all[0].ID); err != nil || !i.Away || !i.Copied || i.State != queue.Waiting {
		t.Errorf("oldest = %+v, %v, want it away", i, err)
	}
	if i, err := q.Item(all[19].ID); err != nil || i.Away || !i.Copied {
		t.Errorf("newest = %+v, %v, want it here and copied", i, err)
	}
	for _, m := range all {
		r.intact(m)
		r.do("Verify", q.Verify(m))
	}
	// Unplugged: nothing is lost.
	s.unplugged = true
	q = r.reopen()
	if _, err := q.Sweep(t.Context()); err != nil {
		t.Errorf("Sweep = %v", err)
	}
	if _, err := q.Scrub(t.Context(), queue.ScrubOptions{}); err != nil {
		t.Errorf("Scrub = %v", err)
	}
	if _, err := q.Open(all[0]); !errors.Is(err, errUnplugged) {
		t.Errorf("Open while unplugged = %v, want %v", err, errUnplugged)
	}
	if got := r.counts(); got != [6]int64{20} {
		t.Errorf("%d, want 20 waiting", got)
	}
	// A new index knows where they are.
	r.close()
	rec, err := queue.Rebuild(t.Context(), r.options())
	r.do("Rebuild", err)
	q = r.open()
	if got := r.counts(); got != [6]int64{20} || rec.Lost != 0 {
		t.Errorf("after the rebuild: %d, %+v, want 20 waiting", got, rec)
	}
	s.unplugged = false
	r.intact(all[0])
	// The cloud gets one, a person drops another.
	r.do("Acknowledge", q.Acknowledge(all[0].Seq(), all[0].Seq()))
	if n, err := q.Drop(all[1].ID); n != 1 || err != nil {
		t.Errorf("Drop = %d, %v, want 1", n, err)
	}
	if got := r.counts(); got != [6]int64{18} {
		t.Errorf("%d, want 18 waiting", got)
	}
	if words, err := q.Account(1, 2, 3); err != nil || !slices.Equal(words, []string{"deleted", "dropped", "waiting"}) {
		t.Errorf("Account = %v, %v, want deleted, dropped, waiting", words, err)
	}
}

// A photo that is damaged on the card isn't lost where the second copy has it.
func TestSecondCopyStandsInForADamagedFile(t *testing.T) {
	r := newRig(t)
	s := r.copied("jpg")
	q := r.open()
	m, gone, bad := r.add(), r.add(), r.add()
	r.fillCopy(s)
	r.do("truncate", os.Truncate(r.file(m), 100))
	r.do("remove", os.Remove(r.file(gone)))
	flip(t, r.file(bad))
	for _, m := range []photo.Meta{m, gone} {
		r.intact(m)
	}
	if err := q.Verify(bad); !errors.Is(err, queue.ErrDamaged) {
		t.Errorf("Verify = %v, want %v", err, queue.ErrDamaged)
	}
	r.intact(bad)
	if got := r.counts(); got != [6]int64{3} {
		t.Errorf("%d, want 3 waiting", got)
	}
	if _, err := os.Stat(r.damaged(r.file(m)[len(r.shard(1))+1:])); err != nil {
		t.Errorf("the damaged file is not set aside: %v", err)
	}
}

// What is not uploaded stays on the card until the second copy has it, and is
// accounted for as kept for ever.
func TestKeptPhotosGoOnceTheSecondCopyHoldsThem(t *testing.T) {
	r := newRig(t)
	s := r.copied("nef")
	copied := r.with
	r.with = func(o *queue.Options) {
		copied(o)
		o.Config.Upload = photo.KindJPEG
	}
	q := r.open()
	var err error
	pairs := 0
	for ; pairs < 20; pairs++ {
		if _, _, err = r.pair(1_000_000); err != nil {
			break
		}
	}
	if !errors.Is(err, queue.ErrCardFull) || q.Stats().Kept < 4 || len(r.uncopied(0, 100)) < 4 {
		t.Fatalf("after %d pairs: %v, %+v, want the card full of JPEG that wait and RAW that are kept", pairs, err, q.Stats())
	}
	r.fillCopy(s)
	if _, err := q.Trim(t.Context()); err != nil {
		t.Errorf("Trim = %v", err)
	}
	if _, _, err := r.pair(1_000_000); err != nil {
		t.Errorf("Add after the copy = %v, want room", err)
	}
	days, err := q.Days(at(0, 0), at(23, 0))
	r.do("Days", err)
	if len(days) != 1 || days[0].Kept < 4 || days[0].Uploaded != 0 || days[0].Lost != 0 {
		t.Errorf("Days = %+v, want the RAW kept, none uploaded", days)
	}
	kept := days[0].Kept
	r.close()
	_, err = queue.Rebuild(t.Context(), r.options())
	r.do("Rebuild", err)
	r.open()
	if days, err = r.q.Days(at(0, 0), at(23, 0)); err != nil || days[0].Kept != kept || days[0].Uploaded != 0 {
		t.Errorf("Days after a rebuild = %+v, %v, want %d kept, none uploaded", days, err, kept)
	}
}

// flip flips a bit in the middle of the file.
func flip(t testing.TB, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		f, errOpen := os.OpenFile(path, os.O_WRONLY, 0) // keeps the attributes
		if errOpen != nil {
			t.Fatal(errOpen)
		}
		_, err = f.WriteAt([]byte{b[len(b)/2] ^ 1}, int64(len(b)/2))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}
