package gphoto

import (
	"context"
	"fmt"
	"strings"
)

// locate is the camera's port: that of the configuration, the one that was found
// before, or the one that is found now.
func (c *Camera) locate(ctx context.Context) (where, error) {
	if c.cfg.Port != "" {
		w := where{port: c.cfg.Port, model: c.cfg.Model}
		if w.model == "" && c.cfg.network() {
			w.model = networkModel
		}
		return w, nil
	}
	if c.at.port != "" {
		return c.at, nil
	}
	s := newSaid()
	if err := c.ask(ctx, detectTime, s, "--auto-detect"); err != nil {
		return where{}, fmt.Errorf("look for the camera: %w", err)
	}
	var other []string
	for _, w := range s.found {
		if !strings.HasPrefix(w.port, "usb:") {
			continue
		}
		if strings.Contains(strings.ToLower(w.model), strings.ToLower(c.cfg.Model)) {
			if w.model != c.model {
				c.o.Log.Info().Str("camera", w.model).Str("port", w.port).Msg("camera found")
			}
			c.at, c.model = w, w.model
			return w, nil
		}
		other = append(other, w.model)
	}
	if len(other) > 0 {
		return where{}, fmt.Errorf("no camera %q on USB, only %s", c.cfg.Model, strings.Join(other, ", "))
	}
	return where{}, &Fault{Code: codeUnknownModel, Text: "No camera found"}
}

// options are the arguments that say which camera is meant. On USB the model is what
// gphoto2 finds at the port: it is a part of the name in the configuration.
func (w where) options(network bool) []string {
	args := []string{"--port", w.port}
	if network {
		args = append(args, "--camera", w.model)
	}
	return args
}
