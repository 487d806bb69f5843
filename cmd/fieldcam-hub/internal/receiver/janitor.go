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
	infos, err := filepath.Glob(filepath.Join(r.store.dir, "*", "*.info"))
	if err != nil {
		return // the pattern is good
	}
	for _, info := range infos {
		if ctx.Err() != nil {
			return
		}
		rel, err := filepath.Rel(r.store.dir, strings.TrimSuffix(info, ".info"))
		if err != nil {
			continue
		}
		if err := r.store.tidy(ctx, filepath.ToSlash(rel)); err != nil {
			r.log.Warn().Err(err).Str("upload", rel).Msg("look after upload")
		}
	}
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
