//go:build e2e

package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/message"
)

const (
	// kills is how often the daemon is killed, and poweredKills how many of these
	// with a camera whose power it switches, which takes a start seconds longer.
	kills        = 100
	poweredKills = 15
	// drainTime bounds the wait for the cloud to have everything, once all is well.
	drainTime = 2 * patience
)

// seed is that of the random choices.
func seed(t testing.TB) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano())
	if s := os.Getenv("FIELDCAM_SEED"); s != "" {
		var err error
		n, err = strconv.ParseUint(s, 10, 64)
		must(t, err)
	}
	t.Logf("FIELDCAM_SEED=%d", n)
	return n
}

func TestEverySlotAndPhotoSurvivesAHundredKills(t *testing.T) {
	n := seed(t)
	r := newRig(t, usual, `"condition":"camera-fault"`)
	r.startCloud()
	starts := time.Now()
	must(r, r.StartDaemon(r.ctx))
	startTime := time.Since(starts)
	first := r.firstSlot()
	r.awaitConfirmed(1) // the job works before anything goes wrong

	ctx, stop := context.WithCancel(r.ctx)
	ended := make(chan struct{})
	w := &weather{rig: r, rng: rand.New(rand.NewPCG(n, 1)), counts: map[string]int{}}
	go func() { defer close(ended); w.run(ctx) }()
	began := time.Now()
	r.killAgainAndAgain(rand.New(rand.NewPCG(n, 2)), startTime)
	stop()
	<-ended
	t.Logf("%d kills in %v; meanwhile %v", kills, time.Since(began).Round(time.Second), w.counts)
	w.heal()
	if w.err != nil {
		t.Fatal(w.err)
	}
	must(t, r.StartDaemon(r.ctx))

	healed := time.Now()
	beats, _ := r.ear.heard(message.KindHeartbeat)
	// Two more photos, so that the camera's faults are behind us.
	shots := r.status().Queue
	r.awaitConfirmed(shots.Waiting + shots.Confirmed + 2)
	r.wantAvailable(beats)
	end := r.finish(drainTime)
	t.Logf("all in the cloud %v after all was well", end.Sub(healed).Round(time.Second))
	v := r.judge(first, end)
	t.Logf("%v; %s", v, r.recoveries())
	if least := kills / 10; v.taken < least {
		t.Errorf("%d photos were taken, want at least %d for the test to say something", v.taken, least)
	}
}

// wantAvailable wants the status on the broker and the hub's page to say that
// all is well, and heartbeats beyond those of before. A machine without NTP is
// well but for that, and one that was started again and again but for that.
func (r *rig) wantAvailable(before int) {
	r.Helper()
	r.await("heartbeats arrive", func() bool { n, _ := r.ear.heard(message.KindHeartbeat); return n > before+2 })
	state := "ok"
	r.await("the broker retains a status without conditions", func() bool {
		s, err := message.ParseStatus(r.retained(message.KindStatus))
		wrong := slices.DeleteFunc(slices.Clone(s.Conditions), func(c message.Active) bool {
			return c.Name == string(health.ClockUnset) && !s.ClockSynced || c.Name == string(health.RepeatedRestarts)
		})
		if state = "ok"; len(s.Conditions) > 0 {
			state = "warning"
		}
		return err == nil && s.Device == device && len(wrong) == 0
	})
	r.await("the broker retains that the link is up", func() bool {
		l, err := message.ParseLink(r.retained(message.KindLink))
		return err == nil && l.Up
	})
	r.await("the hub's page says that the system is available", func() bool {
		return strings.Contains(r.page(), `class="state `+state+`"`)
	})
}

// killAgainAndAgain starts the daemon and kills it, each time at another moment.
// A machine on which a start takes long gives each life so much more.
func (r *rig) killAgainAndAgain(rng *rand.Rand, startTime time.Duration) {
	r.Helper()
	for n := range kills {
		longest := 4*time.Second + startTime
		if n == kills-poweredKills {
			must(r, r.Configure(r.ctx, sessions+swift+poweredCamera))
		}
		if n >= kills-poweredKills {
			longest = 7*time.Second + startTime
		}
		must(r, r.Daemon().Start())
		how := r.moment(rng, longest)
		if !r.Daemon().Running() {
			r.Fatalf("before kill %d (%s) the daemon had ended on its own: %v", n, how, r.Daemon().Err())
		}
		if rng.IntN(8) == 0 { // the power goes: the camera's too
			r.Camera().SetPower(false)
			r.Daemon().Kill()
			must(r, r.repower())
			continue
		}
		r.Daemon().Kill()
	}
	must(r, r.Configure(r.ctx, usual))
	must(r, os.WriteFile(r.PowerFile(), []byte("1\n"), 0o644))
}

// repower gives the camera its power back where its line has it.
func (r *rig) repower() error {
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		line, err := os.ReadFile(r.PowerFile())
		if err != nil {
			return err
		}
		if len(line) > 0 || time.Since(began) > patience { // empty: it is being written
			r.Camera().SetPower(strings.HasPrefix(string(line), "1"))
			return nil
		}
	}
}

// moment waits for the moment to kill: at random, or soon after something has
// been made durable.
func (r *rig) moment(rng *rand.Rand, longest time.Duration) string {
	soon := func(d time.Duration) { time.Sleep(time.Duration(rng.Int64N(int64(d)))) }
	switch rng.IntN(8) {
	default:
		soon(longest)
		return "at random"
	case 0:
		soon(300 * time.Millisecond)
		return "at its start"
	case 1:
		changed(modified(r.spool()), longest+interval)
		soon(40 * time.Millisecond)
		return "after a change in the spool"
	case 2: // between the photo's own commit and that of the index
		changed(r.newestWhole, longest+interval)
		soon(5 * time.Millisecond)
		return "after a photo was whole"
	case 3:
		changed(modified(filepath.Join(r.StateDir(), "queue.db")), longest+interval)
		soon(5 * time.Millisecond)
		return "after a commit"
	case 4: // between the cloud's answer and the acknowledgement
		changed(modified(filepath.Join(r.PhotoDir(), time.Now().UTC().Format(time.DateOnly))), longest+interval)
		soon(20 * time.Millisecond)
		return "after a photo was filed"
	}
}

// changed waits until look gives something else.
func changed(look func() string, limit time.Duration) {
	was := look()
	for began := time.Now(); look() == was && time.Since(began) < limit; {
		time.Sleep(time.Millisecond)
	}
}

// modified looks at a file's or folder's time of modification.
func modified(path string) func() string {
	return func() string {
		s, err := os.Stat(path)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(s.ModTime(), s.Size())
	}
}

// recoveries says what the starts after the kills found: how many of them had to
// remove half photos, and how many to adopt whole ones.
func (r *rig) recoveries() string {
	r.Helper()
	log, err := os.ReadFile(r.Daemon().Log())
	must(r, err)
	removed, adopted := 0, 0
	for line := range strings.Lines(string(log)) {
		var said struct {
			Message  string
			Recovery struct{ Removed, Adopted int }
		}
		if json.Unmarshal([]byte(line), &said) != nil || said.Message != "queue recovered" {
			continue
		}
		if said.Recovery.Removed > 0 {
			removed++
		}
		if said.Recovery.Adopted > 0 {
			adopted++
		}
	}
	return fmt.Sprintf("%d starts removed a half photo, %d adopted a whole one", removed, adopted)
}
