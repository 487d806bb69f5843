package receiver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A device that closes before it reads the answer must find the photo there.
func TestLostAnswerIsNotALostPhoto(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	g.want("POST", g.post(s), 201, -1)
	conn, err := net.Dial("tcp", g.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequest("PATCH", g.url(s), bytes.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	q.SetBasicAuth("north", "northnorth")
	q.Header.Set("Tus-Resumable", "1.0.0")
	q.Header.Set("Upload-Offset", "0")
	q.Header.Set("Content-Type", "application/offset+octet-stream")
	if err := errors.Join(q.Write(conn), conn.Close()); err != nil {
		t.Fatal(err)
	}
	// The HEAD interrupts nothing that is whole; if it comes first, it gets what
	// had arrived, and the device sends the rest.
	for end := time.Now().Add(patience); time.Now().Before(end); {
		a := g.head(s)
		if a.status != 200 {
			t.Fatalf("HEAD: %+v", a)
		}
		if a.offset == 5_000 {
			break
		}
		if a := g.patch(s, a.offset, bytes.NewReader(s.body[a.offset:])); a.err != nil || a.status != 204 && a.status != 409 {
			t.Fatalf("PATCH of the rest: %+v", a)
		}
	}
	g.wantFiled(s)
}

// TestCrashWhileFiling cuts before each durable step of the filing, restarts the
// hub, and lets the device, or only the janitor, go on.
func TestCrashWhileFilingLosesNothingAndDoublesNothing(t *testing.T) {
	errCut := errors.New("the power was cut")
	for _, asks := range []string{"HEAD", "POST", "nobody"} {
		steps := 0
		for cut := 0; ; cut++ {
			g := newRig(t)
			s := newShot("north", 1, 5_000)
			g.want("POST", g.post(s), 201, -1)
			steps = 0
			g.fault = func(string) error {
				steps++
				if steps > cut {
					return errCut
				}
				return nil
			}
			a := g.patch(s, 0, bytes.NewReader(s.body))
			if steps <= cut {
				g.want("PATCH without a cut", a, 204, 5_000)
				break
			}
			if a.status != 500 {
				t.Fatalf("cut %d: the PATCH was answered with %d", cut, a.status)
			}
			g.fault = nil
			g.open()
			what := fmt.Sprintf("cut before step %d, then %s", cut, asks)
			switch asks {
			case "HEAD":
				g.want(what, g.head(s), 200, 5_000)
			case "POST":
				g.want(what, g.post(s), 201, 5_000)
			default:
				g.r.sweep(t.Context())
			}
			g.wantFiled(s)
		}
		if steps != 4 {
			t.Errorf("the filing has %d durable steps, want 4: is one not announced?", steps)
		}
	}
}

func TestTornStateFileIsAnUploadThatNeverWas(t *testing.T) {
	g := newRig(t)
	s := newShot("north", 1, 5_000)
	for _, torn := range []string{"", "{", `{"ID":"north/x","Size":5000}`, `null`} {
		g.want("POST", g.post(s), 201, -1)
		if err := os.WriteFile(filepath.Join(g.dir, "uploads", "north", string(s.id)+".info"), []byte(torn), 0o600); err != nil {
			t.Fatal(err)
		}
		g.open()
		g.want("HEAD of "+torn, g.head(s), 404, -1)
		g.want("HEAD again", g.head(s), 404, -1)
	}
	g.want("POST", g.post(s), 201, -1)
	g.want("PATCH", g.patch(s, 0, bytes.NewReader(s.body)), 204, 5_000)
	g.wantFiled(s)
}
