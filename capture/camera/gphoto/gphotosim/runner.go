package gphotosim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"fieldcam/capture/camera/subprocess"
)

// How long things take.
const (
	openTime    = 300 * time.Millisecond
	chunkTime   = 100 * time.Millisecond
	drainTime   = 400 * time.Millisecond
	chunkBytes  = 64 << 10
	exitFailure = 1
)

// The texts of gphoto2's errors.
const (
	textClaim = "\n*** Error ***              \nAn error occurred in the io-library ('Could not claim the USB device'): Could not claim interface 0 (Device or resource busy). Make sure no other program (gvfs-gphoto2-volume-monitor) or kernel module is using the device and you have read/write access to the device.\nERROR: Could not capture image.\nERROR: Could not capture.\n*** Error (-53: 'Could not claim the USB device') ***       \n\n"
	textGone  = "*** Error (-52: 'Could not find the requested device on the USB port') ***       \n\n"
	textBusy  = "\n*** Error ***              \nPTP Device Busy\nERROR: Could not capture image.\nERROR: Could not capture.\n*** Error (-110: 'I/O in progress') ***       \n\n"
	textFile  = "\n*** Error ***              \nPTP Access Denied\nERROR: Could not get file.\n*** Error (-1: 'Unspecified error') ***       \n\n"
	textNone  = "*** Error (-108: 'File not found') ***       \n\n"
	textSet   = "\n*** Error ***              \niso not found in configuration tree.\n*** Error (-1: 'Unspecified error') ***       \n\n"
)

// Runner runs gphoto2, as *subprocess.Runner does.
type Runner struct{ Body *Body }

// LeftBehind implements gphoto.Runner: a simulated program can be killed.
func (r *Runner) LeftBehind() bool { return false }

// Run implements gphoto.Runner. As subprocess.Runner does, it ends the program before ctx's
// deadline; one that has to be killed ends so much later.
func (r *Runner) Run(ctx context.Context, s subprocess.Spec) (subprocess.Exit, error) {
	start := time.Now()
	p := process{Body: r.Body, spec: s}
	soft, lead := ctx, time.Duration(0)
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		lead = s.Lead(left)
		var cancel context.CancelFunc
		soft, cancel = context.WithTimeout(ctx, left-lead)
		defer cancel()
	}
	code, err := p.run(soft)
	if err != nil {
		p.end(ctx, lead)
	}
	e := subprocess.Exit{Code: code, Stderr: p.stderr.String(), Took: time.Since(start)}
	if err != nil {
		if e.Code = exitFailure; p.stuck { // it does not heed the first signal
			e.Code, e.Signal = -1, syscall.SIGKILL
			err = fmt.Errorf("%w: %w", subprocess.ErrUnheeded, err)
		}
		err = fmt.Errorf("gphoto2, after %v: %w", e.Took, err)
	}
	return e, err
}

// cancelTime is how long a run has to end where its context was cancelled, as
// subprocess has it.
const cancelTime = 150 * time.Millisecond

