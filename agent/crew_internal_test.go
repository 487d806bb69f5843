package agent

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/hal/sim"
)

func TestAPartThatFailsRunsAgainAfterGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := &crew{log: zerolog.New(&log)}
		var began []time.Time
		c.start(t.Context(), part{"frail", func(ctx context.Context) error {
			began = append(began, time.Now())
			switch len(began) {
			case 12:
				time.Sleep(restartMax + time.Second) // it holds for once
			case 14:
				<-ctx.Done()
				return nil
			}
			return errors.New("frail")
		}})
		time.Sleep(time.Hour)
		if err := c.stop(); err != nil {
			t.Error(err)
		}
		if len(began) != 14 {
			t.Fatalf("%d runs, want 14", len(began))
		}
		pause := restartMin
		for i := 1; i < len(began); i++ {
			got := began[i].Sub(began[i-1])
			if i == 12 { // after the run that held
				got -= restartMax + time.Second
				pause = restartMin
			}
			if got < pause/2 || got >= pause {
				t.Errorf("pause %d is %v, want at least %v and less than %v", i, got, pause/2, pause)
			}
			pause = min(2*pause, restartMax)
		}
		if n := strings.Count(log.String(), `"part":"frail"`); n != 13 {
			t.Errorf("%d log lines for 13 failures", n)
		}
	})
}

func TestPartsStopInReverseOrderEachBeforeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{log: zerolog.Nop()}
		var mu sync.Mutex
		var ended []string
		ctx, cancel := context.WithCancel(t.Context())
		for _, name := range []string{"first", "second", "third"} {
			c.start(ctx, part{name, func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, name)
				return nil
			}})
		}
		cancel() // a part outlives it until its turn
		time.Sleep(time.Minute)
		if len(ended) != 0 {
			t.Errorf("%v ended before the crew was stopped", ended)
		}
		began := time.Now()
		if err := c.stop(); err != nil {
			t.Error(err)
		}
		if want := []string{"third", "second", "first"}; !slices.Equal(ended, want) {
			t.Errorf("parts ended in the order %v, want %v", ended, want)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the stop took %v, want 3s: one after the other", took)
		}
	})
}

func TestStopIsBoundedAndNamesThePartsThatAreLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{log: zerolog.Nop()}
		release := make(chan struct{})
		stopped := make(chan struct{})
		c.start(t.Context(), part{"good", func(ctx context.Context) error {
			<-ctx.Done()
			close(stopped)
			return nil
		}})
		c.start(t.Context(), part{"deaf", func(context.Context) error { <-release; return nil }})
		began := time.Now()
		err := c.stop()
		if took := time.Since(began); took != stopBound {
			t.Errorf("the stop took %v, want %v", took, stopBound)
		}
		if err == nil || !strings.Contains(err.Error(), "deaf") {
			t.Errorf("stop: %v, want an error that names the part", err)
		}
		<-stopped // it was told all the same
		close(release)
	})
}

func TestAnUnsetClockNeverShowsATimeThatHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := sim.NewClock()
		source.Set(time.Unix(0, 0))
		source.SetSynced(false)
		floor := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		c := newFloorClock(source, floor)
		want := func(at time.Time, synced bool) {
			t.Helper()
			if got := c.Now(); !got.Equal(at) || c.Synced() != synced {
				t.Errorf("clock shows %v, synced %v; want %v, %v", got, c.Synced(), at, synced)
			}
		}
		want(floor, false)
		time.Sleep(time.Hour)
		want(floor.Add(time.Hour), false)
		ahead := floor.Add(5 * time.Hour)
		source.Set(ahead) // a guess, but a possible one
		want(ahead, false)
		source.Set(floor.Add(-time.Minute))
		want(floor.Add(time.Hour), false)
		source.SetSynced(true) // whoever knows is believed
		want(floor.Add(-time.Minute), true)
	})
}

func TestAClockWithoutAPastShowsItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := sim.NewClock()
		source.Set(time.Unix(0, 0))
		source.SetSynced(false)
		c := newFloorClock(source, time.Time{})
		if got := c.Now(); !got.Equal(time.Unix(0, 0)) {
			t.Errorf("clock shows %v, want 1970", got)
		}
	})
}
