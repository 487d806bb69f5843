package control_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"fieldcam/agent/control"
	"fieldcam/agent/pause"
)

// servePause serves a pause in a directory of the test's, without a socket.
func servePause(t *testing.T) (*control.Client, *pause.Pause) {
	t.Helper()
	p, err := pause.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &fakeDaemon{}
	c, stop := control.Pipe(t.Context(), control.Options{Agent: d, Store: d, Zone: time.UTC, Clock: d, Log: zerolog.Nop(), Pause: p})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return c, p
}

func TestAPauseIsSetAndEndedThroughTheSocket(t *testing.T) {
	c, p := servePause(t)
	now := (&fakeDaemon{}).Now()
	for _, q := range []control.PauseRequest{
		{Seconds: 7200, Reason: "crane"},
		{Until: now.Add(2 * time.Hour), Reason: "crane"},
	} {
		got, err := c.SetPause(t.Context(), q)
		want := control.Pause{Paused: true, Now: now, From: now, Until: now.Add(2 * time.Hour), Reason: "crane"}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Fatalf("SetPause(%+v): %v (-want +got):\n%s", q, err, d)
		}
		if !p.Paused(now) {
			t.Error("the pause that the daemon heeds is not set")
		}
		if got, err = c.Pause(t.Context()); err != nil || got != want {
			t.Errorf("Pause: got %+v, %v, want %+v", got, err, want)
		}
		if got, err = c.Resume(t.Context()); err != nil || got.Paused || p.Paused(now) {
			t.Errorf("Resume: got %+v, %v, want an end", got, err)
		}
	}
	if got, err := c.Resume(t.Context()); err != nil || got.Paused {
		t.Errorf("a second Resume: got %+v, %v, want nothing to do", got, err)
	}
}

func TestAPauseThatCannotBeHadIsRefusedInWords(t *testing.T) {
	c, p := servePause(t)
	now := (&fakeDaemon{}).Now()
	for _, test := range []struct {
		q    control.PauseRequest
		want string
	}{
		{control.PauseRequest{}, "seconds or until"},
		{control.PauseRequest{Seconds: 60, Until: now.Add(time.Hour)}, "seconds or until"},
		{control.PauseRequest{Seconds: -60}, "2592000 seconds"},
		{control.PauseRequest{Seconds: 1<<63 - 1}, "2592000 seconds"},
		{control.PauseRequest{Seconds: 30*24*3600 + 1}, "at most 30 days, got 31"},
		{control.PauseRequest{Until: now.Add(-time.Minute)}, "is over already"},
		{control.PauseRequest{Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, "at most 30 days"},
		{control.PauseRequest{Seconds: 60, Reason: strings.Repeat("x", 201)}, "200 characters"},
		{control.PauseRequest{Seconds: 60, Reason: "\x1b[2J"}, "can be printed"},
	} {
		if _, err := c.SetPause(t.Context(), test.q); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("SetPause(%+v): got %v, want %q in it", test.q, err, test.want)
		}
	}
	if p.State() != (pause.State{}) {
		t.Errorf("got the pause %+v, want none", p.State())
	}
}

func TestNoBodyMakesThePauseServerFail(t *testing.T) {
	p, err := pause.Load(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	d := &fakeDaemon{}
	path := filepath.Join(t.TempDir(), control.SocketName)
	ready := make(chan net.Addr, 1)
	s := control.New(control.Options{
		Path: path, Agent: d, Store: d, Zone: time.UTC, Clock: d, Log: zerolog.Nop(), Pause: p,
		Listen: func(path string) (net.Listener, error) {
			l, err := net.Listen("unix", path)
			if err == nil {
				ready <- l.Addr()
			}
			return l, err
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	h := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}}
	for _, body := range []string{"", "null", "[]", `{"seconds":"1"}`, `{"until":"tomorrow"}`, "\x00", `{"seconds":1e300}`, strings.Repeat("[", 1<<15)} {
		resp, err := h.Post("http://fieldcam/pause", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatalf("%.20q: %v", body, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%.20q: got %s, want 400", body, resp.Status)
		}
	}
}

func TestTheOutlookTravelsWhole(t *testing.T) {
	now := (&fakeDaemon{}).Now()
	want := control.Outlook{
		Now: now, TimeZone: "Europe/Berlin", Config: "abc", Kbps: 256.5, PhotoBytes: 1_200_000, FreeBytes: 1 << 40, BacklogPhotos: 3, BacklogBytes: 4,
		MonthBytes: 5, Pause: control.Pause{Paused: true, Now: now, From: now, Until: now.Add(time.Hour), Reason: "crane"},
		Windows: []control.Window{{Name: "platform", Class: "maintenance", From: now, Until: now.Add(time.Hour)}},
	}
	d := &fakeDaemon{}
	c, stop := control.Pipe(t.Context(), control.Options{Agent: d, Store: d, Zone: time.UTC, Clock: d, Log: zerolog.Nop(), Outlook: func() control.Outlook { return want }})
	got, err := c.Outlook(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestAServerWithoutAPauseSaysSo(t *testing.T) {
	c := serve(t, &fakeDaemon{})
	if _, err := c.Resume(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v, want a refusal", err)
	}
}
