package agent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/agent/health"
	"fieldcam/agent/link/linktest"
	"fieldcam/capture/photo"
	"fieldcam/capture/schedule"
	"fieldcam/config"
	"fieldcam/queue"
)

const (
	// soon is how long the daemon may take to report what it has found out.
	soon = 35 * time.Second
	// looked is how long a start may take to have looked at all photos: the sweep
	// and the scrub begin a minute after it.
	looked = 2 * time.Minute
	// newsOver is how long after a start it no longer says what only the start
	// before knew.
	newsOver = 6 * time.Minute
	// lookedAgain is after how long it has looked at all once more, a day later.
	lookedAgain = 27 * time.Hour
)

// hourly takes and sends a photo each hour, day and night.
func hourly(c *config.Config) { every(c, time.Hour) }

// every takes and sends photos so often.
func every(c *config.Config, interval time.Duration) {
	c.Sessions = nil
	for _, kind := range []schedule.Kind{schedule.Capture, schedule.Upload} {
		s := schedule.NewSession()
		s.Name, s.Kind, s.Every = kind.String(), kind, interval
		c.Sessions = append(c.Sessions, s)
	}
}

// condition is what the daemon reports under that name; false: nothing.
func (w *world) condition(name health.Name) (control.Condition, bool) {
	all := w.life.agent.Status().Conditions
	i := slices.IndexFunc(all, func(c control.Condition) bool { return c.Name == name })
	if i < 0 {
		return control.Condition{}, false
	}
	return all[i], true
}

// wantReported wants the daemon to report these conditions, or none of them.
func (w *world) wantReported(want bool, names ...health.Name) {
	w.Helper()
	for _, name := range names {
		if c, got := w.condition(name); got != want || got && c.Severity != name.Severity() {
			w.Errorf("%s: %t (%+v), want %t", name, got, c, want)
		}
	}
}

// photos asks the daemon for the photos of a state, newest first.
func (w *world) photos(state queue.State) (all []control.Photo) {
	w.Helper()
	a := w.ask("GET", "/queue?limit=100&state="+string(state), "")
	if a == nil || a.code != http.StatusOK {
		w.Fatalf("list photos: %+v", a)
	}
	if err := json.Unmarshal(a.body, &all); err != nil {
		w.Fatal(err)
	}
	return all
}

func TestACardThatFillsUpIsReportedAheadAndABacklogThatGrows(t *testing.T) {
	inWorld(t, setup{config: hourly}, func(w *world) {
		w.cloud.cut(linktest.Severed, linktest.Whole) // the broker hears all of it
		w.addManual(10)
		time.Sleep(24 * time.Hour) // a whole day is known of
		w.boot()
		w.pass(soon)
		w.wantConditions()
		w.card.set(tight)
		w.pass(soon)
		w.wantConditions("+card-filling")
		w.card.set(plenty)
		w.pass(soon)
		w.wantConditions("+card-filling", "-card-filling")
		w.restart(func() { w.addManual(11) }) // more than two days' photos wait
		w.pass(soon)
		w.wantConditions("+card-filling", "-card-filling", "+backlog-growing")
		w.drop(w.photos(queue.Waiting)[:3]...) // a little less than two days' photos: no news
		w.pass(soon)
		w.wantConditions("+card-filling", "-card-filling", "+backlog-growing")
		w.network(linktest.Whole)
		w.finish()
		w.wantConditions("+card-filling", "-card-filling", "+backlog-growing", "-backlog-growing")
	})
}

// addManual adds photos that a person took. The daemon is off.
func (w *world) addManual(n int) {
	w.Helper()
	q := w.openQueue()
	defer q.Close()
	for range n {
		now := w.truth()
		shot := photo.Shot{Slot: now, Trigger: photo.Manual, Taken: now, ClockSynced: true}
		w.known[w.add(q, shot, tightBytes/3).Seq()] = true
	}
}

