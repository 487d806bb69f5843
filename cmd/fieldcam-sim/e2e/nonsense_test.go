//go:build e2e

package e2e_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
)

// impostor is a TLS server that the controller trusts, as the hub's host would
// be with another program on it.
func (r *rig) impostor(h http.Handler) string {
	r.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = r.serverTLS()
	s.StartTLS()
	r.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// plain is a server that answers each connection with text, and closes it.
func (r *rig) plain(text string) string {
	r.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(r, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, text) // the other side may be gone
			c.Close()
		}
	}()
	r.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestACloudThatAnswersNonsenseLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual)
	r.startAll()
	first := r.firstSlot()
	r.awaitConfirmed(1)
	upload, _ := r.Network()
	hub := r.HubAddr()
	for name, target := range map[string]string{
		"it redirects": r.impostor(http.RedirectHandler("https://example.com/", http.StatusTemporaryRedirect)),
		"a portal's page": r.impostor(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html>Please sign in</html>")
		})),
		"a creation elsewhere": r.impostor(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Tus-Resumable", "1.0.0")
			w.Header().Set("Location", "https://example.com/files/1")
			w.WriteHeader(http.StatusCreated)
		})),
		"an offset beyond the photo": r.impostor(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Tus-Resumable", "1.0.0")
			w.Header().Set("Location", "/files/1")
			w.Header().Set("Upload-Offset", "99999999999999999999")
			w.WriteHeader(http.StatusCreated)
		})),
		"not found, of no tus server": r.impostor(http.NotFoundHandler()),
		"garbage in place of TLS":     r.plain(strings.Repeat("\x00garbage\xff", 100)),
		"it closes at once":           r.plain(""),
	} {
		upload.SetTarget(target)
		upload.Reset()
		must(r, r.Client().Upload(r.ctx, 0))
		r.awaitStatus(name+": a photo waits, and the status says why", func(s control.Status) bool {
			return s.Queue.Waiting > 0 && s.Upload.LastError != ""
		})
		time.Sleep(500 * time.Millisecond) // some more tries
		s := r.status()
		// What the hub answered just before may be confirmed late.
		if filed := r.filed(); s.Queue.Confirmed > filed || s.Queue.Refused != 0 || s.Queue.Lost != 0 {
			t.Errorf("%s: got %+v, want no photo confirmed beyond the %d that the hub has", name, s.Queue, filed)
		}
		t.Logf("%s: %s", name, s.Upload.LastError)
		upload.SetTarget(hub)
		upload.Reset()
		r.awaitStatus("the queue is empty again after "+name, settled)
	}
	end := r.finish(drainTime)
	t.Log(r.judge(first, end))
}

// filed is how many photos the hub has of the controller.
func (r *rig) filed() int64 {
	r.Helper()
	all, err := filepath.Glob(filepath.Join(r.PhotoDir(), "*", "[0-9]*.jpg"))
	must(r, err)
	return int64(len(all))
}

func TestAWrongPasswordKeepsThePhotosAndSaysSo(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual)
	who, err := r.Register(r.ctx)
	must(t, err)
	r.editConfig(who.Password, "wrong")
	r.startAll()
	first := r.firstSlot()
	r.awaitStatus("a photo waits, and the status says that the cloud does not let us in", func(s control.Status) bool {
		return s.Queue.Waiting > 1 && strings.Contains(s.Upload.LastError, "401") && has(s, health.UploadFailing) && !s.Broker.Connected
	})
	if s := r.status(); s.Queue.Refused+s.Queue.Lost+s.Queue.Confirmed > 0 {
		t.Errorf("got %+v, want all photos waiting", s.Queue)
	}
	if out := r.must("status"); !strings.Contains(out, "401") || !strings.Contains(out, "NOT CONNECTED") {
		t.Errorf("status says %s; want it to name the refusal and the broker", out)
	}
	r.stop()
	r.editConfig("wrong", who.Password)
	must(t, r.StartDaemon(r.ctx))
	r.awaitConfirmed(2)
	end := r.finish(drainTime)
	t.Log(r.judge(first, end))
}

// has tells whether the condition is active.
func has(s control.Status, name health.Name) bool {
	for _, c := range s.Conditions {
		if c.Name == name {
			return true
		}
	}
	return false
}
