package session_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"fieldcam/capture/schedule"
	"fieldcam/queue/session"
	"fieldcam/queue/upload"
)

// drawn is some upload sessions, whose blocks most often overlap.
func drawn(rng *rand.Rand) (all []schedule.Session) {
	pick := func(of ...int) int { return of[rng.IntN(len(of))] }
	for i := range 1 + rng.IntN(4) {
		at := func() string { return fmt.Sprintf("%02d:%02d", rng.IntN(24), 15*rng.IntN(4)) }
		every := time.Duration(pick(1, 15, 15, 60, 720)) * time.Minute
		all = append(all, chosen(fmt.Sprint("s", i), at(), at(), every, func(s *schedule.Session) {
			s.Photos, s.Megabytes, s.Minutes = pick(0, 0, 3, 10), pick(0, 0, 1), pick(0, 0, 5)
			s.LookBack = time.Duration(pick(0, 0, 24)) * time.Hour
			if rng.IntN(3) == 0 {
				s.Order = schedule.OldestFirst
			}
		}))
	}
	return all
}

func TestNothingIsLostNorSentTwiceWhateverHappens(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 0))
		q, c := newQueue(0), &fakeCloud{takes: 20 * time.Second}
		begins := time.Duration(rng.IntN(48)) * time.Hour
		budget := rng.IntN(2) == 0
		o := session.Options{
			Quiet: func(at time.Time) (ends, returns time.Time, ok bool) {
				d := at.Sub(midnight.Add(begins))
				ends = midnight.Add(begins + 3*time.Hour)
				return ends, ends.Add(5 * time.Minute), d >= 0 && d < 3*time.Hour+5*time.Minute
			},
			Budget: func() (int64, bool) { return 200_000, budget },
		}
		const photos = 2 * 24 * 4
		runOptions(t, o, q, c, drawn(rng), func(t *testing.T, r *session.Runner) {
			for n := range photos {
				q.sized(uint64(n+1), 1+rng.Int64N(300_000))
				r.Added()
				switch rng.IntN(12) {
				case 0, 1:
					c.set(unreachable)
				case 2:
					c.set(func(seq uint64) error {
						if seq%2 == 0 {
							return errors.New("odd answer")
						}
						return nil
					})
				case 3:
					c.set(func(uint64) error { return &upload.UnreachableError{Err: errors.New("503"), Answered: true} })
				case 4:
					r.LinkUp()
				case 5:
					r.Start(rng.IntN(3))
				default:
					c.set(nil)
				}
				time.Sleep(time.Duration(rng.IntN(30)) * time.Minute)
			}
			c.set(nil)
			r.Start(0)
			time.Sleep(photos*20*time.Second + 5*time.Minute)
			if s := r.State(); s.Running && s.Name == "" {
				t.Errorf("seed %d: %+v, want the person's session over", seed, s)
			}
		})
		if w, a, n := q.counts(); w != 0 || a != photos || n != 0 {
			t.Errorf("seed %d: %d wait, the cloud has %d, %d refused; want all %d there", seed, w, a, n, photos)
		}
	}
}
