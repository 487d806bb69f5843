package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// small makes the rig's card so small that the files in its spool, each of size
// bytes, fill it when there are so many. Above keepAt of them, Trim has work.
func (r *rig) small(size, keepAt, stopAt int) {
	r.with = func(o *queue.Options) {
		o.Config.StopFreeMegabytes, o.Config.KeepFreeMegabytes = 64, 64+(stopAt-keepAt)*size/1_000_000
		o.FreeBytes = func(string) (uint64, error) { return uint64(64_000_000 + size*(stopAt-r.files())), nil }
	}
}

// shotBytes is the size of a file in these tests.
const shotBytes = 200_000

// thinning is small with the policy thin, room for 40 files.
func (r *rig) thinning(log io.Writer, kinds string) {
	r.small(shotBytes, 35, 40)
	small := r.with
	r.with = func(o *queue.Options) {
		small(o)
		o.Config.WhenFull, o.Config.ThinKeep, o.Config.Upload = queue.Thin, 4, kinds
		o.Log = zerolog.New(log)
	}
}

// pair adds a JPEG and the RAW of the same shot.
func (r *rig) pair(size int) (jpeg, raw photo.Meta, err error) {
	shot := r.shot()
	if jpeg, err = r.q.Add(shot, picture(1, size)); err != nil {
		return jpeg, raw, err
	}
	shot.Of, shot.Format = jpeg.ID, "nef"
	raw, err = r.q.Add(shot, func(w io.Writer) (photo.Exposure, error) {
		_, err := w.Write(pictureBytes(2, size))
		return photo.Exposure{Format: "nef", Attempts: 1}, err
	})
	return jpeg, raw, err
}

func (r *rig) waiting() (all []uint64) {
	r.Helper()
	return r.page(queue.Filter{State: queue.Waiting, Oldest: true}, 100)
}

func TestThinKeepsEveryNthOfTheOldest(t *testing.T) {
	r := newRig(t)
	var log bytes.Buffer
	r.thinning(&log, photo.KindBoth)
	q := r.open()
	for n := range 100 {
		if _, err := q.Add(r.shot(), picture(n, shotBytes)); err != nil {
			t.Fatalf("photo %d: %v", n+1, err)
		}
	}
	var want []uint64
	waits := r.waiting()
	thinned := uint64(100 - len(waits))
	for seq := uint64(1); seq <= 100; seq++ { // each fourth of the old ones, and all of the new ones
		if seq%4 == 0 || uint64(len(want))+101-seq == uint64(len(waits)) {
			want = append(want, seq)
		}
	}
	if !equal(waits, want) || len(waits) < 39 {
		t.Errorf("%d wait, want %d", waits, want)
	}
	// Never silently.
	if !strings.Contains(log.String(), "card is full: waiting photos deleted") {
		t.Errorf("nothing of it in the log: %s", log.String())
	}
	told := func() {
		t.Helper()
		if got := r.q.Stats(); got.Thinned != int64(thinned) || got.Waiting != int64(len(waits)) {
			t.Errorf("Stats = %+v, want %d thinned, %d waiting", got, thinned, len(waits))
		}
		days, err := r.q.Days(at(0, 0), at(0, 0).AddDate(0, 0, 3))
		r.do("Days", err)
		sum := 0
		for _, d := range days {
			sum += d.Thinned
		}
		if sum != int(thinned) {
			t.Errorf("Days tell of %d thinned, want %d", sum, thinned)
		}
		if got := r.waiting(); !equal(got, waits) {
			t.Errorf("%d wait, want %d", got, waits)
		}
		if words, err := r.q.Account(1, 4); err != nil || fmt.Sprint(words) != "[thinned waiting]" {
			t.Errorf("Account = %v, %v, want the first thinned, the fourth waiting", words, err)
		}
	}
	told()
	r.reopen()
	told()
	r.close()
	_, err := queue.Rebuild(context.Background(), r.options())
	r.do("Rebuild", err)
	q = r.open()
	told()
	// What stayed is not thinned out once more.
	if _, err := q.Add(r.shot(), picture(1, shotBytes)); err != nil {
		t.Errorf("Add = %v", err)
	}
	for _, seq := range []uint64{4, 8, 12} {
		if words, err := q.Account(seq); err != nil || words[0] != "waiting" {
			t.Errorf("photo %d is %v, %v, want it waiting still", seq, words, err)
		}
	}
}

