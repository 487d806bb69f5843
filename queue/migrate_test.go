package queue_test

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// schema1 leaves a closed queue as the first release did: testdata/schema1.txt is
// what its code (commit 02a534a) had written of 12 photos of the 20th and 21st of
// November 2026, each value of its database and each file of its spool. The bytes
// of photo n are those of pictureBytes(n, 500+n).
func schema1(t testing.TB) *rig {
	r := newRig(t)
	flat := filepath.Join(r.dir, "spool")
	r.do("mkdir", os.MkdirAll(flat, 0o755))
	f, err := os.Open(filepath.Join("testdata", "schema1.txt"))
	r.do("open", err)
	defer f.Close()
	r.edit(func(tx *bbolt.Tx) error {
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			what, rest, _ := strings.Cut(lines.Text(), " ")
			if what == "bucket" {
				_, err := tx.CreateBucket([]byte(rest))
				r.do("create bucket", err)
				continue
			}
			var key, value string
			if what == "file" {
				var n, size int
				_, err := fmt.Sscanf(rest, "%q %d %q", &key, &size, &value)
				r.do("scan", err)
				_, err = fmt.Sscanf(key, "%d", &n)
				r.do("scan", err)
				r.flatFile(key, pictureBytes(n, size), value)
				continue
			}
			_, err := fmt.Sscanf(rest, "%q %q", &key, &value)
			r.do("scan", err)
			r.do("put", tx.Bucket([]byte(what)).Put([]byte(key), []byte(value)))
		}
		return lines.Err()
	})
	return r
}

// flatFile makes a photo as the first release did.
func (r *rig) flatFile(name string, picture []byte, meta string) {
	r.Helper()
	path := filepath.Join(r.dir, "spool", name)
	r.do("write", os.WriteFile(path, picture, 0o644))
	err := unix.Setxattr(path, "user.fieldcam.meta", []byte(meta), 0)
	if errors.Is(err, unix.ENOTSUP) {
		err = os.WriteFile(path+".json", []byte(meta), 0o644)
	}
	r.do("attach", err)
}

// migrated is in which state each photo of schema1 must be.
var migrated = map[uint64]queue.State{
	3: queue.Confirmed, 4: queue.Refused, 5: queue.Waiting, 6: queue.Waiting, 7: queue.Waiting, 8: queue.Waiting,
	9: queue.Lost, 10: queue.Waiting, 11: queue.Waiting, 12: queue.Waiting,
}

// isMigrated checks all that schema1 has.
func (r *rig) isMigrated() {
	r.Helper()
	r.check()
	got := map[uint64]queue.State{}
	for _, item := range r.list() {
		got[item.Seq()] = item.State
		if item.State != queue.Lost {
			r.intact(item.Meta)
		}
		if item.Trigger == photo.Scheduled && !r.q.Taken(item.Slot) {
			r.Errorf("photo %s is not in the ledger", item.ID)
		}
	}
	if !maps.Equal(got, migrated) {
		r.Errorf("states are %v, want %v", got, migrated)
	}
}

