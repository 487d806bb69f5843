package control

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// shelf is a Photos that counts how often it is asked, and calls asked before each
// answer.
type shelf struct {
	Store
	items  []queue.Item // oldest first
	rounds int
	asked  func()
}

func (s *shelf) List(f queue.Filter) (page []queue.Item, err error) {
	s.rounds++
	if s.asked != nil {
		s.asked()
	}
	for _, i := range s.items {
		if i.Seq() > f.After && len(page) < f.Limit {
			page = append(page, i)
		}
	}
	return page, nil
}

// backlog has n JPEG files, and a raw one after them.
func backlog(n int) *shelf {
	s := &shelf{}
	for i := range n + 1 {
		m := photo.Meta{ID: photo.NewID(time.Unix(0, 0), uint64(i+1)), Exposure: photo.Exposure{Format: "jpg"}}
		if i == n {
			m.Format = "cr2"
		}
		s.items = append(s.items, queue.Item{Meta: m, State: queue.Waiting})
	}
	return s
}

// rawPage asks for one raw photo.
func rawPage() page {
	return page{Query: Query{Kinds: []string{photo.KindRAW}, Oldest: true, Limit: 1}}
}

func TestAKindIsLookedForAPageAtATime(t *testing.T) {
	s := backlog(2 * pageLimit)
	items, err := rawPage().read(t.Context(), s)
	if err != nil || len(items) != 1 || items[0].Format != "cr2" {
		t.Fatalf("got %v, %v, want the raw photo", items, err)
	}
	if s.rounds > 3 {
		t.Errorf("the queue was asked %d times, want 3: each is a transaction", s.rounds)
	}
}

func TestASearchEndsWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the caller went away")
	s := backlog(5 * pageLimit)
	s.asked = func() { cancel(gone) }
	if _, err := rawPage().read(ctx, s); !errors.Is(err, gone) || s.rounds != 1 {
		t.Errorf("got %v after %d rounds, want that it ended after the first", err, s.rounds)
	}
}

// ledgerOf is a Store whose ledger has one slot a day.
type ledgerOf struct {
	Store
	rounds int
	asked  func()
}

func (l *ledgerOf) Days(from, to time.Time) (all []queue.Day, err error) {
	l.rounds++
	if l.asked != nil {
		l.asked()
	}
	for d := from.Truncate(24 * time.Hour); d.Before(to); d = d.AddDate(0, 0, 1) {
		all = append(all, queue.Day{Day: d})
	}
	return all, nil
}

func TestALongLedgerComesWhole(t *testing.T) {
	from := time.Date(2026, 1, 3, 7, 30, 0, 0, time.UTC)
	s := &Server{Options{Store: &ledgerOf{}}}
	days, err := s.daysOf(t.Context(), from, from.AddDate(0, 0, 364))
	if err != nil || len(days) != 365 {
		t.Fatalf("got %d days, %v, want the 365 that were touched", len(days), err)
	}
	for i, d := range days {
		if want := from.AddDate(0, 0, i).Format(time.DateOnly); d.Day != want {
			t.Fatalf("day %d: got %s, want %s", i, d.Day, want)
		}
	}
}

func TestALongLedgerEndsWithItsCaller(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the caller went away")
	l := &ledgerOf{asked: func() { cancel(gone) }}
	from := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	if _, err := (&Server{Options{Store: l}}).daysOf(ctx, from, from.AddDate(1, 0, 0)); !errors.Is(err, gone) || l.rounds != 1 {
		t.Errorf("got %v after %d rounds, want that it ended after the first", err, l.rounds)
	}
}

// stopped is the client of a daemon that takes connections, and never answers, as
// after kill -STOP.
func stopped(t *testing.T) *Client {
	t.Helper()
	return newClient("", func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { theirs.Close() })
		return ours, nil
	})
}

func TestADaemonThatDoesNotAnswerIsNotWaitedForInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, start := stopped(t), time.Now()
		if _, err := c.Status(t.Context()); !errors.Is(err, ErrSilent) {
			t.Errorf("status: got %v, want ErrSilent", err)
		}
		if err := c.Upload(t.Context(), 0); !errors.Is(err, ErrSilent) {
			t.Errorf("upload: got %v, want ErrSilent", err)
		}
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("waited for %v, want half a minute for each", waited)
		}
	})
}

func TestAnInterruptIsCalledByItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("interrupt signal received")) })
		if _, err := stopped(t).Stats(ctx); err == nil || err.Error() != "interrupt signal received" {
			t.Errorf("got %v, want the signal alone", err)
		}
	})
}

func TestAFaultOfTheSocketNamesNoAddress(t *testing.T) {
	c := newClient("", func(context.Context) (net.Conn, error) { return nil, errors.New("no room") })
	if _, err := c.Status(t.Context()); err == nil || strings.Contains(err.Error(), "http") || !strings.Contains(err.Error(), "no room") {
		t.Errorf("got %v, want the cause without an address", err)
	}
}