// end is what a run does between the first signal and its end, lead before ctx's deadline
// or after a cancellation.
func (p *process) end(ctx context.Context, lead time.Duration) {
	var stop <-chan struct{}
	if errors.Is(ctx.Err(), context.Canceled) {
		wait := time.Duration(0)
		if p.spec.Grace != nil {
			wait, stop = p.spec.Grace(context.Cause(ctx))
		}
		lead = max(cancelTime, wait)
	}
	p.mu.Lock()
	needs := p.faults.EndTime
	p.mu.Unlock()
	begun, takes := time.Now(), needs
	if p.stuck {
		takes = lead // then it is killed
	}
	t := time.NewTimer(min(takes, lead))
	defer t.Stop()
	select {
	case <-t.C:
	case <-stop:
		lead = min(lead, time.Since(begun)+cancelTime)
		t.Reset(min(takes, lead) - time.Since(begun))
		<-t.C
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if needs > lead {
		p.stuck, p.wedged = true, true
	}
}

// process is one run.
type process struct {
	*Body
	spec   subprocess.Spec
	stderr strings.Builder
	stuck  bool // it has to be killed
}

func (p *process) has(option string) bool { return slices.Contains(p.spec.Argv, option) }

// value is what stands behind an option.
func (p *process) value(option string) string {
	if i := slices.Index(p.spec.Argv, option); i >= 0 && i+1 < len(p.spec.Argv) {
		return p.spec.Argv[i+1]
	}
	return ""
}

func (p *process) print(format string, args ...any) error {
	_, err := fmt.Fprintf(p.spec.Stdout, format, args...)
	return err
}

func (p *process) fail(text string) (int, error) {
	p.stderr.WriteString(text)
	return exitFailure, nil
}

// wait waits for d; its error is ctx's.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hang never ends by itself.
func (p *process) hang(ctx context.Context) (int, error) {
	p.stuck = true
	<-ctx.Done()
	return 0, ctx.Err()
}

// run does what the command line says.
func (p *process) run(ctx context.Context) (int, error) {
	if err := wait(ctx, openTime); err != nil {
		return 0, err
	}
	p.mu.Lock()
	f, off, wedged, port := p.faults, p.off, p.wedged, p.port()
	if p.has("--auto-detect") {
		p.detects++
	}
	if p.has("--reset") && !off && p.value("--port") == port {
		p.resets++
		p.wedged = p.wedged && !f.ResetHelps
		p.renumber()
	}
	p.mu.Unlock()
	switch {
	case p.has("--auto-detect"):
		if err := wait(ctx, f.DetectTime); err != nil {
			return 0, err
		}
		line := ""
		if !off {
			line = fmt.Sprintf("%-30s %s\n", Model, port)
		}
		return 0, p.print("Model                          Port            \n%s\n%s", strings.Repeat("-", 58), line)
	case off || p.value("--port") != port:
		return p.fail(textGone)
	case p.has("--reset"):
		return 0, nil
	case f.Claimed:
		return p.fail(textClaim)
	case f.Silent || wedged:
		return p.hang(ctx)
	case f.RefuseSet && p.has("--set-config"):
		return p.fail(textSet)
	}
	p.setClock()
	for _, a := range []struct {
		option string
		do     func(context.Context, Faults) (int, error)
	}{
		{"--capture-image-and-download", p.capture}, {"--list-files", p.list}, {"--list-folders", p.folders},
		{"--get-file", p.get}, {"--show-info", p.info}, {"--delete-file", p.remove},
	} {
		if !p.has(a.option) {
			continue
		}
		if code, err := a.do(ctx, f); code != 0 || err != nil {
			return code, err
		}
	}
	return p.config(ctx, f)
}

// capture takes a picture and fetches it.
func (p *process) capture(ctx context.Context, f Faults) (int, error) {
	if f.Busy > 0 {
		p.mu.Lock()
		p.faults.Busy--
		p.mu.Unlock()
		return p.fail(textBusy)
	}
	if err := wait(ctx, p.o.Exposure); err != nil {
		return 0, p.left(err)
	}
	files := p.Press()
	p.step("exposed")
	if f.Nothing {
		return 0, nil
	}
	for i, file := range files {
		if err := p.print("New file is in location %s on the camera\n", file.Path); err != nil {
			return 0, err
		}
		if i > 0 && f.KeepRAW {
			return p.fail(textFile)
		}
		if code, err := p.fetch(ctx, file, f); code != 0 || err != nil {
			return code, err
		}
		p.step("fetched " + file.Path)
	}
	return 0, wait(ctx, drainTime)
}

// step tells what has happened.
func (p *process) step(what string) {
	if p.o.Step != nil {
		p.o.Step(what)
	}
}

// fetch brings a file of a shot.
func (p *process) fetch(ctx context.Context, file File, f Faults) (int, error) {
	whole := file.Bytes()
	b := whole
	if f.CutAt > 0 {
		b = b[:f.CutAt]
	}
	tmp, err := os.CreateTemp(p.spec.Dir, "tmpfile")
	if err != nil {
		return 0, err
	}
	defer tmp.Close()
	for len(b) > 0 {
		n := min(chunkBytes, len(b))
		if done := len(whole) - len(b); f.HangAt > 0 && done+n > f.HangAt {
			_, _ = tmp.Write(b[:max(0, f.HangAt-done)]) // half a file
			p.mu.Lock()
			p.wedged = true
			p.mu.Unlock()
			return p.hang(ctx)
		}
		if _, err := tmp.Write(b[:n]); err != nil {
			return 0, err
		}
		b = b[n:]
		if err := wait(ctx, chunkTime); err != nil {
			return 0, p.left(err)
		}
	}
	name := filepath.Join(p.spec.Dir, path.Base(file.Path))
	if err := os.Rename(tmp.Name(), name); err != nil {
		return 0, err
	}
	return 0, os.Chtimes(name, file.At, file.At)
}

// left is a run that was killed in mid-capture: the camera is wedged.
func (p *process) left(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wedged, p.stuck = true, true
	return err
}
