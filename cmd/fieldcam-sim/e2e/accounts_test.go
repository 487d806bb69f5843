//go:build e2e

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/message"
)

// accounts is what the hub keeps of the controller's days; none while it has no
// file.
func (r *rig) accounts() (all []message.Ledger) {
	r.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "hub", "accounts", device+".json"))
	if os.IsNotExist(err) {
		return nil
	}
	must(r, err)
	must(r, json.Unmarshal(text, &all))
	return all
}

func TestTheHubHasAnAccountOfEachDueSlot(t *testing.T) {
	t.Parallel()
	r := newRig(t, usual)
	r.startAll()
	first := r.firstSlot()
	r.awaitConfirmed(2)
	end := r.finish(drainTime)
	v := r.judge(first, end)
	// From here on no photo is due, so that the ledger stays as it is.
	r.editConfig("kind = \"capture\"\nevery = \"5s\"", "kind = \"capture\"\nevery = \"24h\"")
	must(t, r.StartDaemon(r.ctx))
	r.await("the hub has an account of all photos", func() bool {
		uploaded := int64(0)
		for _, l := range r.accounts() {
			uploaded += l.Uploaded
		}
		return uploaded >= int64(v.taken)
	})
	page := r.page()
	r.stop()
	q := r.openQueue()
	defer q.Close()
	days, err := q.Days(first.Add(-24*time.Hour), end.Add(24*time.Hour))
	must(t, err)
	want := map[string]message.Ledger{}
	for _, d := range days {
		day := d.Day.Format(time.DateOnly)
		want[day+d.Session] = message.Ledger{
			V: message.Version, Day: day, Session: d.Session, Proof: d.Proof,
			Photos: int64(d.Photos), Uploaded: int64(d.Uploaded),
		}
		if !strings.Contains(page, "Due photos") || !strings.Contains(page, day) {
			t.Errorf("the hub's page does not show the due photos of %s:\n%s", day, page)
		}
	}
	got := map[string]message.Ledger{}
	for _, l := range r.accounts() {
		l.At = 0
		got[l.Day+l.Session] = l
	}
	if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
		t.Errorf("what the hub has differs from the ledger (-want +got):\n%s", d)
	}
	t.Logf("%v; %+v", v, got)
}
