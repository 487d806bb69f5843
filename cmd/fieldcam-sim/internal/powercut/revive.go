package powercut

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// reviveScript runs the daemon in the guest as it is.
const reviveScript = "exec ./fieldcam --config fieldcam.toml --state /data" + stateDir + " run --log json"

// reviveTime bounds how long a revived controller may take with its boot, on a
// busy machine: there is little left to send.
const reviveTime = 2 * photoTime

// revive gives the controller its power back after the cut that is the hardest on
// the cloud: the hub has filed the last photo, and of the daemon's own note of it
// nothing is on the disk. In the end the hub must have all that was accepted, and
// no picture under two names.
func (r *rig) revive(ctx context.Context, rec recording, mount string) (faults []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, reviveTime)
	defer cancel()
	dir := filepath.Join(r.dir, "revived")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	disk := filepath.Join(dir, "disk.img")
	at, err := rec.afterFiling(disk)
	if err != nil {
		return nil, err
	}
	var want []photo.ID
	for _, a := range rec.seen.Accepted {
		if a.At <= at {
			want = append(want, a.ID)
		}
	}
	filed := func() int { _, n := r.witness.Count(); return n }
	missing := func() []photo.ID { return r.witness.Unfiled(want) }
	// Two photos of its new life too: the queue goes on.
	enough := filed() + len(missing()) + 2
	err = r.run(ctx, emulated.Options{Dir: dir, Disk: disk, Mount: mount, Run: reviveScript}, filed, func() bool {
		return len(missing()) == 0 && filed() >= enough
	})
	if err != nil {
		return []string{fmt.Sprintf("the revived controller: %d of %d photos are not in the hub: %v", len(missing()), len(want), err)}, nil
	}
	hub, err := r.hub.Photos()
	if err != nil {
		return nil, err
	}
	names := map[string]photo.ID{}
	for id, sum := range hub {
		if other, twice := names[sum]; twice {
			faults = append(faults, fmt.Sprintf("the hub has one picture as %s and %s", id, other))
		}
		names[sum] = id
	}
	slices.Sort(faults)
	return faults, nil
}

// afterFiling writes the disk as a cut leaves it just after the hub filed the
// last photo; at is the log's length at the cut.
func (rec recording) afterFiling(disk string) (at int64, err error) {
	for _, filed := range rec.seen.Filed {
		at = max(at, filed)
	}
	base, err := os.ReadFile(rec.base)
	if err != nil {
		return 0, fmt.Errorf("read disk: %w", err)
	}
	c := emulated.Cut{Keep: emulated.KeepNothing}
	for c.After < len(rec.log) && rec.log[c.After].End <= at {
		c.After++
	}
	image, err := emulated.NewBuilder(base, rec.log).Build(c, nil, rand.New(rand.NewPCG(0, 0)))
	if err != nil {
		return 0, err
	}
	return at, writeSparse(disk, image)
}
