package control_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func TestListGivesEveryPhotoOfALongBacklogOnce(t *testing.T) {
	d := &fakeDaemon{items: append(items(1234, 3, queue.Refused), items(0, 1234, queue.Waiting)...)}
	for i := range d.items {
		d.items[i].Format = []string{"jpg", "cr2"}[d.items[i].Seq()%2]
		d.items[i].Taken = d.Now().Add(time.Duration(d.items[i].Seq()) * time.Minute)
	}
	c := serve(t, d)
	both := []queue.State{queue.Refused, queue.Waiting}
	minute := func(n int) time.Time { return d.Now().Add(time.Duration(n) * time.Minute) }
	for name, tc := range map[string]struct {
		q           control.Query
		want        int
		first, last uint64
	}{
		"all":               {control.Query{}, 1237, 1237, 1},
		"all, oldest first": {control.Query{Oldest: true}, 1237, 1, 1237},
		"one state":         {control.Query{States: both[1:]}, 1234, 1234, 1},
		"two states":        {control.Query{States: both}, 1237, 1237, 1},
		"two, oldest first": {control.Query{States: both, Oldest: true}, 1237, 1, 1237},
		"a page and one":    {control.Query{States: both, Limit: 501}, 501, 1237, 737},
		"few":               {control.Query{States: both, Oldest: true, Limit: 2}, 2, 1, 2},
		"a kind":            {control.Query{Kinds: []string{photo.KindRAW}}, 619, 1237, 1},
		"few of a kind":     {control.Query{Kinds: []string{photo.KindJPEG}, Limit: 600}, 600, 1236, 38},
		"a span of time":    {control.Query{From: minute(600), To: minute(700)}, 100, 699, 600},
		"none":              {control.Query{States: []queue.State{queue.Confirmed}}, 0, 0, 0},
	} {
		got, err := c.List(t.Context(), tc.q)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[photo.ID]bool{}
		for _, p := range got {
			seen[p.ID] = true
		}
		if len(got) != tc.want || len(seen) != tc.want {
			t.Errorf("%s: got %d photos, %d different, want %d", name, len(got), len(seen), tc.want)
			continue
		}
		if tc.want > 0 && (got[0].Seq() != tc.first || got[len(got)-1].Seq() != tc.last) {
			t.Errorf("%s: got %d to %d, want %d to %d", name, got[0].Seq(), got[len(got)-1].Seq(), tc.first, tc.last)
		}
	}
}

func TestAPhotosBytesArriveWholeOrNotAtAll(t *testing.T) {
	d := &fakeDaemon{items: items(199_999, 1, queue.Waiting)} // 200,000 bytes: several pieces
	c := serve(t, d)
	read := func() (int, error) {
		f, err := c.Open(t.Context(), d.items[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		return len(b), err
	}
	if n, err := read(); n != 200_000 || err != nil {
		t.Errorf("got %d bytes, %v, want 200000, nil", n, err)
	}
	d.short = 1
	if n, err := read(); err == nil {
		t.Errorf("a file that is too short: got %d bytes and no error", n)
	}
	if _, err := c.Open(t.Context(), photo.NewID(d.Now(), 7)); !errors.Is(err, queue.ErrUnknown) {
		t.Errorf("unknown photo: got %v, want ErrUnknown", err)
	}
}

func TestDropDeletesWhatIsStillThere(t *testing.T) {
	d := &fakeDaemon{items: items(0, 700, queue.Waiting)}
	c := serve(t, d)
	var ids []photo.ID
	for _, i := range d.items {
		ids = append(ids, i.ID)
	}
	d.items = slices.Delete(d.items, 300, 302) // two went meanwhile
	if n, err := c.Drop(t.Context(), ids...); n != 698 || err != nil || len(d.items) != 0 {
		t.Errorf("got %d, %v, and %d are left; want 698, nil, none left", n, err, len(d.items))
	}
	for _, h := range d.hands {
		if n := strings.Count(h, "Z-"); n > 256 {
			t.Errorf("%d photos went at once, want at most 256: a capture waits", n)
		}
	}
}

func TestHoldAndReleaseReachTheDaemon(t *testing.T) {
	d := &fakeDaemon{items: items(0, 2, queue.Waiting)}
	c := serve(t, d)
	id := d.items[1].ID
	if n, err := c.Hold(t.Context(), control.Choice{IDs: []photo.ID{id}}); n != 1 || err != nil {
		t.Errorf("hold: got %d, %v, want 1, nil", n, err)
	}
	if n, err := c.Release(t.Context(), control.Choice{All: true}); n != 1 || err != nil {
		t.Errorf("release: got %d, %v, want 1, nil", n, err)
	}
	if got, want := fmt.Sprint(d.hands), fmt.Sprintf("[hold[%s] release[]]", id); got != want {
		t.Errorf("the daemon got %s, want %s", got, want)
	}
	if _, err := c.Hold(t.Context(), control.Choice{IDs: []photo.ID{photo.NewID(d.Now(), 9)}}); !errors.Is(err, queue.ErrUnknown) {
		t.Errorf("unknown photo: got %v, want ErrUnknown", err)
	}
}

func TestCheckTellsEachFindingAndItsEnd(t *testing.T) {
	d := &fakeDaemon{items: items(0, 600, queue.Held), bad: 400, stats: queue.Stats{Held: 600, HeldBytes: 180_300}}
	d.damage = fmt.Errorf("check queue: %w", errors.Join(
		errors.New("first"),
		fmt.Errorf("photo x: %w", errors.Join(errors.New("second"), fmt.Errorf("%w: third", queue.ErrDamaged))),
	))
	var findings []string
	var last control.CheckEvent
	if err := serve(t, d).Check(t.Context(), control.CheckRequest{Photos: true}, func(e control.CheckEvent) {
		if last = e; e.Finding != "" {
			findings = append(findings, e.Finding)
		}
	}); err != nil {
		t.Fatal(err)
	}
	bad := fmt.Sprintf("held photo %s: photo is damaged", d.items[200].ID)
	want := []string{"first", "photo x: second", "photo x: photo is damaged: third", bad}
	if !slices.Equal(findings, want) {
		t.Errorf("findings: got %q, want %q", findings, want)
	}
	if want := (control.CheckEvent{Photos: 600, Bytes: 180_300, OfPhotos: 600, OfBytes: 180_300, Done: true}); last != want {
		t.Errorf("at the end: got %+v, want %+v", last, want)
	}
}

func TestACheckThatIsBrokenOffIsNoCleanBill(t *testing.T) {
	d := &fakeDaemon{damage: queue.ErrClosed}
	err := serve(t, d).Check(t.Context(), control.CheckRequest{}, func(control.CheckEvent) {})
	if err == nil || !strings.Contains(err.Error(), "broken off") {
		t.Errorf("got %v, want that it was broken off", err)
	}
}
