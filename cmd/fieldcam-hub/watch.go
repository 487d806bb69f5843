package main

import (
	"context"
	"errors"
	stdlog "log"
	"time"

	"github.com/rs/zerolog"
)

// expectEvery is how often new devices and photo folders are looked for: what
// "device add" has registered appears on the page so soon.
const expectEvery = 2 * time.Second

// expect keeps the fleet's list of systems until ctx ends.
func (h *hub) expect(ctx context.Context) error {
	tick := time.NewTicker(expectEvery)
	defer tick.Stop()
	before := map[string]bool{}
	for {
		if now, err := h.expected(); err != nil {
			h.log.Warn().Err(err).Msg("list systems")
		} else {
			for name := range now {
				h.fleet.Expect(name)
			}
			for name := range before {
				if !now[name] {
					h.fleet.Forget(name)
				}
			}
			before = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (h *hub) expected() (map[string]bool, error) {
	names := map[string]bool{}
	devices, err := h.devices.Devices()
	for _, d := range devices {
		names[d.Name] = true
	}
	folders, err2 := h.archive.Devices()
	for _, name := range folders {
		names[name] = true
	}
	return names, errors.Join(err, err2)
}

// quietly takes net/http's complaints about clients, such as bad handshakes.
func quietly(log zerolog.Logger) *stdlog.Logger { return stdlog.New(debugWriter{log}, "", 0) }

type debugWriter struct{ log zerolog.Logger }

func (w debugWriter) Write(p []byte) (int, error) {
	w.log.Debug().Msg(string(p))
	return len(p), nil
}
