package tustest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// Fault answers one request in place of the healthy server.
type Fault func(r *Receiver, w http.ResponseWriter, q *http.Request)

// planned is a fault that waits for its request.
type planned struct {
	method string
	fault  Fault
	times  int // left; negative: always
}

// Next gives the next request of that method ("" is any) to fault. Faults for
// the same method are taken in the order in which they were planned.
func (r *Receiver) Next(method string, fault Fault) { r.plan(method, 1, fault) }

// Always gives every request of that method ("" is any) to fault, until Heal.
func (r *Receiver) Always(method string, fault Fault) { r.plan(method, -1, fault) }

func (r *Receiver) plan(method string, times int, fault Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, planned{method, fault, times})
}

// Heal drops all faults that wait.
func (r *Receiver) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = nil
}

// takeFault picks the fault for a request; r.mu is held.
func (r *Receiver) takeFault(method string) Fault {
	for i, p := range r.faults {
		if p.method != "" && p.method != method {
			continue
		}
		if p.times--; p.times == 0 {
			r.faults = append(r.faults[:i:i], r.faults[i+1:]...)
		}
		return p.fault
	}
	return nil
}

// Status answers with a status and headers, given as name, value, ...; it says
// that it is a tus server.
func Status(code int, header ...string) Fault {
	return func(_ *Receiver, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Tus-Resumable", "1.0.0")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		if code >= 200 && code != 204 && code != 304 {
			io.WriteString(w, http.StatusText(code)+": no\n")
		}
	}
}

// Page answers as something that is no tus server does: a captive portal, a
// proxy.
func Page(code int) Fault {
	return func(_ *Receiver, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		io.WriteString(w, "<html><body>Welcome to the free network</body></html>")
	}
}

// Raw writes text to the connection in place of an answer, and closes it.
func Raw(text string) Fault {
	return func(_ *Receiver, w http.ResponseWriter, _ *http.Request) {
		if c, _ := hijack(w); c != nil {
			io.WriteString(c, text)
			c.Close()
		}
	}
}

// CloseAfter keeps n bytes of the body and closes the connection.
func CloseAfter(n int64) Fault {
	return func(r *Receiver, w http.ResponseWriter, q *http.Request) {
		c, b := hijack(w)
		if c == nil {
			return
		}
		q.Body = &brokenBody{io.LimitReader(b, n)}
		r.serve(discard{}, q)
		c.Close()
	}
}

// StopReading keeps n bytes of the body and then neither reads nor answers.
func StopReading(n int64) Fault {
	return func(r *Receiver, w http.ResponseWriter, q *http.Request) {
		c, b := hijack(w)
		if c == nil {
			return
		}
		q.Body = &brokenBody{io.LimitReader(b, n)}
		r.serve(discard{}, q)
		<-r.done
		c.Close()
	}
}

// Hang never answers.
func Hang() Fault { return StopReading(0) }

// Trickle answers with one byte of an endless header at each interval.
func Trickle(every time.Duration) Fault {
	return func(r *Receiver, w http.ResponseWriter, _ *http.Request) {
		c, _ := hijack(w)
		if c == nil {
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 204 No Content\r\nX: ")
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-r.done:
				return
			case <-t.C:
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
			}
		}
	}
}

// LoseAnswer does what was asked and closes the connection without an answer.
func LoseAnswer() Fault {
	return func(r *Receiver, w http.ResponseWriter, q *http.Request) {
		r.serve(discard{}, q)
		if c, _ := hijack(w); c != nil {
			c.Close()
		}
	}
}

// hijack takes the connection over from the server.
func hijack(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return nil, nil
	}
	c, b, err := h.Hijack()
	if err != nil {
		return nil, nil
	}
	return c, b
}

// brokenBody ends with an error where its bytes end.
type brokenBody struct{ r io.Reader }

func (b *brokenBody) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (b *brokenBody) Close() error { return nil }

// discard is an answer that nobody sees.
type discard struct{}

func (discard) Header() http.Header         { return make(http.Header) }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