// A card full of what thin spares takes no more, and takes again when space
// comes back.
func TestThinStopsWhereNothingIsLeft(t *testing.T) {
	r := newRig(t)
	r.thinning(io.Discard, photo.KindBoth)
	q := r.open()
	var err error
	added := 0
	for err == nil && added < 300 {
		if _, err = q.Add(r.shot(), picture(added, shotBytes)); err == nil {
			added++
		}
	}
	if !errors.Is(err, queue.ErrCardFull) || added < 4*38 || added > 4*41 {
		t.Errorf("Add = %v after %d photos, want %v after some 160", err, added, queue.ErrCardFull)
	}
	for _, seq := range r.waiting() {
		if seq%4 != 0 && seq < uint64(added)-1 {
			t.Errorf("photo %d waits", seq)
		}
	}
	r.do("Acknowledge", q.Acknowledge(4, 8))
	if _, err := q.Add(r.shot(), picture(1, shotBytes)); err != nil {
		t.Errorf("Add after an acknowledgement = %v", err)
	}
	// Held photos are a person's. Released, they are thinned with the others.
	ids := []photo.ID{}
	for _, i := range r.list() {
		ids = append(ids, i.ID)
	}
	_, err = q.Hold(ids...)
	r.do("Hold", err)
	for err = nil; err == nil; {
		_, err = q.Add(r.shot(), picture(1, shotBytes))
	}
	if got := q.Stats(); got.Held != int64(len(ids)) {
		t.Errorf("%d are held, want %d", got.Held, len(ids))
	}
}

func TestFilesOfOneShotShareTheirFate(t *testing.T) {
	for name, lead := range map[string]int{"odd numbers": 0, "even numbers": 1} {
		for _, kinds := range []string{photo.KindBoth, photo.KindJPEG} {
			t.Run(name+", upload "+kinds, func(t *testing.T) {
				r := newRig(t)
				r.thinning(io.Discard, kinds)
				q := r.open()
				for range lead {
					_, err := q.Add(r.shot(), picture(1, shotBytes))
					r.do("Add", err)
				}
				shots := 0
				for ; shots < 300; shots++ {
					if _, _, err := r.pair(shotBytes); err != nil {
						break
					}
				}
				if shots < 4*18 || shots > 4*21 {
					t.Errorf("full after %d shots, want some 80: four times what it has room for", shots)
				}
				here := map[uint64]bool{}
				for _, i := range r.list() {
					here[i.Seq()] = true
				}
				for n := range uint64(shots - 2) { // the last one may be under way
					first := uint64(lead) + 1 + 2*n
					if here[first] != here[first+1] {
						t.Errorf("of shot %d, JPEG is here: %t, RAW: %t", first, here[first], here[first+1])
					}
				}
			})
		}
	}
}

func TestStopDeletesNothingThatWaits(t *testing.T) {
	r := newRig(t)
	r.small(1_000_000, 8, 10)
	q := r.open()
	var err error
	n := 0
	for ; err == nil && n < 50; n++ {
		_, err = q.Add(r.shot(), picture(n, 1_000_000))
	}
	if !errors.Is(err, queue.ErrCardFull) || q.Stats().Waiting != 11 || q.Stats().Thinned != 0 {
		t.Errorf("Add %d = %v, %+v, want %v, 11 waiting", n, err, q.Stats(), queue.ErrCardFull)
	}
	// Space that comes back is used at once.
	r.do("Acknowledge", q.Acknowledge(1))
	if _, err := q.Add(r.shot(), picture(n, 1_000_000)); err != nil {
		t.Errorf("Add after an acknowledgement = %v", err)
	}
	if got := r.waiting(); len(got) != 11 || got[0] != 2 {
		t.Errorf("%d wait, want 2 to 12", got)
	}
}

// Many thumbnails stand before the photos that are large enough.
func TestAddDeletesMoreThanOneBatchWhereItMust(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var seqs []uint64
	for n := range 140 {
		m, err := q.Add(r.shot(), picture(n, 100))
		r.do("Add", err)
		seqs = append(seqs, m.Seq())
	}
	big, err := q.Add(r.shot(), picture(1, 200_000))
	r.do("Add", err)
	newest := r.add()
	r.do("Acknowledge", q.Acknowledge(append(seqs, big.Seq(), newest.Seq())...))
	r.close()
	r.with = func(o *queue.Options) {
		o.FreeBytes = func(string) (uint64, error) {
			if r.files() > 5 {
				return 64_000_000 - 200_000, nil
			}
			return 64_000_000, nil
		}
	}
	q = r.open()
	if _, err := q.Add(r.shot(), picture(1, 100)); err != nil {
		t.Errorf("Add = %v, want room made from 141 confirmed photos", err)
	}
}

// A file system may give space back late: no more is deleted than what the sizes
// say is enough.
func TestSizesSayWhenEnoughIsDeleted(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.fill(300) // 5,000 bytes each
	r.setFree(64_000_000 - 100)
	if _, err := q.Add(r.shot(), picture(1, 100)); !errors.Is(err, queue.ErrCardFull) {
		t.Errorf("Add = %v, want %v: the space did not come back", err, queue.ErrCardFull)
	}
	if got := q.Stats().Confirmed; got != 300-64 {
		t.Errorf("%d confirmed photos are left, want %d: one batch is enough for 100 bytes", got, 300-64)
	}
}
