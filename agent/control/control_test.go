package control_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// fakeDaemon is an agent, a queue and a schedule with answers to give.
type fakeDaemon struct {
	status   control.Status
	shot     photo.Meta
	err      error
	items    []queue.Item // newest first
	hands    []string
	stats    queue.Stats
	days     []queue.Day
	ledger   []queue.Entry
	damage   error // what Check finds
	bad      int64 // the size of a damaged photo
	short    int64 // of each photo's bytes, how many are missing
	uploaded []int
}

func (d *fakeDaemon) Status() control.Status { return d.status }

func (d *fakeDaemon) Capture(context.Context) (photo.Meta, error) { return d.shot, d.err }

func (d *fakeDaemon) Upload(photos int) error {
	d.uploaded = append(d.uploaded, photos)
	return d.err
}

func (d *fakeDaemon) List(f queue.Filter) (page []queue.Item, err error) {
	for n := range d.items {
		i := d.items[n]
		if f.Oldest {
			i = d.items[len(d.items)-1-n]
		}
		if (f.State == "" || i.State == f.State) && (f.Before == 0 || i.Seq() < f.Before) && i.Seq() > f.After && len(page) < f.Limit &&
			(f.From.IsZero() || !i.Taken.Before(f.From)) && (f.To.IsZero() || i.Taken.Before(f.To)) {
			page = append(page, i)
		}
	}
	return page, d.err
}

func (d *fakeDaemon) Item(id photo.ID) (queue.Item, error) {
	for _, i := range d.items {
		if i.ID == id {
			return i, nil
		}
	}
	return queue.Item{}, queue.ErrUnknown
}

// nothing is a picture of zeros.
type nothing struct{ *bytes.Reader }

func (nothing) Close() error { return nil }

func (d *fakeDaemon) Open(m photo.Meta) (io.ReadSeekCloser, error) {
	return nothing{bytes.NewReader(make([]byte, m.Size-d.short))}, nil
}

// hand notes what was done to which photos; without names to one, whichever.
func (d *fakeDaemon) hand(what string, ids []photo.ID) (int, error) {
	for _, id := range ids {
		if _, err := d.Item(id); err != nil {
			return 0, err
		}
	}
	d.hands = append(d.hands, fmt.Sprint(what, ids))
	return max(1, len(ids)), d.err
}

func (d *fakeDaemon) Retry(ids ...photo.ID) (int, error)   { return d.hand("retry", ids) }
func (d *fakeDaemon) Hold(ids ...photo.ID) (int, error)    { return d.hand("hold", ids) }
func (d *fakeDaemon) Release(ids ...photo.ID) (int, error) { return d.hand("release", ids) }

func (d *fakeDaemon) Drop(ids ...photo.ID) (int, error) {
	n, err := d.hand("drop", ids)
	if err == nil {
		d.items = slices.DeleteFunc(d.items, func(i queue.Item) bool { return slices.Contains(ids, i.ID) })
	}
	return n, err
}

func (d *fakeDaemon) Stats() queue.Stats { return d.stats }

func (d *fakeDaemon) Days(from, to time.Time) (days []queue.Day, err error) {
	for _, day := range d.days {
		if !day.Day.Before(from) && day.Day.Before(to) {
			days = append(days, day)
		}
	}
	return days, d.err
}

func (d *fakeDaemon) Ledger(from, to time.Time) ([]queue.Entry, error) { return d.ledger, d.err }

func (d *fakeDaemon) Account(seqs ...uint64) (words []string, err error) {
	for _, seq := range seqs {
		words = append(words, fmt.Sprint("state of ", seq))
	}
	return words, d.err
}

func (d *fakeDaemon) Check() error { return d.damage }

func (d *fakeDaemon) Verify(m photo.Meta) error {
	if m.Size == d.bad {
		return queue.ErrDamaged
	}
	return nil
}

func (d *fakeDaemon) Now() time.Time { return time.Date(2026, 11, 21, 7, 30, 0, 0, time.UTC) }

// patience bounds every wait for what comes at once on an idle machine; look is
// how often it is looked for.
const (
	patience = 2 * time.Minute
	look     = 5 * time.Millisecond
)

