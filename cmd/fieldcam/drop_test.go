package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

func TestDropSaysWhatIsLostAndAsks(t *testing.T) {
	s := newSite(t)
	s.fill()
	s.daemon()
	r := s.run(strings.NewReader("y\n"), "queue", "drop", "--only", "refused,held,confirmed")
	if r.code != exitUsage || !strings.Contains(r.err, "--yes") {
		t.Errorf("without a terminal: exit code %d, %s; want that it needs --yes", r.code, r.err)
	}
	s.want(r.out, `3 photos (6.0 kB) would be deleted for good:
  oldest  20261120T060001Z-000001-xxxxxx  Fri 2026-11-20 07:00:01
  newest  20261120T063001Z-000003-xxxxxx  Fri 2026-11-20 07:30:01
THE CLOUD HAS NOT GOT 2 OF THEM (5.0 kB).
`)
	if got := s.do("queue list --only lost"); !strings.Contains(got, "3 waiting, 1 held, 1 refused, 1 confirmed") {
		t.Errorf("after that: got %s, want all photos there", got)
	}
}

func TestDropDeletesWhatWasNamedOrChosen(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		if got := s.do("queue drop --only refused,lost --yes"); !strings.HasSuffix(got, "1 photo deleted\n") {
			t.Errorf("got %s, want that one photo was deleted", got)
		}
		var r control.DropResult
		s.must(json.Unmarshal([]byte(s.do("queue drop --yes --json "+string(all[2].ID)+" "+string(all[2].ID))), &r))
		if r.Dropped != 1 {
			t.Errorf("got %+v, want 1", r)
		}
		if got := s.do("queue drop --to 2026-11-20T08:00 --yes"); !strings.HasSuffix(got, "2 photos deleted\n") {
			t.Errorf("got %s, want that two photos were deleted", got)
		}
		if got := s.do("queue drop --only refused --yes"); got != "no such photos: nothing was deleted\n" {
			t.Errorf("got %s, want that there are none", got)
		}
		if got := s.do("queue list --only lost"); !strings.Contains(got, "in all: 2 waiting\n") {
			t.Errorf("after that: got %s, want two waiting", got)
		}
		unknown := s.run(nil, "queue", "drop", "--yes", string(all[5].ID), "20261121T070316Z-000042-9f3ac1")
		if unknown.code != exitFailure || !strings.Contains(unknown.err, "nothing was deleted") {
			t.Errorf("an unknown photo: exit code %d, %s; want that nothing was deleted", unknown.code, unknown.err)
		}
		if got := s.do("queue days --from 2026-11-20 --to 2026-11-20"); !strings.Contains(got, "3 DROPPED") {
			t.Errorf("the ledger says\n%s\nwant the three that the cloud had not got", got)
		}
	})
}

func TestDropDeletesNothingThatCameAfterTheQuestion(t *testing.T) {
	s := newSite(t)
	all := s.fill()
	s.daemon()
	d := &door{Client: control.NewClient(control.Path(s.state))}
	for _, oldest := range []bool{false, true} {
		q := control.Query{States: []queue.State{queue.Waiting}, Oldest: oldest, Limit: 2}
		var l loss
		s.must(d.Each(t.Context(), q, func(p control.Photo) error {
			l.add(p)
			return nil
		}))
		last := s.take(s.q, 7, "jpg") // meanwhile
		_, err := s.q.Hold(l.newest.ID)
		s.must(err)
		if n, err := dropChosen(t.Context(), d, q, l.seqs); n != 1 || err != nil {
			t.Errorf("oldest first %v: got %d, %v, want the one of the two that still waits", oldest, n, err)
		}
		for _, id := range []photo.ID{last.ID, l.newest.ID} {
			if _, err := s.q.Item(id); err != nil {
				t.Errorf("oldest first %v, photo %s: %v; want it there", oldest, id, err)
			}
		}
		if _, err := s.q.Item(l.oldest.ID); !errors.Is(err, queue.ErrUnknown) {
			t.Errorf("oldest first %v: got %v, want the photo gone", oldest, err)
		}
		_, err = s.q.Drop(last.ID)
		s.must(err)
		_, err = s.q.Release(l.newest.ID)
		s.must(err)
	}
	if n, err := dropChosen(t.Context(), d, control.Query{}, nil); n != 0 || err != nil {
		t.Errorf("of none: got %d, %v, want 0", n, err)
	}
	if _, err := s.q.Item(all[0].ID); err != nil {
		t.Error(err)
	}
}

func TestOnlyTheNumberOfPhotosIsAYes(t *testing.T) {
	for text, want := range map[string]bool{"27\n": true, " 27 \n": true, "27": true, "": false, "y\n": false, "\n": false, "2\n": false, "270\n": false, strings.Repeat("2", 1000): false} {
		var said bytes.Buffer
		got, err := ask(t.Context(), strings.NewReader(text), &said, 27)
		if got != want || err != nil || !strings.Contains(said.String(), "27") {
			t.Errorf("ask, answered %q: got %v, %v, %q; want %v", text, got, err, said.String(), want)
		}
	}
}

// Where no daemon runs, none can start before the answer.
func TestAPersonWhoDoesNotAnswerIsNotWaitedForInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terminal, person := io.Pipe()
		var said bytes.Buffer
		start := time.Now()
		yes, err := ask(t.Context(), terminal, &said, 27)
		if waited := time.Since(start); waited != 2*time.Minute {
			t.Errorf("waited for %v, want 2 minutes", waited)
		}
		if yes || err == nil || !strings.Contains(err.Error(), "nothing was deleted") {
			t.Errorf("got %v, %v, want that nothing was deleted", yes, err)
		}
		person.Close() // ends what reads
	})
}

func TestLossSaysWhereElseThePhotosAre(t *testing.T) {
	var l loss
	for i, p := range []control.Photo{{State: queue.Confirmed, Copied: true}, {State: queue.Waiting, Copied: true}, {State: queue.Lost}} {
		p.ID, p.Taken, p.Size = photo.NewID(slot(i), uint64(i+1)), slot(i), 999e9
		l.add(p)
	}
	var b bytes.Buffer
	printLoss(&b, l, zone("America/Argentina/Buenos_Aires"))
	narrow(t, b.String())
	for _, want := range []string{"NOT GOT 2 OF THEM (2.0 TB)", "The second copy has 1 of those"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got\n%s\nwant %q in it", b.String(), want)
		}
	}
}

func TestLossOfAllOrNothingIsSaidSo(t *testing.T) {
	for state, want := range map[queue.State]string{queue.Held: "THE CLOUD HAS NOTHING OF THAT (5 B).", queue.Confirmed: "The cloud has all of that."} {
		var l loss
		l.add(control.Photo{Meta: photo.Meta{ID: photo.NewID(now(), 1), Taken: now(), Size: 5}, State: state})
		var b bytes.Buffer
		printLoss(&b, l, zone("UTC"))
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: got\n%s\nwant %q in it", state, b.String(), want)
		}
	}
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) || isTerminal(strings.NewReader("")) {
		t.Error("got a terminal, want none")
	}
}
