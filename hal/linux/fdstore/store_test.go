package fdstore_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fieldcam/hal/linux/fdstore"
	"fieldcam/hal/linux/fdstore/fdstoretest"
)

// serviceVar makes this program the service: it names the directory of its files.
const serviceVar = "FIELDCAM_TEST_SERVICE"

// odd is a name with all that systemd's own names must not have.
const odd = "line/exp:1:17 ü\n"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serviceVar); dir != "" {
		if err := service(dir); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// service does what standard input says, line by line, and says what came of it.
func service(dir string) error {
	s := fdstore.Open()
	fmt.Printf("available %v, environment %q, names %q\n", s.Available(), os.Getenv("LISTEN_FDS")+os.Getenv("LISTEN_PID")+os.Getenv("LISTEN_FDNAMES")+os.Getenv("FDSTORE"), slices.Sorted(slices.Values(s.Names())))
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "keep":
			f, err := os.Create(filepath.Join(dir, "file"))
			if err != nil {
				return err
			}
			if _, err := f.WriteString("0123456789"); err != nil {
				return err
			}
			if _, err := f.Seek(4, io.SeekStart); err != nil {
				return err
			}
			if err := s.Keep(odd, f); err != nil {
				return err
			}
			fmt.Println("kept")
		case "take":
			f := s.Take(odd)
			if f == nil {
				fmt.Println("nothing")
				continue
			}
			rest := make([]byte, 1)
			_, err := f.Read(rest)
			fmt.Printf("%s %v, again %v\n", rest, err, s.Take(odd) != nil)
		case "remove":
			if err := s.Remove(odd); err != nil {
				return err
			}
			fmt.Println("removed")
		}
	}
	return s.Close()
}

// start runs the service, and gives it commands.
type running struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(t *testing.T, c *exec.Cmd, dir string) *running {
	t.Helper()
	if c.Env == nil {
		c.Env = os.Environ()
	}
	c.Env = append(c.Env, serviceVar+"="+dir)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := &running{t, c, in, bufio.NewScanner(out)}
	t.Cleanup(r.kill)
	return r
}

func (r *running) say(command, want string) {
	r.t.Helper()
	if command != "" {
		if _, err := io.WriteString(r.in, command+"\n"); err != nil {
			r.t.Fatal(err)
		}
	}
	if !r.out.Scan() {
		r.t.Fatalf("%q: the service has ended: %v", command, r.out.Err())
	}
	if got := r.out.Text(); got != want {
		r.t.Errorf("%q: the service says %q, want %q", command, got, want)
	}
}

// kill is kill -9.
func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

func TestAFileOutlivesItsProcess(t *testing.T) {
	dir := t.TempDir()
	s := fdstoretest.New(t)
	self := func() *exec.Cmd { return s.Command(os.Args[0]) }

	r := start(t, self(), dir)
	r.say("", `available true, environment "", names []`)
	r.say("take", "nothing")
	r.say("keep", "kept")
	s.AwaitNames("line%2Fexp%3A1%3A17%20%C3%BC%0A")
	r.kill()
	if err := os.Remove(filepath.Join(dir, "file")); err != nil {
		t.Fatal(err)
	}

	r = start(t, self(), dir)
	r.say("", fmt.Sprintf("available true, environment %q, names %q", "", []string{odd}))
	r.say("take", "4 <nil>, again false") // the very file: its name has gone, its place in it has not
	r.kill()

	r = start(t, self(), dir)
	r.say("", fmt.Sprintf("available true, environment %q, names %q", "", []string{odd}))
	r.say("remove", "removed")
	s.AwaitNames()
	r.kill()

	r = start(t, self(), dir)
	r.say("", `available true, environment "", names []`)
}

func TestWhatSystemdKeepsIsKnown(t *testing.T) {
	for _, c := range []struct {
		name      string
		most      int
		tells     bool
		available bool
	}{
		{"on, and told", 4, true, true},
		{"on, in an older version", 4, false, true},
		{"off, in any version", 0, false, false}, // a newer one tells nothing then
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fdstoretest.New(t)
			s.SetMost(c.most, c.tells)
			r := start(t, s.Command(os.Args[0]), t.TempDir())
			r.say("", fmt.Sprintf(`available %v, environment "", names []`, c.available))
			s.AwaitNames() // nothing is left of the trial
			r.kill()
			r = start(t, s.Command(os.Args[0]), t.TempDir())
			r.say("", fmt.Sprintf(`available %v, environment "", names []`, c.available))
		})
	}
}

func TestASystemdThatDoesNotAnswerKeepsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	deaf, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	for _, socket := range []string{path, path + "-gone"} {
		t.Setenv("NOTIFY_SOCKET", socket)
		t.Setenv("LISTEN_PID", "")
		begun := time.Now()
		s := fdstore.Open()
		if s.Available() || !strings.Contains(s.Reason(), "not known") {
			t.Errorf("%s: available %v: %s", socket, s.Available(), s.Reason())
		}
		if d := time.Since(begun); d > 10*time.Second {
			t.Errorf("%s: it took %v", socket, d)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWithoutSystemdNothingIsKept(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	// Another process's files: this one is not meant.
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDS", "2")
	t.Setenv("LISTEN_FDNAMES", "a:b")
	s := fdstore.Open()
	defer s.Close()
	if s.Available() || len(s.Names()) != 0 || s.Take("a") != nil {
		t.Errorf("available %v, names %q, want nothing", s.Available(), s.Names())
	}
	if v, ok := os.LookupEnv("LISTEN_FDS"); ok {
		t.Errorf("LISTEN_FDS is still %q", v)
	}
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := s.Keep("a", f); err == nil {
		t.Error("Keep without systemd succeeded")
	}
	if err := s.Remove("a"); err == nil {
		t.Error("Remove without systemd succeeded")
	}
}

func TestANameHasItsBounds(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "nobody"))
	s := fdstore.Open()
	defer s.Close()
	for _, name := range []string{"", strings.Repeat("x", fdstore.MaxName+1), strings.Repeat("/", fdstore.MaxName)} {
		if err := s.Remove(name); err == nil || !strings.Contains(err.Error(), "want 1 to") {
			t.Errorf("a name of %d bytes: %v, want an error that gives the bounds", len(name), err)
		}
	}
}