// serve runs a server of d until the test ends, and gives its client.
func serve(t *testing.T, d *fakeDaemon) *control.Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), control.SocketName)
	s := control.New(control.Options{Path: path, Agent: d, Store: d, Zone: time.UTC, Clock: d, Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(look) {
		c, err := net.Dial("unix", path)
		if err == nil {
			c.Close()
			return control.NewClient(path)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// items gives those numbered from+n down to from+1.
func items(from, n int, state queue.State) (all []queue.Item) {
	at := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	for i := from + n; i > from; i-- {
		all = append(all, queue.Item{Meta: photo.Meta{ID: photo.NewID(at, uint64(i)), Size: int64(i)}, State: state})
	}
	return all
}

func TestStatusTravelsWhole(t *testing.T) {
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	want := control.Status{
		Device: "d", Model: "tempo", Version: "v1", Started: now, Now: now, ClockSynced: true, TimeZone: "Europe/Berlin",
		Capture:    control.Capture{LastMiss: &photo.Miss{From: now, To: now, Slots: 1, Cause: photo.Busy}, Failures: 2, Next: &now},
		Queue:      control.Queue{Waiting: 3, WaitingBytes: 4, Refused: 5, Oldest: &now},
		Upload:     control.Upload{Configured: true, LastError: "x", Retry: &now},
		Conditions: []control.Condition{{Name: "camera-fault", Severity: "critical", Text: "t", First: now, Last: now}},
	}
	got, err := serve(t, &fakeDaemon{status: want}).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("status (-want +got):\n%s", d)
	}
}

func TestFailuresReachTheCallerInWords(t *testing.T) {
	c := serve(t, &fakeDaemon{err: errors.New("camera does not answer")})
	if _, err := c.Capture(t.Context()); err == nil || !strings.Contains(err.Error(), "camera does not answer") {
		t.Errorf("capture: got %v, want the camera's error", err)
	}
	if _, err := c.Photo(t.Context(), photo.NewID(time.Now(), 7)); err == nil || !strings.Contains(err.Error(), "no such photo") {
		t.Errorf("unknown photo: got %v, want that there is none", err)
	}
	if _, err := c.Photo(t.Context(), "../../etc/passwd"); err == nil || !strings.Contains(err.Error(), "want the form") {
		t.Errorf("odd ID: got %v, want a word on its form", err)
	}
	if _, err := c.Retry(t.Context(), control.Choice{}); err == nil {
		t.Error("retry of nothing: got nil, want an error")
	}
}

func TestCommandsReachTheDaemon(t *testing.T) {
	d := &fakeDaemon{items: items(0, 2, queue.Refused)}
	c := serve(t, d)
	id := d.items[0].ID
	if n, err := c.Retry(t.Context(), control.Choice{IDs: []photo.ID{id}}); n != 1 || err != nil {
		t.Errorf("retry: got %d, %v, want 1, nil", n, err)
	}
	if err := c.Upload(t.Context(), 5); err != nil {
		t.Error(err)
	}
	if got, want := fmt.Sprint(d.hands, d.uploaded), fmt.Sprint([]string{fmt.Sprint("retry", []photo.ID{id})}, []int{5}); got != want {
		t.Errorf("the daemon got %s, want %s", got, want)
	}
}

func TestNoDaemonIsSaidPlainly(t *testing.T) {
	c := control.NewClient(filepath.Join(t.TempDir(), "none.sock"))
	if _, err := c.Status(t.Context()); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("got %v, want ErrNotRunning", err)
	}
}

func TestSocketLeftBehindIsReplaced(t *testing.T) {
	d := &fakeDaemon{}
	path := filepath.Join(t.TempDir(), control.SocketName)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // as after kill -9
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- control.New(control.Options{Path: path, Agent: d, Store: d, Zone: time.UTC, Clock: d, Log: zerolog.Nop()}).Run(ctx)
	}()
	c := control.NewClient(path)
	for deadline := time.Now().Add(patience); ; time.Sleep(look) {
		if _, err = c.Status(t.Context()); err == nil || time.Now().After(deadline) {
			break
		}
	}
	cancel()
	if err != nil {
		t.Errorf("status: got %v, want an answer", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Run: got %v, want the socket gone", err)
	}
}
