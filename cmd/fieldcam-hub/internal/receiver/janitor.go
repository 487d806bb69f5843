package receiver

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

const (
	// keepHalf is how long a half upload waits for its rest: a device resumes the
	// newest photos first, and a backlog of days is usual.
	keepHalf = 7 * 24 * time.Hour
	// sweepEvery is how often the janitor looks.
	sweepEvery = 6 * time.Hour
	// maxHalves bounds the unfinished uploads of one device: a photo every ten
	// minutes for the week that they are kept, each of them cut.
	maxHalves = 1000
)

// Run files what a crash left whole and removes half uploads that nobody has
// resumed for a week, now and every six hours, until ctx ends.
func (r *Receiver) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		r.sweep(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweep looks at every upload once.
func (r *Receiver) sweep(ctx context.Context) {
	devices, err := os.ReadDir(r.store.dir)
	if err != nil {
		r.log.Warn().Err(err).Msg("list uploads")
	}
	for _, d := range devices {
		halves, err := r.store.halves(d.Name())
		if err != nil {
			r.log.Warn().Err(err).Msg("list uploads")
		}
		for _, id := range halves {
			if ctx.Err() != nil {
				return
			}
			if err := r.store.tidy(ctx, id); err != nil {
				r.log.Warn().Err(err).Str("upload", id).Msg("look after upload")
			}
		}
	}
}

// halves lists the uploads of a device that are not filed.
func (s *store) halves(device string) ([]string, error) {
	files, err := os.ReadDir(filepath.Join(s.dir, device))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".info"); ok {
			ids = append(ids, device+"/"+name)
		}
	}
	return ids, err
}

// trim removes a device's oldest half upload where it has too many. Nothing of it
// was promised, and the device creates it anew; a refusal would keep a device that
// sends its newest photos first from sending any.
func (s *store) trim(ctx context.Context, device string) error {
	ids, err := s.halves(device)
	if err != nil || len(ids) <= maxHalves {
		return err
	}
	oldest, when := "", time.Time{}
	for _, id := range ids {
		// One without a file is filed, and still to be settled.
		if st, err := os.Stat(s.binPath(id)); err == nil && (oldest == "" || st.ModTime().Before(when)) {
			oldest, when = id, st.ModTime()
		}
	}
	if oldest == "" {
		return nil
	}
	unlock, err := s.lock(ctx, oldest)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(s.binPath(oldest)); err != nil {
		return nil // filed meanwhile
	}
	s.log.Warn().Str("upload", oldest).Int("uploads", len(ids)).Msg("oldest half upload removed: the device has too many")
	return s.forget(oldest)
}

// tidy files one upload that is whole and removes one that is stale.
func (s *store) tidy(ctx context.Context, id string) error {
	if _, _, err := parseUploadID(id); err != nil {
		return nil // not ours
	}
	whole, stale := s.look(ctx, id)
	if !whole && !stale {
		return nil // perhaps in progress: its lock would interrupt it
	}
	unlock, err := s.lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = s.GetUpload(ctx, id) // files it, if it is whole
	if errors.Is(err, handler.ErrNotFound) {
		return s.forget(id)
	}
	if err != nil {
		return err
	}
	if whole, stale = s.look(ctx, id); stale && !whole {
		s.log.Info().Str("upload", id).Msg("half upload removed after a week")
		return s.forget(id)
	}
	return nil
}

// look tells of an upload, without its lock, whether all of it is here, and
// whether it has not changed for a week.
func (s *store) look(ctx context.Context, id string) (whole, stale bool) {
	st, err := os.Stat(s.binPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		// Filed, and the crash came before the rest was removed; or never begun.
		return true, false
	}
	if err != nil {
		return false, false
	}
	stale = time.Since(st.ModTime()) > keepHalf
	up, err := s.files.GetUpload(ctx, id)
	if err != nil {
		return false, stale
	}
	info, err := up.GetInfo(ctx)
	return err == nil && info.Offset >= info.Size, stale
}