func TestASchema1QueueMigratesWhole(t *testing.T) {
	r := schema1(t)
	q := r.open()
	if rec := q.Recovery(); rec.Damage != "" || rec.Removed != 1 || rec.Adopted+rec.Damaged+rec.Lost+rec.Found+rec.Foreign != 0 {
		t.Errorf("Recovery = %+v, want one decided deletion done, and nothing else", rec)
	}
	r.isMigrated()
	for id, want := range map[photo.ID]queue.Item{
		"20261120T090001Z-000004-beb146": {State: queue.Refused, Reason: "415 Unsupported Media Type", Since: time.Date(2026, 11, 21, 11, 10, 21, 546652901, time.UTC)},
		"20261120T093001Z-000006-2087a2": {State: queue.Waiting, UploadURL: "https://hub.example/files/6"},
		"20261121T103001Z-000010-c1d97e": {State: queue.Waiting, UploadURL: "https://hub.example/files/10"},
	} {
		got, err := q.Item(id)
		if err != nil || got.State != want.State || got.Reason != want.Reason || !got.Since.Equal(want.Since) || got.UploadURL != want.UploadURL {
			t.Errorf("Item(%s) = %+v, %v, want %+v", id, got, err, want)
		}
	}
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	entries, err := q.Ledger(day, day.AddDate(0, 0, 2))
	r.do("Ledger", err)
	var told []string
	for _, e := range entries {
		told = append(told, fmt.Sprint(e.From.Format("02 15:04 "), e.Session, e.Photos, e.Cause, e.Slots, e.Detail))
	}
	want := []string{
		"20 08:15 day[1]1", "20 08:30 day[2]1", "20 08:45 day[3]1", "20 09:00 day[4]1", "20 09:30 day[6 7]camera-busy1",
		"20 10:00 day[8]1", "20 13:00 day[]camera-fault1no answer at 38400 baud", "20 14:00 []not-running49",
		"21 10:15 night[9]1", "21 10:30 night[10]1", "21 10:45 night[11]1", "21 11:00 night[12]1",
	}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("ledger:\n%s\nwant:\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	days, err := q.Days(day, day.AddDate(0, 0, 2))
	if err != nil || len(days) != 2 || days[0].Uploaded != 3 || days[0].Deleted != 2 || days[0].Waiting != 4 || days[1].Lost != 1 {
		t.Errorf("Days = %+v, %v", days, err)
	}
	if m := r.add(); m.Seq() != 13 {
		t.Errorf("next number = %d, want 13", m.Seq())
	}
}

// Photos of the first release, in the spool's own directory, live on as others do.
func TestFlatPhotosAreFoundTrimmedAndRetried(t *testing.T) {
	r := schema1(t)
	meta := func(n int) string {
		return fmt.Sprintf(`{"id":"20261121T120000Z-0000%d-abcdef","device":"cam-1","slot":"2026-11-21T12:00:00Z","session":"night",`+
			`"trigger":"schedule","taken":"2026-11-21T12:00:00Z","clock_synced":true,"size":%d,"sha256":"%s","format":"jpg"}`, n, n, sumOf(pictureBytes(n, n)))
	}
	name := func(n int) string { return fmt.Sprintf("%020d-20261121T120000Z-0000%d-abcdef", n, n) }
	r.flatFile(name(13)+".jpg", pictureBytes(13, 13), meta(13)) // whole, not in the index
	r.flatFile(name(14)+".part", pictureBytes(14, 14), meta(14))
	q := r.open()
	if rec := q.Recovery(); rec.Adopted != 1 || rec.Removed != 2 {
		t.Errorf("Recovery = %+v, want 1 adopted, 2 removed", rec)
	}
	m, ok, err := q.Next(queue.Select{})
	if err != nil || !ok || m.Seq() != 13 {
		t.Errorf("Next = %s, %v, want the 13th", m.ID, err)
	}
	r.intact(m)
	r.do("SetUploadURL", q.SetUploadURL(13, "https://hub.example/13"))
	if got := q.UploadURL(13); got != "https://hub.example/13" {
		t.Errorf("UploadURL = %q", got)
	}
	r.do("Acknowledge", q.Acknowledge(5, 6, 7))
	r.setFree(0)
	if n, err := q.Trim(t.Context()); n != 4 || err != nil {
		t.Errorf("Trim = %d, %v, want the 4 that the cloud has", n, err)
	}
	r.setFree(10 << 30)
	left, err := filepath.Glob(filepath.Join(r.dir, "spool", "*.jpg"))
	if err != nil || len(left) != 6 {
		t.Errorf("flat files are %v (%v), want 6", left, err)
	}
	r.add()
	r.do("truncate", os.Truncate(r.index(), 0))
	if rec := r.reopen().Recovery(); rec.Adopted != 7 {
		t.Errorf("Recovery = %+v, want 7 adopted, flat and in shards", rec)
	}
}

func TestACutMigrationLeavesTheOldIndex(t *testing.T) {
	r := schema1(t)
	r.cutAt(queue.StepIndexMigrate, 1, func() {})
	if _, err := queue.Open(t.Context(), r.options()); !errors.Is(err, errCut) {
		t.Errorf("Open = %v, want %v", err, errCut)
	}
	r.setFault(nil)
	r.edit(func(tx *bbolt.Tx) error {
		if tx.Bucket([]byte("items")) == nil || tx.Bucket([]byte("records")) != nil {
			t.Error("the index is not of schema 1 any more")
		}
		return nil
	})
	// And at each step after it.
	probe := schema1(t)
	probe.open()
	for step := range probe.hits {
		r := schema1(t)
		r.cutAt(step, 1, func() {})
		q, err := queue.Open(t.Context(), r.options())
		if err == nil {
			q.Close()
		}
		r.setFault(nil)
		r.open()
		r.isMigrated()
	}
	r.open()
	r.isMigrated()
}

func TestADamagedSchema1IndexIsRebuiltFromItsPhotos(t *testing.T) {
	r := schema1(t)
	sound, err := os.ReadFile(r.index())
	r.do("read", err)
	for n := range len(sound) / 512 {
		broken := []byte(string(sound))
		clear(broken[n*512:][:512])
		r.do("write", os.WriteFile(r.index(), broken, 0o644))
		q := r.open()
		r.check()
		for _, item := range r.list() {
			if item.State != queue.Lost {
				r.intact(item.Meta)
			}
			if item.Seq() > 4 && item.State == queue.Confirmed {
				t.Errorf("sector %d: photo %s is confirmed", n, item.ID)
			}
		}
		for n := uint64(4); n <= 12; n++ {
			if _, err := q.Item(photo.ID(idOf(r, n))); err != nil && n != 9 {
				t.Errorf("sector %d: %v", n, err)
			}
		}
		r.close()
		r.do("clean", os.RemoveAll(r.damaged("")))
	}
}

// idOf is the ID of the photo with that number, by its file.
func idOf(r *rig, n uint64) string {
	names, _ := filepath.Glob(filepath.Join(r.dir, "spool", fmt.Sprintf("%020d-*.jpg", n)))
	if len(names) == 0 {
		return strconv.FormatUint(n, 10)
	}
	return strings.TrimSuffix(filepath.Base(names[0])[21:], ".jpg")
}
