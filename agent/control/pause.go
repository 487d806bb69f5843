package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"fieldcam/agent/pause"
)

// Pauser keeps a person's pause; *pause.Pause is one.
type Pauser interface {
	State() pause.State
	Set(now, until time.Time, reason string) (pause.State, error)
	Clear(now time.Time) (pause.State, error)
}

// PauseRequest asks for a pause: of so many seconds, or until a time.
type PauseRequest struct {
	// Seconds is how long from now on, by the controller's clock; 0 with Until.
	Seconds int64 `json:"seconds,omitempty"`
	// Until is the end; zero with Seconds.
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// Pause is the latest pause that a person has set, as it is now.
type Pause struct {
	Paused bool      `json:"paused"`
	Now    time.Time `json:"now"` // the controller's wall time
	// From and Until are its ends, UTC: From <= t < Until; left out where there
	// was none.
	From   time.Time `json:"from,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// PauseOf is s as it is at now.
func PauseOf(s pause.State, now time.Time) Pause {
	return Pause{Paused: s.Paused(now), Now: now.UTC(), From: s.From, Until: s.Until, Reason: s.Reason}
}

// End is when the pause ends that q asks for at now. An error says what is wrong
// with q itself; the pause's bounds are pause.Check's.
func (q PauseRequest) End(now time.Time) (time.Time, error) {
	switch {
	case (q.Seconds != 0) == !q.Until.IsZero():
		return time.Time{}, badRequest("pause: want either seconds or until")
	case !q.Until.IsZero():
		return q.Until, nil
	case q.Seconds < 0 || q.Seconds > int64(2*pause.Max/time.Second):
		// More would overflow a duration; up to twice the bound pause.Check says it.
		return time.Time{}, badRequest(fmt.Sprintf("pause: want 1 to %d seconds", int64(pause.Max/time.Second)))
	}
	return now.Add(time.Duration(q.Seconds) * time.Second), nil
}

func (s *Server) handlePause(m *http.ServeMux) {
	if s.o.Pause == nil {
		return
	}
	m.HandleFunc("GET /pause", func(w http.ResponseWriter, r *http.Request) { s.answerPause(w, s.o.Pause.State(), nil) })
	m.HandleFunc("POST /pause", s.setPause)
	m.HandleFunc("DELETE /pause", func(w http.ResponseWriter, r *http.Request) {
		state, err := s.o.Pause.Clear(s.o.Clock.Now())
		s.answerPause(w, state, err)
	})
}

func (s *Server) setPause(w http.ResponseWriter, r *http.Request) {
	var q PauseRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		answer(w, nil, badRequest("pause: want seconds or until, and a reason"))
		return
	}
	now := s.o.Clock.Now()
	until, err := q.End(now)
	if err != nil {
		answer(w, nil, err)
		return
	}
	state, err := s.o.Pause.Set(now, until, q.Reason)
	var invalid *pause.InvalidError
	if errors.As(err, &invalid) {
		err = badRequest(invalid.Error())
	}
	s.answerPause(w, state, err)
}

func (s *Server) answerPause(w http.ResponseWriter, state pause.State, err error) {
	answer(w, PauseOf(state, s.o.Clock.Now()), err)
}

// Pause asks for the latest pause; ErrSilent where that takes too long.
func (c *Client) Pause(ctx context.Context) (p Pause, err error) {
	return p, c.atOnce(ctx, "GET", "/pause", nil, &p)
}

// SetPause pauses captures and uploads by schedule; durable on return. ErrSilent
// where that takes too long.
func (c *Client) SetPause(ctx context.Context, q PauseRequest) (p Pause, err error) {
	return p, c.atOnce(ctx, "POST", "/pause", q, &p)
}

// Resume ends the pause, if there is one; durable on return. ErrSilent where that
// takes too long.
func (c *Client) Resume(ctx context.Context) (p Pause, err error) {
	return p, c.atOnce(ctx, "DELETE", "/pause", nil, &p)
}

// atOnce is do for what the daemon has at hand.
func (c *Client) atOnce(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, ErrSilent)
	defer cancel()
	return c.do(ctx, method, path, in, out)
}
