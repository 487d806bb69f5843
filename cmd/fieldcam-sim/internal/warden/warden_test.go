package warden_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"fieldcam/cmd/fieldcam-sim/internal/warden"
)

// lifeOf names the life that this program leads when it is started as the service.
const lifeOf = "FIELDCAM_WARDEN_TEST"

func TestMain(m *testing.M) {
	if life := os.Getenv(lifeOf); life != "" {
		if err := live(life); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// tell sends the warden a message, with a file.
func tell(message string, f *os.File) error {
	// Not package net, which sends no files on a connected socket.
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var rights []byte
	if f != nil {
		rights = unix.UnixRights(int(f.Fd()))
	}
	return unix.Sendmsg(fd, []byte(message), rights, &unix.SockaddrUnix{Name: os.Getenv("NOTIFY_SOCKET")}, 0)
}

// live is the service.
func live(life string) error {
	kept := os.Getenv("LISTEN_FDS")
	if kept != "" && os.Getenv("LISTEN_PID") != fmt.Sprint(os.Getpid()) {
		return errors.New("LISTEN_PID is another's")
	}
	switch life {
	case "keeps":
		if kept != "" { // the second life has what the first one wrote
			b := make([]byte, 5)
			f := os.NewFile(3, "kept")
			if _, err := f.ReadAt(b, 0); err != nil {
				return err
			}
			fmt.Println("kept", os.Getenv("LISTEN_FDNAMES"), string(b))
			if err := tell("FDSTOREREMOVE=1\nFDNAME=diary", nil); err != nil {
				return err
			}
			return tell("READY=1", nil)
		}
		f, err := os.CreateTemp("", "diary")
		if err != nil {
			return err
		}
		if _, err := f.WriteString("hello"); err != nil {
			return err
		}
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
		if err := tell("FDSTORE=1\nFDNAME=diary", f); err != nil {
			return err
		}
		return unix.Kill(os.Getpid(), unix.SIGKILL) // with its last word just sent
	case "silent":
		if err := tell("READY=1\nSTATUS=well", nil); err != nil {
			return err
		}
	}
	select {} // until it is killed, or stopped
}

// awaitTime is how long a test waits for a line.
const awaitTime = 2 * time.Minute

// lines is a log that can be awaited. The service's lines and the warden's come in
// any order, so a line is awaited wherever it stands.
func lines(t *testing.T) (io.Writer, func(want string)) {
	t.Helper()
	r, w := io.Pipe()
	var mu sync.Mutex
	var said []string
	more, done := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(r); s.Scan(); {
			mu.Lock()
			said = append(said, s.Text())
			mu.Unlock()
			select {
			case more <- struct{}{}:
			default: // who waits has yet to look
			}
		}
	}()
	t.Cleanup(func() {
		w.Close()
		<-done
	})
	all := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(said, "\n")
	}
	return w, func(want string) {
		t.Helper()
		for late := time.After(awaitTime); !strings.Contains(all(), want); {
			select {
			case <-more:
			case <-late:
				t.Fatalf("%q was not said in %v, but:\n%s", want, awaitTime, all())
			}
		}
	}
}

// run runs the warden with this program as the service, until the test ends.
func run(t *testing.T, life string, o warden.Options) (await func(string), stop func() error) {
	t.Helper()
	t.Setenv(lifeOf, life)
	o.Command, o.Dir = []string{os.Args[0]}, t.TempDir()
	w, await := lines(t)
	o.Output, o.Log = w, w
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- warden.Run(ctx, o) }()
	stopped := false
	stop = func() error {
		cancel()
		stopped = true
		return <-ended
	}
	t.Cleanup(func() {
		if !stopped {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
	})
	return await, stop
}

func TestWhatAServiceGaveToBeKeptOutlivesItsKill(t *testing.T) {
	await, _ := run(t, "keeps", warden.Options{})
	await("life 1 begins, with 0 files")
	await("life 1 has ended: signal: killed")
	await("life 2 begins, with 1 files")
	await("kept diary hello")
	await("life 2 is ready")
	await("life 3 begins, with 0 files") // it has let go
}

func TestASilentServiceIsStartedAgain(t *testing.T) {
	// Where the machine is slow, it is silent before it is ready.
	await, _ := run(t, "silent", warden.Options{Silence: 100 * time.Millisecond})
	await("life 1 is silent")
	await("life 1 has ended: signal: killed")
	await("life 2 begins")
}

// dog is a watchdog that counts.
type dog struct{ fed, closed atomic.Int32 }

func (d *dog) Feed() error                     { d.fed.Add(1); return nil }
func (d *dog) Timeout() (time.Duration, error) { return 30 * time.Millisecond, nil }
func (d *dog) Close() error                    { d.closed.Add(1); return nil }

func TestTheHardwareIsFedUntilTheWardenStops(t *testing.T) {
	d := &dog{}
	await, stop := run(t, "waits", warden.Options{Watchdog: d})
	await("life 1 begins")
	for d.fed.Load() < 4 {
		time.Sleep(time.Millisecond)
	}
	if d.closed.Load() != 0 {
		t.Error("the watchdog was stopped while the warden runs")
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if d.closed.Load() != 1 {
		t.Errorf("the watchdog was stopped %d times at the end, want once", d.closed.Load())
	}
}

func TestAProgramThatIsNotThereEndsLifeAfterLife(t *testing.T) {
	w, await := lines(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- warden.Run(ctx, warden.Options{Command: []string{"/nonexistent"}, Dir: t.TempDir(), Output: w, Log: w})
	}()
	await("life 2 has ended: exit status 127")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
