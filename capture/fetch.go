package capture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/capture/photo"
)

const (
	// fetchPause is the least time between the beginnings of two fetches: 5 min,
	// less what an upload session may begin late.
	fetchPause = 5*time.Minute - 30*time.Second
	// maxFetch bounds one fetch; what is left then is there the next time.
	maxFetch = 2 * time.Hour
	// fetchSettle is how long a picture may take from the shutter until List has
	// it: a full buffer of 20 shots at 1 s to 2 s each.
	fetchSettle = time.Minute
	// maxFailed is how many pictures in a row may fail before the fetch is given
	// up for this time.
	maxFailed = 3
	// maxWait is how long a picture that is missing may come late: its file was
	// half-written when the power went, or the card was in a reader.
	maxWait = 48 * time.Hour
)

// Fetched is what one fetch brought.
type Fetched struct {
	// Done: the camera was looked at; false where there was nothing to do, or the
	// last time was less than 5 min ago.
	Done bool
	// Listed is how many pictures were found that were not fetched before.
	Listed int
	// Slots is how many slots got their photo, Extra how many photos belong to
	// none, Missing how many slots have none though the shutter was released, and
	// Left how many pictures stay on the camera for the next time.
	Slots, Extra, Missing, Left int
	// Ahead is by how much the camera's clock is ahead of this one's.
	Ahead time.Duration
}

// Fetch brings the pictures of a Deferred from the camera into the store, and finds
// for each the slot that it is of. An upload session calls it before it picks
// photos. It may be called from any goroutine, whether Run is running or not;
// slots go on meanwhile. It returns when all is fetched, ctx ends, or after 2 h,
// with an error where pictures are left that were not tried: they are there the
// next time. Beside another Fetch it returns ErrBusy at once, and a zero Fetched
// where the camera is no Deferred or was looked at less than 5 min ago.
func (s *Service) Fetch(ctx context.Context) (Fetched, error) {
	if s.o.Deferred == nil {
		return Fetched{}, nil
	}
	if !s.fetch.TryLock() {
		return Fetched{}, ErrBusy
	}
	if last := s.fetchedAt; !last.IsZero() && time.Since(last) < fetchPause {
		s.fetch.Unlock()
		return Fetched{}, nil
	}
	s.fetchedAt = time.Now()
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	defer cancel()
	type result struct {
		fetched Fetched
		err     error
	}
	done := make(chan result, 1)
	go func() {
		defer s.fetch.Unlock()
		fetched, err := s.fetchAll(ctx)
		done <- result{fetched, err}
	}()
	select {
	case r := <-done:
		return r.fetched, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(cancelGrace)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.fetched, r.err
	case <-timer.C:
		// It keeps the lock until it returns: no other fetch begins before.
		return Fetched{Done: true}, fmt.Errorf("fetch pictures: %w", errCameraStuck)
	}
}

// fetchAll is one fetch, and tells of it. s.fetch is locked.
func (s *Service) fetchAll(ctx context.Context) (Fetched, error) {
	f := fetch{Service: s, begun: time.Since(s.made), now: s.o.Clock.Now()}
	s.update(func(st *State) { st.Bulk.Fetching, st.Bulk.Last = true, f.now })
	cause, err := f.run(ctx)
	f.result.Done = true
	s.update(func(st *State) {
		b := &st.Bulk
		b.Fetching, b.Open, b.Error = false, s.shots.count(), ""
		b.Fetched += f.result.Slots
		b.Extra += f.result.Extra
		b.Missing += f.result.Missing - f.late
		if f.result.Slots > 0 {
			b.Ahead = f.result.Ahead
		}
		if err != nil {
			b.Error = detail(err)
		}
	})
	event := s.o.Log.Info()
	if err != nil {
		event = s.o.Log.Warn().Err(err)
	}
	event.Int("listed", f.result.Listed).Int("slots", f.result.Slots).Int("extra", f.result.Extra).
		Int("missing", f.result.Missing).Int("left", f.result.Left).Dur("camera_ahead", f.result.Ahead).Msg("pictures fetched from the camera")
	s.tellFetch(ctx, cause, err, f.result.Missing)
	if err != nil {
		return f.result, fmt.Errorf("fetch pictures: %w", err)
	}
	return f.result, nil
}

// tellFetch tells Problem how a fetch went. One that was only cut short is none, nor
// one of a camera that was not fired.
func (s *Service) tellFetch(ctx context.Context, cause photo.Cause, err error, missing int) {
	if s.o.Problem == nil {
		return
	}
	now := map[photo.Cause]error{}
	switch {
	case err != nil && (ctx.Err() != nil || cause == ""):
		return
	case err != nil:
		now[cause] = err
	case missing > 0:
		now[photo.NotFetched] = fmt.Errorf("the camera has no picture of %d slots at which its shutter was released", missing)
	}
	for _, c := range []photo.Cause{photo.NotFetched, photo.CardFull, photo.StoreFault} {
		if now[c] != nil {
			s.o.Problem(c, now[c])
			s.fetchRaised[c] = true
		} else if s.fetchRaised[c] {
			s.o.Problem(c, nil)
			delete(s.fetchRaised, c)
		}
	}
}

