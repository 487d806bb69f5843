//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/child"
	"fieldcam/config"
	"fieldcam/queue"
)

// fromJSON runs a command with --json and reads its output into v.
func (r *rig) fromJSON(v any, args ...string) {
	r.Helper()
	out := r.must(append(args, "--json")...)
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		r.Errorf("fieldcam %v --json: %v\n%s", args, err, out)
	}
}

// agenda is what the tests want of `schedule next`.
type agenda struct {
	Total map[string]int `json:"total"` // by kind
	Slots []struct {
		At time.Time `json:"at"`
	} `json:"slots"`
}

func (r *rig) agenda(args ...string) (a agenda) {
	r.Helper()
	out := r.must(append([]string{"schedule", "next", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		r.Errorf("fieldcam schedule next %v --json: %v\n%s", args, err, out)
	}
	return a
}

func TestTheTechniciansCommandsTalkToTheDaemon(t *testing.T) {
	t.Parallel()
	r := newRig(t, quietConfig)
	if _, said, code := r.run("status"); code != 4 || !strings.Contains(said, "the daemon is not running") {
		t.Errorf("status without a daemon: exit code %d, %q", code, said)
	}
	r.startAll()

	var m photo.Meta
	r.fromJSON(&m, "capture")
	if m.Trigger != photo.Manual || m.Size == 0 || m.Device != device {
		t.Errorf("capture: got %+v", m)
	}
	if out := r.must("capture"); !strings.Contains(out, "Z-000002-") {
		t.Errorf("the second capture says %q", out)
	}
	var up control.Upload
	r.fromJSON(&up, "upload")
	if out := r.must("upload", "--photos", "1"); !strings.Contains(out, "0 waiting") {
		t.Errorf("upload says %q", out)
	}
	var s control.Status
	r.fromJSON(&s, "status")
	if s.Device != device || s.Queue.Confirmed != 2 || s.Queue.Waiting != 0 {
		t.Errorf("status: got %+v, want two photos in the cloud", s.Queue)
	}
	var all, none []control.Photo
	r.fromJSON(&all, "queue", "list")
	r.fromJSON(&none, "queue", "list", "--only", "waiting")
	if len(all) != 2 || all[1].ID != m.ID || all[0].State != queue.Confirmed || len(none) != 0 {
		t.Errorf("queue list: got %+v and %+v waiting", all, none)
	}
	var one control.Photo
	r.fromJSON(&one, "queue", "show", string(m.ID))
	if one.SHA256 != m.SHA256 {
		t.Errorf("queue show: got %+v, want %+v", one, m)
	}
	plan := r.agenda("--days", "1", "--limit", "3")
	if len(plan.Slots) != 3 || plan.Total["upload"] < 17000 {
		t.Errorf("schedule next: got %d slots, %v", len(plan.Slots), plan.Total)
	}
	var retried control.RetryResult
	r.fromJSON(&retried, "queue", "retry", "--all")
	for _, c := range []string{"status", "queue list", "queue show " + string(m.ID), "schedule next", "queue retry --all"} {
		for line := range strings.Lines(r.must(strings.Fields(c)...)) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
				t.Errorf("%s: %d columns: %s", c, n, line)
			}
		}
	}
	if _, said, code := r.run("queue", "show", "20260101T000000Z-000001-abcdef"); code != 1 || !strings.Contains(said, "no such photo") {
		t.Errorf("queue show of an unknown photo: exit code %d, %q", code, said)
	}
}

func TestAnAlmostEmptyConfigurationWorks(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	must(t, os.WriteFile(r.ConfigFile(), []byte(`device = "`+device+"\"\n"), 0o600))
	must(t, os.RemoveAll(r.StateDir())) // the daemon makes it
	must(t, r.StartDaemon(r.ctx))
	var s control.Status
	r.fromJSON(&s, "status")
	if s.Device != device || s.Capture.Next == nil || s.Upload.Configured || s.Broker.Configured {
		t.Errorf("status: got %+v, want the default schedule and no cloud", s)
	}
	plan := r.agenda()
	if n := plan.Total["capture"]; n < 5*48 || n > 5*50 { // every 15 min from 6 to 18, Monday to Friday
		t.Errorf("%d photos in a week, want about %d", n, 5*49)
	}
	r.stop()
}

func TestABadConfigurationIsRefusedAsAWholeBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	state := filepath.Join(r.dir, "untouched")
	bad := filepath.Join(r.dir, "bad.toml")
	must(t, os.WriteFile(bad, []byte(`device = "../evil"
modle = "tempo"

[upload]
url = "http://hub.example/files/"

[capture]
attempts = "many"

[[session]]
name = "photos"
kind = "capture"
every = "1s"
`), 0o600))
	p := child.New("bad", filepath.Join(r.dir, "bad.txt"), filepath.Join(programs, "fieldcam"), "run", "--config", bad, "--state", state)
	must(t, p.Start())
	t.Cleanup(p.Kill)
	r.await("the daemon refuses", func() bool { return !p.Running() })
	said, err := os.ReadFile(p.Log())
	must(t, err)
	for _, want := range []string{"bad.toml:1:10: device", "bad.toml:2:1: modle", "did you mean model?", "bad.toml:5:7: upload.url", "bad.toml:8:12: capture.attempts", "bad.toml:13:9: session[0].every", "5 problems"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if err := p.Err(); err == nil || !strings.HasSuffix(err.Error(), "exit status 3") {
		t.Errorf("got %v, want exit status 3", err)
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("the state directory: got %v, want that it was not made", err)
	}
	out, _, code := r.run("config", "check", bad, "--json")
	var problems config.Error
	if err := json.Unmarshal([]byte(out), &problems); err != nil || len(problems.Problems) != 5 || code != 3 {
		t.Errorf("config check --json: exit code %d, %v, %d problems; want 3 and 5:\n%s", code, err, len(problems.Problems), out)
	}
}
