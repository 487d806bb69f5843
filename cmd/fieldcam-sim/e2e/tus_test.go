//go:build e2e

package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"fieldcam/capture/photo"
)

// who signs in at the hub, and says what of a photo; empty: as it should be.
type who struct {
	user, password     string
	device, id, format string
}

// tusClient talks to the hub without the daemon, past the network.
func (r *rig) tus(w who, method, path string, header map[string]string, body []byte) *http.Response {
	r.Helper()
	req, err := http.NewRequestWithContext(r.ctx, method, "https://"+r.HubAddr()+path, bytes.NewReader(body))
	must(r, err)
	req.Header.Set("Tus-Resumable", "1.0.0")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	if w.user != "" {
		req.SetBasicAuth(w.user, w.password)
	}
	mine, err := r.Register(r.ctx)
	must(r, err)
	client := http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: trusting(r, mine.CAFile), DisableKeepAlives: true}}
	resp, err := client.Do(req)
	must(r, err)
	must(r, resp.Body.Close())
	return resp
}

// create begins an upload of text in the name of w, for the photo m.
func (r *rig) create(w who, m photo.Meta, text []byte) *http.Response {
	r.Helper()
	sum := sha256.Sum256(text)
	var said []string
	for k, v := range map[string]string{
		"device": w.device, "id": w.id, "format": w.format, "slot": m.Slot.Format(time.RFC3339Nano), "taken": m.Taken.Format(time.RFC3339Nano),
		"sha256": hex.EncodeToString(sum[:]), "session": m.Session, "trigger": string(m.Trigger), "clock": "synced",
	} {
		said = append(said, k+" "+base64.StdEncoding.EncodeToString([]byte(v)))
	}
	slices.Sort(said)
	return r.tus(w, "POST", "/files/", map[string]string{"Upload-Length": strconv.Itoa(len(text)), "Upload-Metadata": strings.Join(said, ",")}, nil)
}

// give sends a whole photo to the hub.
func (r *rig) give(w who, m photo.Meta, text []byte) {
	r.Helper()
	resp := r.create(w, m, text)
	if resp.StatusCode != http.StatusCreated {
		r.Fatalf("create: got %s", resp.Status)
	}
	path := resp.Header.Get("Location")
	if i := strings.Index(path, "/files/"); i > 0 {
		path = path[i:]
	}
	resp = r.tus(w, "PATCH", path, map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}, text)
	if resp.StatusCode != http.StatusNoContent {
		r.Fatalf("send: got %s", resp.Status)
	}
}

// remove takes a photo out of the hub's folder, as an operator would by hand.
func (r *rig) remove(m photo.Meta) {
	r.Helper()
	stem := r.PhotoDir() + "/" + m.Slot.UTC().Format(time.DateOnly) + "/" + string(m.ID)
	must(r, os.Remove(stem+".jpg"))
	must(r, os.Remove(stem+".json"))
}
