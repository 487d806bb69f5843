package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/witness"
)

// settleTime bounds the wait for what is left of a backlog.
const settleTime = 5 * time.Minute

// settle waits until the hub has all photos that the daemon reported, and judges
// what this machine has seen. A photo that was on its way when the power was cut may
// have come without a report.
func (s *site) settle(ctx context.Context) error {
	var ids []photo.ID
	for _, a := range s.witness.Result().Accepted {
		ids = append(ids, a.ID)
	}
	err := s.until(ctx, settleTime, "photos are missing in the hub", func() (bool, error) {
		return len(s.witness.Unfiled(ids)) == 0, nil
	})
	if err != nil {
		s.t.fault("%v: %v of %d", err, s.witness.Unfiled(ids), len(ids))
		return nil
	}
	seen := s.witness.Result()
	if seen.Hub, err = s.hub.Photos(); err != nil {
		return err
	}
	for _, f := range compare(seen, ids, s.cuts) {
		s.t.fault("%s", f)
	}
	s.t.fact("%d photos reported, each once in the hub, with the camera's bytes", len(ids))
	return nil
}

// compare holds the hub against what was seen, as far as these photos.
func compare(seen witness.Seen, ids []photo.ID, cuts int) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, id := range ids {
		if sum, ok := seen.Hub[id]; !ok {
			fault("photo %s was taken and is not in the hub", id)
		} else if !seen.Pictures[sum] {
			fault("photo %s is no picture that the camera took", id)
		}
	}
	reported := map[photo.ID]bool{}
	for _, a := range seen.Accepted {
		reported[a.ID] = true
	}
	names := map[string]photo.ID{}
	unreported := 0
	for id, sum := range seen.Hub {
		if other, twice := names[sum]; twice {
			fault("the hub has one picture as %s and %s", min(id, other), max(id, other))
		}
		names[sum] = id
		if !reported[id] {
			unreported++
		}
	}
	if unreported > cuts {
		fault("the hub has %d photos that were not reported, after %d power cuts", unreported, cuts)
	}
	slices.Sort(faults)
	return faults
}

// ledger is what the daemon's own books say.
func (s *site) ledger(ctx context.Context) (control.Stats, error) {
	var stats control.Stats
	out, err := s.run(ctx, program+" queue stats --json")
	if err != nil {
		return stats, err
	}
	if err := json.Unmarshal([]byte(out), &stats); err != nil {
		return stats, fmt.Errorf("read the daemon's books: %w", err)
	}
	return stats, nil
}

// interval is that of regular.
const interval = 5 * time.Second

// judgeLedger wants every slot from the first photo reported to the last one in the
// daemon's books: taken, or missed with a cause. The schedule is known here on its
// own: a slot at each interval.
func (s *site) judgeLedger(ctx context.Context, interval time.Duration) error {
	stats, err := s.ledger(ctx)
	if err != nil {
		return err
	}
	var since []witness.Sighting
	for _, a := range s.witness.Result().Accepted {
		if !a.Slot.Before(s.began) {
			since = append(since, a)
		}
	}
	for _, f := range compareLedger(since, stats.Week, interval) {
		s.t.fault("%s", f)
	}
	return nil
}

// compareLedger holds the books against the photos that were seen.
func compareLedger(accepted []witness.Sighting, books control.Counts, interval time.Duration) (faults []string) {
	var first, last time.Time
	taken := map[time.Time]bool{}
	for _, a := range accepted {
		if a.Slot.IsZero() {
			continue
		}
		if first.IsZero() || a.Slot.Before(first) {
			first = a.Slot
		}
		if a.Slot.After(last) {
			last = a.Slot
		}
		taken[a.Slot] = true
	}
	missed := 0
	for _, n := range books.Failed {
		missed += n
	}
	for _, n := range books.Skipped {
		missed += n
	}
	if want := int(last.Sub(first)/interval) + 1; books.Due < want {
		faults = append(faults, fmt.Sprintf("the ledger has %d slots, want the %d from %s to %s", books.Due, want, first.Format(time.TimeOnly), last.Format(time.TimeOnly)))
	}
	if books.Taken < len(taken) {
		faults = append(faults, fmt.Sprintf("the ledger has %d slots as taken, want the %d that were reported", books.Taken, len(taken)))
	}
	if books.Taken+missed != books.Due {
		faults = append(faults, fmt.Sprintf("the ledger has %d slots due, %d taken and %d missed", books.Due, books.Taken, missed))
	}
	return faults
}

// status is how the daemon says it is doing.
func (s *site) status(ctx context.Context) (control.Status, error) {
	var status control.Status
	out, err := s.run(ctx, program+" status --json")
	if err != nil {
		return status, err
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		return status, fmt.Errorf("read the daemon's status: %w", err)
	}
	return status, nil
}
