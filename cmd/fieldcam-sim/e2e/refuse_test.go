//go:build e2e

package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/proxy"
	"fieldcam/cmd/fieldcam-sim/internal/stage"
)

func TestARefusedPhotoIsSetAsideUntilSomebodyRetriesIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, quietConfig, "photo refused by the cloud, set aside")
	r.startAll()
	mine, err := r.Register(r.ctx)
	must(t, err)
	upload, _ := r.Network()
	must(t, upload.SetMode(proxy.Cut))
	var m photo.Meta
	must(t, json.Unmarshal([]byte(r.must("capture", "--json")), &m))
	r.give(who{mine.Username, mine.Password, device, string(m.ID), "jpg"}, m, []byte("another picture of that name"))

	must(t, upload.SetMode(proxy.Open))
	r.awaitStatus("the photo is refused", func(s control.Status) bool { return s.Queue.Refused == 1 })
	var only []control.Photo
	must(t, json.Unmarshal([]byte(r.must("queue", "list", "--only", "refused", "--json")), &only))
	if len(only) != 1 || only[0].ID != m.ID || !strings.Contains(only[0].Reason, "422") {
		t.Errorf("refused: got %+v, want %s with its reason", only, m.ID)
	}
	if out := r.must("queue", "show", string(m.ID)); !strings.Contains(out, "refused") || !strings.Contains(out, "another photo has this ID") {
		t.Errorf("queue show says %s; want the reason", out)
	}
	r.await("a condition says so", func() bool { return has(r.status(), health.UploadRefused) })
	var next photo.Meta
	must(t, json.Unmarshal([]byte(r.must("capture", "--json")), &next))
	r.awaitConfirmed(1) // nobody waits behind it

	must(t, r.Hub().Stop(stopTime))
	r.remove(m)
	must(t, r.StartHub(r.ctx))
	if out := r.must("queue", "retry", string(m.ID)); !strings.Contains(out, "1 photo waiting again") {
		t.Errorf("queue retry says %q", out)
	}
	r.awaitConfirmed(2)
	r.await("the condition is over", func() bool { return !has(r.status(), health.UploadRefused) })
	r.stop()
	q := r.openQueue()
	defer q.Close()
	r.judgeCloud(q)
}

func TestADeviceReachesNothingOfAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, quietConfig)
	r.startAll()
	var m photo.Meta
	must(t, json.Unmarshal([]byte(r.must("capture", "--json")), &m))
	r.awaitConfirmed(1)
	mine, err := r.Register(r.ctx)
	must(t, err)
	out, err := exec.Command(filepath.Join(programs, "fieldcam-hub"), "device", "add", "south", "--json", "--data", filepath.Join(r.dir, "hub")).Output()
	must(t, err)
	var south stage.Credentials
	must(t, json.Unmarshal(out, &south))

	other := string(photo.NewID(m.Taken, m.Seq()+1))
	name := "20260101T000000Z-000001-abcdef"
	for what, c := range map[string]struct {
		who
		want int
	}{
		"nobody":                  {who{"", "", device, other, "jpg"}, http.StatusUnauthorized},
		"a wrong password":        {who{device, "wrong", device, other, "jpg"}, http.StatusUnauthorized},
		"another's password":      {who{device, south.Password, device, other, "jpg"}, http.StatusUnauthorized},
		"a path as user":          {who{"../south", south.Password, "../south", other, "jpg"}, http.StatusUnauthorized},
		"another's name":          {who{"south", south.Password, device, other, "jpg"}, http.StatusForbidden},
		"a path as device":        {who{"south", south.Password, "../" + device, other, "jpg"}, http.StatusBadRequest},
		"a path as photo":         {who{"south", south.Password, "south", "../../../" + name, "jpg"}, http.StatusBadRequest},
		"a path as format":        {who{"south", south.Password, "south", other, "../jpg"}, http.StatusBadRequest},
		"a description as format": {who{"south", south.Password, "south", other, "json"}, http.StatusBadRequest},
	} {
		if got := r.create(c.who, m, []byte("x")); got.StatusCode != c.want {
			t.Errorf("creation with %s: got %s, want %d", what, got.Status, c.want)
		}
	}
	theirs := who{user: "south", password: south.Password}
	for _, path := range []string{"/files/" + device + "/" + string(m.ID), "/files/south/../" + device + "/" + string(m.ID), "/files/" + string(m.ID)} {
		for _, method := range []string{"HEAD", "PATCH", "DELETE", "GET"} {
			got := r.tus(theirs, method, path, map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}, nil)
			if got.StatusCode < 300 || got.StatusCode >= 500 || got.Header.Get("Upload-Offset") != "" {
				t.Errorf("%s %s as another: got %s, offset %q", method, path, got.Status, got.Header.Get("Upload-Offset"))
			}
		}
	}
	// The hub goes on with its own.
	if got := r.tus(who{user: mine.Username, password: mine.Password}, "HEAD", "/files/"+device+"/"+string(m.ID), nil, nil); got.StatusCode != http.StatusOK {
		t.Errorf("HEAD of its own: got %s", got.Status)
	}
	r.stop()
	q := r.openQueue()
	defer q.Close()
	r.judgeCloud(q)
	if dirs, err := os.ReadDir(filepath.Dir(r.PhotoDir())); err != nil || len(dirs) != 1 {
		t.Errorf("folders of devices: %v, %v; want that of %s alone", dirs, err, device)
	}
}
