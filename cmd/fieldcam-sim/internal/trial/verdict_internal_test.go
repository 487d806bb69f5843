package trial

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

var begun = time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)

// run is one in which three photos were taken and reached the hub.
func run() (witness.Seen, []photo.ID) {
	seen := witness.Seen{Pictures: map[string]bool{}, Hub: map[photo.ID]string{}}
	var ids []photo.ID
	for n := range 3 {
		id := photo.NewID(begun.Add(time.Duration(n)*interval), uint64(n+1))
		sum := fmt.Sprintf("sum %d", n)
		seen.Pictures[sum], seen.Hub[id] = true, sum
		seen.Accepted = append(seen.Accepted, witness.Sighting{ID: id, Slot: begun.Add(time.Duration(n) * interval)})
		ids = append(ids, id)
	}
	return seen, ids
}

// one wants one fault with that text; none where it is empty.
func one(t *testing.T, faults []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(faults) > 0:
		t.Errorf("faults %q, want none", faults)
	case want != "" && (len(faults) != 1 || !strings.Contains(faults[0], want)):
		t.Errorf("faults %q, want one that says %q", faults, want)
	}
}

func TestWhatTheHubLacksOrHasTwiceIsAFault(t *testing.T) {
	strange := photo.NewID(begun, 9)
	for _, test := range []struct {
		name  string
		spoil func(s *witness.Seen, ids []photo.ID)
		cuts  int
		want  string
	}{
		{"all is well", func(*witness.Seen, []photo.ID) {}, 0, ""},
		{"a photo is missing", func(s *witness.Seen, ids []photo.ID) { delete(s.Hub, ids[1]) }, 0, "was taken and is not in the hub"},
		{"other bytes", func(s *witness.Seen, ids []photo.ID) { s.Hub[ids[0]] = "nonsense" }, 0, "no picture that the camera took"},
		{"twice", func(s *witness.Seen, ids []photo.ID) { s.Hub[ids[0]] = s.Hub[ids[1]] }, 0, "one picture as"},
		{"a photo that nobody took", func(s *witness.Seen, _ []photo.ID) { s.Hub[strange] = "strange" }, 0, "not reported"},
		{"a photo on its way at a cut", func(s *witness.Seen, _ []photo.ID) { s.Hub[strange] = "strange" }, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen, ids := run()
			test.spoil(&seen, ids)
			one(t, compare(seen, ids, test.cuts), test.want)
		})
	}
}

func TestASlotThatTheLedgerDoesNotHaveIsAFault(t *testing.T) {
	seen, _ := run()
	for _, test := range []struct {
		name  string
		books control.Counts
		want  string
	}{
		{"all taken", control.Counts{Due: 3, Taken: 3}, ""},
		{"more, one of them missed", control.Counts{Due: 5, Taken: 4, Failed: map[photo.Cause]int{photo.CameraFault: 1}}, ""},
		{"a slot too few", control.Counts{Due: 2, Taken: 2, Failed: nil}, "want the"},
		{"one not as taken", control.Counts{Due: 3, Taken: 2, Skipped: map[photo.Cause]int{"busy": 1}}, "as taken"},
		{"one of no kind", control.Counts{Due: 4, Taken: 3}, "4 slots due"},
	} {
		t.Run(test.name, func(t *testing.T) {
			accepted := seen.Accepted
			if test.name == "a slot too few" { // but all that were reported are in it
				accepted = []witness.Sighting{accepted[0], accepted[2]}
			}
			one(t, compareLedger(accepted, test.books, interval), test.want)
		})
	}
}
