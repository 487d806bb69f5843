package powercut

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fieldcam/cmd/fieldcam-sim/internal/emulated"
)

// judge gives its verdict on the directory that a state holds, for a cut after
// the log's length at; photos is how much it found whole.
type judge func(ctx context.Context, dir string, at int64) (faults []string, photos int)

// sweep is what is done with one run's disk.
type sweep struct {
	base string       // the disk's image before the run
	log  emulated.Log // of the run
	dir  string       // in the image: what is judged
	work string       // for images and copies, here
	// from is the entry from which on it is cut.
	from   int
	states int
	// late makes the self-test's drive: it says that it has flushed, and what it
	// holds is as of so many entries before.
	late  int
	seed  uint64
	judge judge
	// keep: images of states at fault are left in work.
	keep     bool
	progress io.Writer
}

// State is one that did not hold.
type State struct {
	Cut    string   `json:"cut"`
	Faults []string `json:"faults"`
	// Image is the disk, where it was kept.
	Image string `json:"image,omitempty"`
}

// Result is what a sweep found.
type Result struct {
	States int `json:"states"`
	// Mended is in how many e2fsck had to mend the file system itself, once its
	// journal was replayed; Broken are those that can't be mended or read.
	Mended int     `json:"mended"`
	Broken []State `json:"broken"`
	// Lost are the states that the judge found at fault.
	Lost []State `json:"lost"`
	// Photos is the most whole photos that a state held.
	Photos int `json:"photos"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// sound tells whether all states held.
func (r Result) sound() bool { return len(r.Lost)+len(r.Broken) == 0 }

// progressEvery is how often a sweep says how far it is.
const progressEvery = 10 * time.Second

// run builds and judges the states.
func (s sweep) run(ctx context.Context) (r Result, err error) {
	began, spoke := time.Now(), time.Now()
	base, err := os.ReadFile(s.base)
	if err != nil {
		return r, fmt.Errorf("read disk: %w", err)
	}
	rng := rand.New(rand.NewPCG(s.seed, 0))
	builder := emulated.NewBuilder(base, s.log)
	var image []byte
	cuts := s.log.Cuts(s.from, s.states, rng)
	for i, c := range cuts {
		held := c
		held.After = max(c.After-s.late, 0)
		if image, err = builder.Build(held, image, rng); err != nil {
			return r, err
		}
		if err := s.try(ctx, c, image, &r); err != nil {
			return r, fmt.Errorf("cut %s: %w", c, err)
		}
		if time.Since(spoke) > progressEvery {
			spoke = time.Now()
			fmt.Fprintf(s.progress, "  %d of %d states, %d at fault\n", i+1, len(cuts), len(r.Lost)+len(r.Broken))
		}
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

// try judges one state.
func (s sweep) try(ctx context.Context, c emulated.Cut, image []byte, r *Result) error {
	var at int64
	if c.After > 0 {
		at = s.log[c.After-1].End
	}
	file, copied := filepath.Join(s.work, "state.img"), filepath.Join(s.work, "state")
	if err := writeSparse(file, image); err != nil {
		return err
	}
	if err := os.RemoveAll(copied); err != nil {
		return fmt.Errorf("clear the last state: %w", err)
	}
	r.States++
	faults, photos, broken := s.look(ctx, file, copied, at, r)
	if err := ctx.Err(); err != nil {
		return err // it was this that ended e2fsck
	}
	r.Photos = max(r.Photos, photos)
	if broken == nil && len(faults) == 0 {
		return nil
	}
	bad := State{Cut: c.String(), Faults: faults}
	if s.keep {
		bad.Image = filepath.Join(s.work, fmt.Sprintf("fault-%d.img", len(r.Lost)+len(r.Broken)+1))
		// Anew: e2fsck has changed the other.
		if err := writeSparse(bad.Image, image); err != nil {
			return err
		}
	}
	if broken != nil {
		bad.Faults = append(bad.Faults, broken.Error())
		r.Broken = append(r.Broken, bad)
		return nil
	}
	r.Lost = append(r.Lost, bad)
	return nil
}

// look mounts an image, as it were, and judges what is on it. The error says what
// is wrong with the file system.
func (s sweep) look(ctx context.Context, file, copied string, at int64, r *Result) (faults []string, photos int, broken error) {
	if err := emulated.Mount(ctx, file); err != nil {
		return nil, 0, err
	}
	complaints, err := emulated.Extract(ctx, file, s.dir, copied)
	if err != nil {
		return nil, 0, err
	}
	faults, photos = s.judge(ctx, copied, at)
	if len(faults) > 0 {
		faults = append(faults, complaints...)
	}
	mended, err := emulated.Fsck(ctx, file)
	if mended != "" {
		r.Mended++
	}
	return faults, photos, err
}

// sparseBlock is what is left out of an image where it is all zero.
const sparseBlock = 4096

// writeSparse writes an image without its empty blocks: most of a card is empty.
func writeSparse(file string, image []byte) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("write state: %w", cerr)
		}
	}()
	if err := f.Truncate(int64(len(image))); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	at, empty := int64(0), make([]byte, sparseBlock)
	for block := range slices.Chunk(image, sparseBlock) {
		if !bytes.Equal(block, empty[:len(block)]) {
			if _, err := f.WriteAt(block, at); err != nil {
				return fmt.Errorf("write state: %w", err)
			}
		}
		at += int64(len(block))
	}
	return nil
}