func TestPhotosThatRotOrAreThinnedOutAreReported(t *testing.T) {
	thin := func(c *config.Config) {
		hourly(c)
		c.Queue.WhenFull = queue.Thin
	}
	inWorld(t, setup{config: thin}, func(w *world) {
		w.cloud.cut(linktest.Severed, linktest.Whole)
		w.addManual(8)
		w.boot()
		w.passUntil(7, 30)
		w.rotOne()
		w.thinOut()
		// While it runs on, photos and spool are looked at each day.
		w.wantReported(true, health.PhotoDamaged, health.PhotoLost, health.PhotosThinned)
		w.wantReported(false, health.ForeignFiles)
		if err := os.WriteFile(filepath.Join(w.dir, "spool", "DCIM0001.JPG"), []byte("a holiday"), 0o644); err != nil {
			w.Fatal(err)
		}
		w.pass(lookedAgain)
		w.wantReported(false, health.PhotosThinned)
		w.wantReported(true, health.PhotoDamaged, health.PhotoLost, health.ForeignFiles)
		w.restart(func() {
			if err := os.Remove(filepath.Join(w.dir, "spool", "DCIM0001.JPG")); err != nil {
				w.Fatal(err)
			}
		})
		w.pass(newsOver)
		// What was thinned out in an earlier life of the daemon is no news.
		w.wantReported(false, health.PhotoDamaged, health.PhotosThinned, health.ForeignFiles)
		w.wantReported(true, health.PhotoLost)
		if v := w.finish(); len(v.missed) != 1 || v.missed[photo.CardFull] != 1 {
			w.Errorf("missed %v, want the one slot that had no room", v.missed)
		}
	})
}

// rotOne lets one of the photos that wait rot, and wants that found.
func (w *world) rotOne() {
	w.Helper()
	all := w.photos(queue.Waiting)
	rotten := all[len(all)/2].Meta
	w.restart(func() { w.rot(rotten) })
	w.wantReported(false, health.PhotoDamaged, health.PhotoLost)
	w.pass(looked)
	w.wantReported(true, health.PhotoDamaged, health.PhotoLost)
	w.gone[rotten.Seq()] = string(queue.Lost)
	if s := w.life.agent.Status().Queue; s.Lost != 1 || s.Waiting != int64(len(all)-1) {
		w.Errorf("got %+v, want one of %d photos lost", s, len(all))
	}
	if aside, err := filepath.Glob(filepath.Join(w.dir, "damaged", "*"+string(rotten.ID)+"*")); err != nil || len(aside) == 0 {
		w.Errorf("set aside: %v (%v), want the rotten photo", aside, err)
	}
}

// thinOut fills the card for one slot, and wants the policy done to the photos
// that wait. It is 7:30 to 9:30.
func (w *world) thinOut() {
	w.Helper()
	before, thinned := w.photos(queue.Waiting), 0
	for _, p := range before[1:] { // the newest stays
		if p.Seq()%uint64(w.cfg.Queue.ThinKeep) != 0 {
			w.gone[p.Seq()] = "thinned"
			thinned++
		}
	}
	w.wantReported(false, health.PhotosThinned, health.CardFull)
	w.card.set(none)
	w.passUntil(8, 30)
	w.wantReported(true, health.PhotosThinned, health.CardFull)
	left := w.photos(queue.Waiting)
	if got, want := len(left), len(before)-thinned; got != want || thinned < 5 {
		w.Errorf("%d of %d photos wait, want %d", got, len(before), want)
	}
	if c, _ := w.condition(health.PhotosThinned); !strings.Contains(c.Text, fmt.Sprintf(" %d photos ", thinned)) {
		w.Errorf("it says %q, want it to count %d photos", c.Text, thinned)
	}
	w.card.set(plenty)
	w.passUntil(9, 30)
	w.wantReported(false, health.CardFull)
}

