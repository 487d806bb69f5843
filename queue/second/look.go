package second

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// look opens the disk, takes a new one into use, and notes its space. The queue
// is told where the disk is another, and what is on it.
func (w *Worker) look(ctx context.Context) error {
	d, err := w.open()
	if errors.Is(err, ErrForeign) {
		w.update(func(s *State) { s.Mounted = true })
	}
	if err != nil {
		return fmt.Errorf("second copy: %w", err)
	}
	defer d.Close()
	w.update(func(s *State) { s.Mounted = true })
	if d.mark.Disk == "" {
		if err := d.take(); err != nil {
			return fmt.Errorf("second copy: take disk into use: %w", err)
		}
	}
	if _, _, err := d.space(); err != nil {
		return fmt.Errorf("second copy: %w", err)
	}
	w.update(func(s *State) { s.Disk = d.mark.Disk })
	if w.source == "" {
		if w.source, err = w.readSource(); err != nil {
			return fmt.Errorf("second copy: %w", err)
		}
	}
	known, err := w.o.Queue.Disk()
	if err == nil && known != d.mark.Disk {
		w.offered, w.offeredAt = "", time.Time{}
		err = w.o.Queue.SetDisk(d.mark.Disk)
	}
	if err != nil {
		return fmt.Errorf("second copy: %w", err)
	}
	if w.offered != d.mark.Disk && (w.offeredAt.IsZero() || time.Since(w.offeredAt) > passInterval) {
		w.offeredAt = time.Now()
		if err := d.offer(ctx); err == nil {
			w.offered = d.mark.Disk
		} else if ctx.Err() == nil { // photos are copied all the same; none is deleted
			w.o.Log.Error().Err(err).Msg("disk not looked through for photos that the queue has lost")
		}
	}
	w.setHere(d.mark.Disk)
	return nil
}

// setHere is what Disk says from now on.
func (w *Worker) setHere(disk string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.here = disk
}
