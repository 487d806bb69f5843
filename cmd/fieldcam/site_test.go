package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// site is a controller's files: a configuration, and a real queue.
type site struct {
	t      *testing.T
	state  string
	config string
	q      *queue.Queue // open while a daemon serves it
}

// device is the site's.
const device = "pole-17"

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, state: t.TempDir(), config: filepath.Join(t.TempDir(), "fieldcam.toml")}
	s.must(os.WriteFile(s.config, []byte("device = \""+device+"\"\ntime_zone = \"Europe/Berlin\"\n"), 0o600))
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) open() *queue.Queue {
	s.t.Helper()
	q, err := queue.Open(s.t.Context(), queue.Options{Dir: s.state, Device: device, Config: queue.Default(), Log: zerolog.Nop()})
	s.must(err)
	return q
}

// work opens the queue, as a daemon that is not running now did once.
func (s *site) work(f func(q *queue.Queue)) {
	s.t.Helper()
	q := s.open()
	f(q)
	s.must(q.Close())
}

// slot is when the site's nth photo was due: one every 15 minutes from 7:00 in
// Berlin on.
func slot(n int) time.Time {
	return time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC).Add(time.Duration(n) * 15 * time.Minute)
}

// now is the site's wall time with a daemon.
func now() time.Time { return time.Date(2026, 11, 21, 10, 48, 39, 0, time.UTC) }

// take puts the photo of the nth slot into the queue.
func (s *site) take(q *queue.Queue, n int, format string) photo.Meta {
	s.t.Helper()
	m, err := q.Add(photo.Shot{Slot: slot(n), Session: "daytime", Trigger: photo.Scheduled, Taken: slot(n).Add(time.Second), ClockSynced: true, Format: format},
		func(w io.Writer) (photo.Exposure, error) {
			_, err := w.Write(bytes.Repeat([]byte{byte(n)}, 1000*(n+1)))
			return photo.Exposure{Camera: "VC0703 1.00", Format: format, Attempts: 1}, err
		})
	s.must(err)
	return m
}

// fill gives the queue photos: 0 confirmed, 1 refused, 2 held, 3 (a raw one), 4
// and 5 waiting; slot 6 failed.
func (s *site) fill() (all []photo.Meta) {
	s.t.Helper()
	s.work(func(q *queue.Queue) {
		for n, format := range []string{"jpg", "jpg", "jpg", "cr2", "jpg", "jpg"} {
			all = append(all, s.take(q, n, format))
		}
		s.must(q.Acknowledge(all[0].Seq()))
		s.must(q.Refuse(all[1].Seq(), "422: another photo has this ID"))
		_, err := q.Hold(all[2].ID)
		s.must(err)
		s.must(q.Miss(photo.Miss{From: slot(6), To: slot(6), Session: "daytime", Slots: 1, Cause: photo.CameraFault, Detail: "camera does not answer"}))
	})
	return all
}

// daemon serves the queue as a running daemon does, until the test ends.
func (s *site) daemon() { s.serve(func(*control.Options) {}) }

// serve is daemon, with options that change makes.
func (s *site) serve(change func(*control.Options)) {
	s.t.Helper()
	s.q = s.open()
	s.t.Cleanup(func() {
		if err := s.q.Check(); err != nil {
			s.t.Error(err)
		}
		if err := s.q.Close(); err != nil {
			s.t.Error(err)
		}
	})
	zone, err := time.LoadLocation("Europe/Berlin")
	s.must(err)
	o := control.Options{Path: control.Path(s.state), Agent: s, Store: s.q, Zone: zone, Clock: s, Log: zerolog.Nop()}
	change(&o)
	server := control.New(o)
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: got %v, want nil", err)
		}
	})
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("unix", control.Path(s.state))
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatal(err)
		}
	}
}

func (s *site) Now() time.Time { return now() }

func (s *site) Status() control.Status {
	return control.Status{Device: device, Now: now(), TimeZone: "Europe/Berlin"}
}

func (s *site) Capture(context.Context) (photo.Meta, error) { return photo.Meta{}, queue.ErrCardFull }

func (s *site) Upload(int) error { return nil }

// said is what a command wrote.
type said struct {
	out, err string
	code     int
	fault    error
}

// run runs a command of the site's technician, who types in.
func (s *site) run(in io.Reader, args ...string) said {
	s.t.Helper()
	root := newRoot()
	var out, errs bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetIn(in)
	if args[0] == "__complete" { // which wants to be the first
		root.SetArgs(append([]string{args[0], "--state", s.state}, args[1:]...))
	} else {
		root.SetArgs(append([]string{"--state", s.state, "--config", s.config}, args...))
	}
	err := root.ExecuteContext(s.t.Context())
	r := said{out: out.String(), err: errs.String(), fault: err}
	if err != nil {
		r.code = exitCode(err)
		r.err += err.Error()
	}
	if !slices.Contains(args, "--json") {
		// As where it is installed.
		narrow(s.t, tempDirs.ReplaceAllString(r.out, defaultState))
	}
	return r
}

// do runs a command that must succeed, and gives its standard output.
func (s *site) do(line string) string {
	s.t.Helper()
	r := s.run(strings.NewReader(""), strings.Fields(line)...)
	if r.fault != nil {
		s.t.Fatalf("fieldcam %s: %v\n%s", line, r.fault, r.out)
	}
	return r.out
}

// randomParts are what differs from run to run.
var randomParts = regexp.MustCompile(`(Z-[0-9]{6}-)[0-9a-f]{6}`)

// tempDirs are a test's, whose names are longer than any that is in use.
var tempDirs = regexp.MustCompile(`/[^ ]*/[0-9]{3}\b`)

// want fails unless a command's output is that text, with 6 x for the random part
// of each ID.
func (s *site) want(got, want string) {
	s.t.Helper()
	if got := randomParts.ReplaceAllString(got, "${1}xxxxxx"); got != want {
		s.t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// bothWays runs f at a site with its daemon, and at one without.
func bothWays(t *testing.T, f func(t *testing.T, s *site, all []photo.Meta)) {
	t.Helper()
	for _, with := range []bool{true, false} {
		t.Run(fmt.Sprintf("daemon %v", with), func(t *testing.T) {
			s := newSite(t)
			all := s.fill()
			if with {
				s.daemon()
			}
			f(t, s, all)
		})
	}
}
