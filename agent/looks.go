package agent

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/capture/picture"
	"fieldcam/queue"
)

// recentPhotos is how many photos are looked up at a start for the checks' memory.
const recentPhotos = 20

// looks keeps account of what the checks say of the photos.
type looks struct {
	mu  sync.Mutex // guards bad
	bad int        // photos in a row, the newest included
}

// makeChecks makes the checks of pictures; nil where none are wanted. They begin where
// those before the start ended, as far as the photos tell.
func (a *Agent) makeChecks() *picture.Checker {
	cfg := a.o.Config.Checks
	if !cfg.Enabled {
		return nil
	}
	items, err := a.queue.List(queue.Filter{Limit: recentPhotos})
	if err != nil {
		a.log.Warn().Err(err).Msg("sizes of the last photos are not known")
	}
	recent := make([]photo.Meta, 0, len(items))
	counting := true
	for _, item := range items {
		recent = append(recent, item.Meta)
		if item.Shot != "" {
			continue
		}
		if counting = counting && item.Verdict.Bad(); counting {
			a.looks.bad++
		}
	}
	return picture.New(cfg, picture.Options{Night: a.plan.Night, Zone: a.plan.Zone(), Recent: recent})
}

// site is where the camera stands.
func (a *Agent) site() photo.Place {
	latitude, known := a.o.Config.Site.Latitude.Value()
	if !known {
		return photo.Place{}
	}
	longitude, _ := a.o.Config.Site.Longitude.Value()
	return photo.Place{Latitude: latitude, Longitude: longitude}
}

// watchLooks reports bad photos, and a camera's clock that is off. It may be called from
// any goroutine.
func (a *Agent) watchLooks(m photo.Meta) {
	cfg := a.o.Config.Checks
	if !cfg.Enabled || m.Shot != "" { // the first file of a shot tells of it
		return
	}
	a.looks.mu.Lock()
	defer a.looks.mu.Unlock()
	if !m.Verdict.Bad() {
		a.looks.bad = 0
		a.health.Clear(health.PhotoBad)
	} else if a.looks.bad++; cfg.AlarmAfter > 0 && a.looks.bad >= cfg.AlarmAfter {
		a.raise(health.PhotoBad, fmt.Sprintf("%s in a row bad; the last one is %s", photos(int64(a.looks.bad)), strings.Join(m.Verdict.Words(), " and ")))
	}
	if m.Exposed.IsZero() || !m.ClockSynced {
		return
	}
	a.raiseIf(m.Verdict.Has(photo.ClockOff), health.CameraClock, func() string {
		off, way := m.Exposed.Sub(m.Taken).Round(time.Second), "ahead"
		if off < 0 {
			off, way = -off, "behind"
		}
		return fmt.Sprintf("the camera's clock is %v %s: it showed %s", off, way, m.Exposed.Format("2006-01-02 15:04:05 UTC"))
	})
}
