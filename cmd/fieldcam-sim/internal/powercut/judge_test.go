package powercut

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
	"fieldcam/queue"
)

// card is a controller's state directory, and what was seen of it.
type card struct {
	testing.TB
	dir  string
	seen oracle
	// length is the log's, one more with each thing that is seen.
	length int64
}

var firstSlot = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

func newCard(t testing.TB) *card {
	return &card{TB: t, dir: t.TempDir(), seen: oracle{
		Filed: map[photo.ID]int64{}, Pictures: map[string]bool{}, Hub: map[photo.ID]string{},
	}}
}

// with opens the queue for do.
func (c *card) with(do func(q *queue.Queue)) {
	c.Helper()
	q, err := queue.Open(c.Context(), queue.Options{Dir: c.dir, Device: device, Config: queue.Default(), FreeBytes: roomy})
	if err != nil {
		c.Fatal(err)
	}
	do(q)
	if err := q.Close(); err != nil {
		c.Fatal(err)
	}
}

// take adds the photo of a slot, and sees it accepted.
func (c *card) take(slot int, picture string) (m photo.Meta) {
	c.Helper()
	at := firstSlot.Add(time.Duration(slot) * interval)
	c.with(func(q *queue.Queue) {
		var err error
		m, err = q.Add(photo.Shot{Slot: at, Session: "photos", Trigger: photo.Scheduled, Taken: at}, func(w io.Writer) (photo.Exposure, error) {
			_, err := io.WriteString(w, picture)
			return photo.Exposure{Format: "jpg", Attempts: 1}, err
		})
		if err != nil {
			c.Fatal(err)
		}
	})
	c.length++
	c.seen.Accepted = append(c.seen.Accepted, witness.Sighting{ID: m.ID, Slot: at, At: c.length})
	c.seen.Pictures[witness.Sum([]byte(picture))] = true
	return m
}

// file sees a picture filed in the hub under an ID.
func (c *card) file(id photo.ID, picture string) {
	c.length++
	c.seen.Filed[id] = c.length
	c.seen.Hub[id] = witness.Sum([]byte(picture))
}

// want judges the card as of the log's length at, and wants one fault that has
// all words; none where there are none.
func (c *card) want(at int64, words ...string) {
	c.Helper()
	// The judge changes what it judges.
	dir := filepath.Join(c.TempDir(), "copy")
	if out, err := exec.Command("cp", "-a", c.dir, dir).CombinedOutput(); err != nil {
		c.Fatalf("cp: %v: %s", err, out)
	}
	faults, _ := c.seen.judge(c.Context(), dir, at)
	if len(words) == 0 {
		if len(faults) > 0 {
			c.Errorf("faults %q, want none", faults)
		}
		return
	}
	for _, f := range faults {
		all := true
		for _, w := range words {
			all = all && strings.Contains(f, w)
		}
		if all {
			return
		}
	}
	c.Errorf("faults %q, want one with %q", faults, words)
}

// file of the spool that holds the photo.
func (c *card) spoolFile(m photo.Meta) (path string) {
	c.Helper()
	err := filepath.WalkDir(filepath.Join(c.dir, "spool"), func(p string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(p, string(m.ID)+".jpg") {
			path = p
		}
		return err
	})
	if err != nil || path == "" {
		c.Fatalf("photo %s has no file: %v", m.ID, err)
	}
	return path
}

func TestOtherBytesInTheHubAreAFault(t *testing.T) {
	c := newCard(t)
	m := c.take(0, "picture")
	c.file(m.ID, "another")
	c.want(c.length, string(m.ID), "other bytes than in the hub")
}

func TestANumberThatWasGivenOutBeforeIsAFault(t *testing.T) {
	c := newCard(t)
	c.take(0, "picture")
	later := photo.NewID(firstSlot, 50)
	c.length++
	c.seen.Accepted = append(c.seen.Accepted, witness.Sighting{ID: later, At: c.length})
	c.file(later, "deleted since")
	c.want(c.length, "after photo "+string(later))
}

func TestAWholeQueueIsAtNoFault(t *testing.T) {
	c := newCard(t)
	for slot := range 5 {
		c.take(slot, fmt.Sprint("picture ", slot))
	}
	c.want(c.length)
	if _, photos := c.seen.judge(t.Context(), c.dir, c.length); photos != 5 {
		t.Errorf("%d whole photos, want 5", photos)
	}
}

func TestAnEmptyDiskBeforeTheFirstPhotoIsAtNoFault(t *testing.T) {
	c := newCard(t)
	c.seen.Accepted = []witness.Sighting{{ID: photo.NewID(firstSlot, 1), Slot: firstSlot, At: 100}}
	c.want(99)
	c.want(100, "is lost")
}

func TestAPhotoThatWasAcceptedAndIsGoneIsLostUntilTheHubHasIt(t *testing.T) {
	c := newCard(t)
	c.take(0, "one")
	m := photo.NewID(firstSlot.Add(time.Second), 1) // no number above those in the queue
	c.length++
	c.seen.Accepted = append(c.seen.Accepted, witness.Sighting{ID: m, At: c.length})
	c.want(c.length - 1) // it was not accepted yet
	c.want(c.length, string(m), "is lost")
	c.file(m, "two")
	c.want(c.length-1, string(m), "is lost") // not filed yet
	c.want(c.length)
}

func TestChangedBytesAreAFault(t *testing.T) {
	c := newCard(t)
	m := c.take(0, "picture")
	if err := os.WriteFile(c.spoolFile(m), []byte("piCture"), 0o644); err != nil {
		t.Fatal(err)
	}
	c.want(c.length, string(m.ID))
}

func TestAVanishedFileIsAFault(t *testing.T) {
	c := newCard(t)
	m := c.take(0, "picture")
	if err := os.Remove(c.spoolFile(m)); err != nil {
		t.Fatal(err)
	}
	c.want(c.length, string(m.ID), "is lost")
}

func TestWhatTheCameraNeverTookIsAFault(t *testing.T) {
	c := newCard(t)
	m := c.take(0, "half a pict")
	clear(c.seen.Pictures)
	c.want(c.length, string(m.ID), "no picture")
}

func TestOnePictureUnderTwoNamesIsAFault(t *testing.T) {
	c := newCard(t)
	c.take(0, "picture")
	c.take(1, "picture")
	c.want(c.length, "two names")

	c = newCard(t)
	c.take(0, "picture")
	c.file(photo.NewID(firstSlot, 7), "picture")
	c.want(c.length, "two names")
}

func TestTheSamePhotoInTheHubAndInTheQueueIsAtNoFault(t *testing.T) {
	c := newCard(t)
	m := c.take(0, "picture")
	c.file(m.ID, "picture")
	c.want(c.length)
}

func TestASlotThatTheLedgerDoesNotHaveIsAFault(t *testing.T) {
	c := newCard(t)
	c.take(0, "one")
	c.take(2, "three")
	c.want(c.length, "nothing of slot", "07:00:05")
	c.want(c.length - 1) // the third slot's photo was not seen yet
	c.with(func(q *queue.Queue) {
		gap := firstSlot.Add(interval)
		if err := q.Miss(photo.Miss{From: gap, To: gap, Slots: 1, Cause: photo.Busy}); err != nil {
			t.Fatal(err)
		}
	})
	c.want(c.length)
}

func TestAPhotoWhoseSlotIsNotTakenIsAFault(t *testing.T) {
	c := newCard(t)
	m := c.take(0, "one")
	c.seen.Accepted[0].Slot = m.Slot.Add(interval)
	c.want(c.length, "as taken")
}