func TestWhatAPersonDoesToTheSpoolIsFoundAndReported(t *testing.T) {
	inWorld(t, setup{config: hourly}, func(w *world) {
		w.cloud.cut(linktest.Severed, linktest.Whole)
		w.boot()
		w.passUntil(8, 30)
		all := w.photos(queue.Waiting)
		deleted, moved := all[1].Meta, all[2].Meta
		elsewhere := filepath.Join(w.dir, "elsewhere.jpg")
		foreign := filepath.Join(w.dir, "spool", "DCIM0001.JPG")
		do := func(err error) {
			w.Helper()
			if err != nil {
				w.Fatal(err)
			}
		}
		w.restart(func() {})
		w.pass(soon)
		do(os.Remove(w.file(deleted)))
		do(os.Rename(w.file(moved), elsewhere))
		do(os.WriteFile(foreign, []byte("a holiday"), 0o644))
		w.gone[deleted.Seq()] = string(queue.Lost)
		w.wantReported(false, health.PhotoLost, health.ForeignFiles)
		w.pass(looked)
		w.wantReported(true, health.PhotoLost, health.ForeignFiles)
		w.wantReported(false, health.PhotoDamaged)
		if c, _ := w.condition(health.ForeignFiles); !strings.Contains(c.Text, filepath.Base(foreign)) {
			w.Errorf("it says %q, want the name of the file", c.Text)
		}
		if s := w.life.agent.Status().Queue; s.Lost != 2 {
			w.Errorf("%d photos are lost, want 2", s.Lost)
		}
		w.restart(func() { do(os.Rename(elsewhere, w.file(moved))) })
		w.pass(soon)
		w.wantReported(true, health.PhotoLost, health.ForeignFiles)
		if s := w.life.agent.Status().Queue; s.Lost != 1 {
			w.Errorf("%d photos are lost after one is back, want 1", s.Lost)
		}
		if text, err := os.ReadFile(foreign); err != nil || string(text) != "a holiday" {
			w.Errorf("the foreign file: %q (%v), want it left alone", text, err)
		}
		w.restart(func() { do(os.Remove(foreign)) })
		w.pass(looked)
		w.wantReported(false, health.ForeignFiles)
		w.finish()
	})
}

func TestALargeIndexIsMadeSmallWhileNothingElseGoesOn(t *testing.T) {
	inWorld(t, setup{config: hourly}, func(w *world) {
		w.boot()
		w.passUntil(8, 15)
		size := func() int64 {
			w.Helper()
			st, err := os.Stat(w.index())
			if err != nil {
				w.Fatal(err)
			}
			return st.Size()
		}
		w.restart(w.bloatIndex)
		if n := size(); n < bloat {
			w.Fatalf("the index has %d bytes, want more than %d for the test to say something", n, bloat)
		}
		w.pass(11 * time.Minute)
		if n := size(); n > bloat/4 {
			w.Errorf("the index has %d bytes after 11 minutes, want it small", n)
		}
		w.finish()
	})
}

func TestTheStatusTellsOfHeldPhotosAndOfTheSecondCopy(t *testing.T) {
	copied := func(c *config.Config) {
		hourly(c)
		c.Copy.Mount = t.TempDir() // where nothing is mounted
	}
	inWorld(t, setup{config: copied}, func(w *world) {
		w.boot()
		w.cloud.cut(linktest.Severed, linktest.Whole)
		w.passUntil(8, 15)
		if a := w.ask("POST", "/queue/hold", fmt.Sprintf(`{"ids":[%q]}`, w.photos(queue.Waiting)[0].ID)); a == nil || a.code != http.StatusOK {
			w.Errorf("hold: %+v, want 200", a)
		}
		w.wantReported(true, health.CopyMissing)
		s := w.life.agent.Status()
		if s.Queue.Held != 1 {
			w.Errorf("%d photos are held, want 1", s.Queue.Held)
		}
		if s.Second == nil || s.Second.Mounted || !strings.Contains(s.Second.Error, "no disk is mounted") {
			w.Errorf("second copy: %+v, want it to say that there is no disk", s.Second)
		}
		if entries, err := os.ReadDir(w.cfg.Copy.Mount); err != nil || len(entries) > 0 {
			w.Errorf("in the mount point: %v (%v), want nothing without a disk", entries, err)
		}
		w.finish()
	})
}