// fetch is one fetch under way.
type fetch struct {
	*Service
	begun  time.Duration // by package time, since the service was made
	now    time.Time     // by the wall clock, at the same moment
	result Fetched
	late   int            // of result.Slots, those that had been called missing
	done   []*firing      // whose picture came
	last   time.Time      // the latest slot that the store knew when it began; zero for none
	fired  map[int64]bool // the slots of the shots that are remembered
}

// run fetches all that is listed. Its error comes with whose fault it is.
func (f *fetch) run(ctx context.Context) (photo.Cause, error) {
	listing, err := f.o.Deferred.List(ctx)
	// A shot that ends from here on is in the list below.
	bound := f.cfg.Timeout + fetchSettle
	underWay := f.shots.underWay(time.Since(f.made), bound)
	open := f.shots.all()
	if err != nil {
		err = fmt.Errorf("look at the camera's card: %w", err)
		if len(open) == 0 { // a new card has no directory before its first picture
			return "", err
		}
		return photo.NotFetched, err
	}
	f.result.Listed = len(listing.Pictures)
	// The store must know of every shot before a photo of a later one: else a power
	// cut would leave out those between.
	if err := f.note(); err != nil {
		return photo.StoreFault, fmt.Errorf("write open slots: %w", err)
	}
	f.last, _ = f.o.Store.LastSlot()
	shots := f.assign(listing, open)
	defer func() { f.shots.close(f.done...) }()
	failed := 0
	for n, i := range f.order(listing.Pictures) {
		if err := ctx.Err(); err != nil {
			f.result.Left += len(listing.Pictures) - n
			return photo.NotFetched, err
		}
		p := listing.Pictures[i]
		if underWay && shots[i].nobodys() && shots[i].Taken.After(f.now.Add(-bound)) {
			f.result.Left++ // it may be of the shot under way: the next fetch knows
			continue
		}
		cause, err := f.take(ctx, p, shots[i])
		if err == nil {
			failed = 0
			delete(f.unread, p.Name)
			continue
		}
		f.result.Left++
		failed++
		if cause == photo.NotFetched && ctx.Err() == nil {
			f.unread[p.Name] = true
		}
		if cause != photo.NotFetched || failed >= maxFailed || ctx.Err() != nil {
			f.result.Left += len(listing.Pictures) - n - 1
			return cause, fmt.Errorf("picture %s: %w", p.Name, err)
		}
		f.o.Log.Warn().Err(err).Str("picture", p.Name).Msg("picture not fetched, left for the next time")
	}
	f.suspect = false
	if listing.More {
		f.result.Left++
		return "", nil
	}
	return f.reckon(open, shots)
}

// order is the pictures' indices: those that could not be fetched before come last, for
// files that can't be read must not keep the others on the camera.
func (f *fetch) order(pictures []Picture) []int {
	var first, last []int
	unread := map[string]bool{}
	for i, p := range pictures {
		if f.unread[p.Name] {
			last, unread[p.Name] = append(last, i), true
		} else {
			first = append(first, i)
		}
	}
	f.unread = unread
	return append(first, last...)
}

// reckon accounts for the shots that the camera has no picture of.
func (f *fetch) reckon(open []*firing, shots []shot) (photo.Cause, error) {
	pictured := map[*firing]bool{}
	for _, s := range shots {
		pictured[s.firing] = true
	}
	var gone, old []*firing
	for _, o := range open {
		age := f.begun - o.mono
		switch missed := f.shots.wasMissed(o); {
		case pictured[o] || age < fetchSettle:
		case missed || o.manual():
			if age > maxWait {
				old = append(old, o)
			}
		default:
			gone = append(gone, o)
		}
	}
	f.shots.close(old...)
	if len(gone) == 0 {
		return "", nil
	}
	if err := f.missFirings(gone, detailGone); err != nil {
		return photo.StoreFault, fmt.Errorf("write missing slots: %w", err)
	}
	f.shots.miss(gone)
	f.result.Missing = len(gone)
	first, last := gone[0].slotTime(), gone[len(gone)-1].slotTime()
	f.update(func(s *State) {
		s.LastMiss = photo.Miss{From: first, To: last, Slots: len(gone), Cause: photo.NotFetched, Detail: detailGone}
	})
	return "", nil
}

// errKnown ends the writing of a file that the store has already.
var errKnown = errors.New("the store has this picture already")
