package queue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func TestSecondOpenerIsToldWhoHoldsTheQueue(t *testing.T) {
	r := newRig(t)
	r.open()
	_, err := queue.Open(t.Context(), r.options())
	if !errors.Is(err, queue.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("second Open = %v, want %v with the pid %d", err, queue.ErrLocked, os.Getpid())
	}
	o := r.options()
	o.LockTimeout = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := queue.Open(ctx, o); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second Open = %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestBadDeviceNameIsRefused(t *testing.T) {
	o := newRig(t).options()
	o.Device = "../etc"
	if _, err := queue.Open(t.Context(), o); !errors.Is(err, photo.ErrDevice) {
		t.Errorf("Open = %v, want %v", err, photo.ErrDevice)
	}
}

// A picture can take a minute; nothing else waits for it.
// In a bubble: Trim stands back for a photo that is being added, but not for ever.
func TestSlowPictureBlocksNobody(t *testing.T) { synctest.Test(t, slowPicture) }

func slowPicture(t *testing.T) {
	r := newRig(t)
	q := r.open()
	first := r.add()
	slow := r.shot()
	_, err := q.Add(slow, func(w io.Writer) (photo.Exposure, error) {
		e, err := picture(1, 100_000)(w)
		// All of these happen while the picture is being written.
		manual := r.shot()
		manual.Trigger = photo.Manual
		m, errAdd := q.Add(manual, picture(2, 100))
		newest, _, errNewest := q.Next(queue.Select{})
		if newest.ID != m.ID {
			t.Errorf("Next = %s, want %s", newest.ID, m.ID)
		}
		r.do("meanwhile", errors.Join(errAdd, errNewest, q.Acknowledge(first.Seq()), q.Check()))
		r.setFree(511_999_999)
		n, errTrim := q.Trim(t.Context())
		r.setFree(10 << 30)
		if n != 1 || errTrim != nil {
			t.Errorf("Trim = %d, %v, want 1", n, errTrim)
		}
		return e, err
	})
	r.do("slow Add", err)
	if !q.Accounted(slow.Slot) {
		t.Error("the slow photo's slot is not accounted for")
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	r := newRig(t)
	q := r.open()
	var wg sync.WaitGroup
	const each = 8
	for worker := range 3 {
		wg.Go(func() {
			for i := range each {
				slot := at(8, 0).Add(time.Duration(worker*each+i) * time.Minute)
				m, err := q.Add(scheduled(slot), picture(i, 3000))
				if err == nil && worker == 0 {
					err = q.Acknowledge(m.Seq())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range each {
			if err := q.Check(); err != nil {
				t.Error(err)
			}
			q.Stats()
		}
	})
	wg.Wait()
	if got := q.Stats(); got.Waiting != 2*each || got.Confirmed != each {
		t.Errorf("Stats = %+v, want %d waiting, %d confirmed", got, 2*each, each)
	}
}

func TestStatesMove(t *testing.T) {
	r := newRig(t)
	q := r.open()
	a, b, c := r.add(), r.add(), r.add()
	r.do("Refuse", q.Refuse(c.Seq(), strings.Repeat("x", 5000)))
	item, err := q.Item(c.ID)
	if err != nil || item.State != queue.Refused || len(item.Reason) != 500 || item.Since.IsZero() {
		t.Errorf("Item = %+v, %v, want it refused, the reason cut at 500 bytes", item, err)
	}
	r.do("Acknowledge", q.Acknowledge(b.Seq()))
	if err := q.Refuse(b.Seq(), "late"); err != nil {
		t.Errorf("Refuse of a confirmed photo = %v, want it ignored", err)
	}
	if n, err := q.Retry(); n != 1 || err != nil {
		t.Errorf("Retry = %d, %v, want 1", n, err)
	}
	if item, err := q.Item(c.ID); err != nil || item.State != queue.Waiting || item.Reason != "" || !item.Since.IsZero() {
		t.Errorf("Item = %+v, %v, want it waiting, without a reason", item, err)
	}
	if err := q.Refuse(99, ""); !errors.Is(err, queue.ErrUnknown) {
		t.Errorf("Refuse of an unknown photo = %v, want %v", err, queue.ErrUnknown)
	}
	if got := q.Stats(); got.OldestWaiting.ID != a.ID || got.WaitingBytes != a.Size+c.Size {
		t.Errorf("Stats = %+v, want %s as the oldest, %d bytes", got, a.ID, a.Size+c.Size)
	}
}

func TestUploadURLSurvivesRestartAndEndsWithTheUpload(t *testing.T) {
	r := newRig(t)
	q := r.open()
	m := r.add()
	const url = "https://hub.example/files/abc"
	r.do("SetUploadURL", q.SetUploadURL(m.Seq(), url))
	q = r.reopen()
	if got := q.UploadURL(m.Seq()); got != url {
		t.Errorf("UploadURL = %q, want %q", got, url)
	}
	if err := q.SetUploadURL(m.Seq(), url+strings.Repeat("x", 3000)); err == nil {
		t.Error("an URL of 3 KB was taken")
	}
	r.do("Acknowledge", q.Acknowledge(m.Seq()))
	r.do("SetUploadURL", q.SetUploadURL(m.Seq(), url))
	if got := q.UploadURL(m.Seq()); got != "" {
		t.Errorf("UploadURL of a confirmed photo = %q, want none", got)
	}
}

func TestClosedQueueAnswers(t *testing.T) {
	r := newRig(t)
	q := r.open()
	r.close()
	_, _, errNext := q.Next(queue.Select{})
	_, errAdd := q.Add(r.shot(), picture(1, 1))
	for _, err := range []error{errNext, errAdd, q.Acknowledge(1), q.Check(), q.Miss(photo.Miss{})} {
		if !errors.Is(err, queue.ErrClosed) {
			t.Errorf("after Close: %v, want %v", err, queue.ErrClosed)
		}
	}
	if _, ok := q.LastSlot(); ok || q.Accounted(at(8, 0)) || q.Close() != nil {
		t.Error("a closed queue claims to know slots, or can't be closed twice")
	}
}

// A driver may hang, and so may a card's fsync: the daemon must end all the same.
func TestCloseDoesNotWaitForAHungCall(t *testing.T) {
	dir := filepath.Join(scratch(t), "state")
	synctest.Test(t, func(t *testing.T) {
		r := rigAt(t, dir)
		q := r.open()
		hang, done := make(chan struct{}), make(chan error, 1)
		go func() {
			_, err := q.Add(r.shot(), func(w io.Writer) (photo.Exposure, error) {
				<-hang
				return picture(1, 100)(w)
			})
			done <- err
		}()
		synctest.Wait()
		began := time.Now()
		if err := q.Close(); err == nil || !strings.Contains(err.Error(), "1 calls") || time.Since(began) != time.Second {
			t.Errorf("Close = %v after %s, want an error with the calls under way after 1s", err, time.Since(began))
		}
		if err := q.Acknowledge(1); !errors.Is(err, queue.ErrClosed) {
			t.Errorf("Acknowledge = %v, want %v", err, queue.ErrClosed)
		}
		close(hang)
		r.do("the Add that hung", <-done)
		r.close()
		if got := r.open().Stats(); got.Waiting != 1 {
			t.Errorf("Stats = %+v, want the photo of the Add that hung", got)
		}
		r.check()
		r.close()
	})
}

func TestPanicOfCameraLeavesNothingBehind(t *testing.T) {
	r := newRig(t)
	q := r.open()
	func() {
		defer func() { recover() }()
		q.Add(r.shot(), func(io.Writer) (photo.Exposure, error) { panic("driver") })
	}()
	if n := r.files(); n != 0 {
		t.Errorf("%d files, want none", n)
	}
	r.add()
}

// BenchmarkAdd is for a count of system calls from outside (strace -c); its
// bytes are a small camera's photo.
func BenchmarkAdd(b *testing.B) {
	r := rigAt(b, b.TempDir()) // a real disk
	q := r.open()
	defer r.close()
	fill := picture(1, 5<<20)
	b.SetBytes(5 << 20)
	for b.Loop() {
		if _, err := q.Add(r.shot(), fill); err != nil {
			b.Fatal(err)
		}
	}
}
