package control

import (
	"context"
	"net/http"
	"time"

	"fieldcam/agent/message"
)

// Outlook is what the running daemon knows beside its configuration that bears on
// what the schedule will do. Figures that are not known are 0.
type Outlook struct {
	Now      time.Time `json:"now"` // the controller's wall time
	TimeZone string    `json:"time_zone"`
	// Config tells the plans of two configurations apart: see plan.Digest.
	Config string `json:"config"`
	// Kbps is the goodput of the last uploads, in kilobits a second.
	Kbps float64 `json:"kbps,omitempty"`
	// PhotoBytes is the mean size of the last photos.
	PhotoBytes int64 `json:"photo_bytes,omitempty"`
	// FreeBytes is what photos can still take on the card, with all deleted that
	// may go.
	FreeBytes int64 `json:"free_bytes,omitempty"`
	// The backlog: what waits for the cloud.
	BacklogPhotos int64 `json:"backlog_photos,omitempty"`
	BacklogBytes  int64 `json:"backlog_bytes,omitempty"`
	// MonthBytes is the data used since the month began.
	MonthBytes int64 `json:"month_bytes,omitempty"`
	Pause      Pause `json:"pause"`
	// Windows are the maintenance windows that the hub has announced.
	Windows []Window `json:"windows,omitempty"`
}

// Window is one maintenance window: From <= t < Until.
type Window struct {
	Name  string              `json:"name"`
	Class message.WindowClass `json:"class"`
	From  time.Time           `json:"from"`
	Until time.Time           `json:"until"`
}

func (s *Server) handleOutlook(m *http.ServeMux) {
	if s.o.Outlook == nil {
		return
	}
	m.HandleFunc("GET /outlook", func(w http.ResponseWriter, r *http.Request) { answer(w, s.o.Outlook(), nil) })
}

// Outlook asks for the outlook; ErrSilent where that takes too long.
func (c *Client) Outlook(ctx context.Context) (o Outlook, err error) {
	return o, c.atOnce(ctx, "GET", "/outlook", nil, &o)
}
