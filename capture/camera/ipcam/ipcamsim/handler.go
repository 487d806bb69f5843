package ipcamsim

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// DevicePath is ONVIF's device service; MediaPath its media service.
const (
	DevicePath = "/onvif/device_service"
	MediaPath  = "/onvif/media_service"
)

// ServeHTTP implements http.Handler.
func (c *Camera) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, f := c.state()
	c.mu.Lock()
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	c.requests = append(c.requests, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+strings.ToLower(scheme)))
	path := c.path
	c.mu.Unlock()
	if s != well {
		c.hang(r)
		return
	}
	w.Header().Set("Server", "App-webs/")
	switch {
	case f.LoginPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!DOCTYPE html><title>Login</title>")
	case r.URL.Path == DevicePath, r.URL.Path == MediaPath:
		c.onvif(w, r, f)
	case r.URL.Path != path:
		http.NotFound(w, r)
	case !c.authorized(w, r, f):
	case f.Status != 0:
		http.Error(w, http.StatusText(f.Status), f.Status)
	case f.Redirect != "":
		http.Redirect(w, r, f.Redirect, http.StatusFound)
	default:
		c.snapshot(w, r, f)
	}
}

// hang answers nothing until the other side gives up.
func (c *Camera) hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // else its end is not noticed
	select {
	case <-r.Context().Done():
	case <-c.down:
	}
}

// snapshot answers with a picture, or what becomes of it.
func (c *Camera) snapshot(w http.ResponseWriter, r *http.Request, f Faults) {
	wait := time.NewTimer(c.o.Takes)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-r.Context().Done():
		return
	}
	if s, _ := c.state(); s == off {
		c.hang(r)
		return
	}
	p := c.shoot()
	kind := "image/jpeg"
	if f.WrongType {
		kind = "text/plain"
	}
	w.Header().Set("Content-Type", kind)
	if !f.EndHalfway && !f.Endless && !f.Flood {
		w.Header().Set("Content-Length", fmt.Sprint(len(p)))
	}
	flush := http.NewResponseController(w).Flush
	switch {
	case f.HangHalfway:
		_, _ = w.Write(p[:len(p)/2])
		_ = flush()
		if f.Wedge {
			c.mu.Lock()
			c.wedged = true
			c.mu.Unlock()
		}
		c.hang(r)
	case f.CutHalfway:
		_, _ = w.Write(p[:len(p)/2])
		_ = flush()
		panic(http.ErrAbortHandler)
	case f.EndHalfway:
		_, _ = w.Write(p[:len(p)/2])
	case f.Drip:
		drip(w, r, p)
	case f.Endless, f.Flood:
		if f.Flood {
			p = p[:len(p)-2]
		}
		for r.Context().Err() == nil {
			if _, err := w.Write(p); err != nil {
				return
			}
			p = make([]byte, 64<<10)
		}
	default:
		_, _ = w.Write(p)
	}
}

// drip writes p byte by byte, one each second.
func drip(w http.ResponseWriter, r *http.Request, p []byte) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i := range p {
		if _, err := w.Write(p[i : i+1]); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}
