package config_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	_ "time/tzdata" // the tests' machine may have no zone files

	"fieldcam/capture/schedule"
	"fieldcam/config"
)

// refused parses text, which must be refused, and returns why.
func refused(t testing.TB, text string) *config.Error {
	t.Helper()
	c, err := config.Parse("fieldcam.toml", []byte(text))
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("parse %q: got error %v, want a *config.Error", text, err)
	}
	if !reflect.DeepEqual(c, config.Config{}) {
		t.Errorf("parse %q: got a Config beside the error, want the zero Config", text)
	}
	return e
}

func accepted(t testing.TB, text string) config.Config {
	t.Helper()
	c, err := config.Parse("fieldcam.toml", []byte(text))
	if err != nil {
		t.Fatalf("parse %q: %v", text, err)
	}
	return c
}

func TestAFileWithOnlyADeviceIsEnough(t *testing.T) {
	want := config.Default()
	want.Device = "x"
	for _, text := range []string{`device = "x"`, "\uFEFFdevice = 'x'\r\n# a comment\r\n"} {
		if got := accepted(t, text); !reflect.DeepEqual(got, want) {
			t.Errorf("parse %q: got %+v, want %+v", text, got, want)
		}
	}
}

func TestTheDefaultFileIsTheDefault(t *testing.T) {
	want := config.Default()
	want.Device = "pole-17"
	text := strings.Replace(string(config.DefaultFile()), `device = ""`, `device = "pole-17"`, 1)
	if got := accepted(t, text); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestTheDefaultFileAsksForNothingButTheDevice(t *testing.T) {
	e := refused(t, string(config.DefaultFile()))
	if len(e.Problems) != 1 || e.Problems[0].Key != "device" || e.Problems[0].Line == 0 {
		t.Errorf("got %v, want one problem, at device", e)
	}
}

// full is a file that sets a value of every shape.
const full = `
device = "pole-17"
time_zone = "America/Denver"
camera.power = { line = "GPIO17", active_low = true }

[[session]]
name = "rush \"hour\""
kind = "capture"
days = "mon,wed-fri"
from = "22:00"
until = "02:00:30"
every = "5s"

[[session]]
name = "night upload"
kind = "upload"
every = "1h30m"
photos = 1_000

[camera.vc0706]
port = '/dev/ttyUSB0'
baud = 0x9600 # 38400

[identity]
password = "hunter2"
`

func TestEveryShapeOfValueIsRead(t *testing.T) {
	c := accepted(t, full)
	want := config.Default()
	want.Device, want.TimeZone = "pole-17", "America/Denver"
	want.Camera.Power.Line, want.Camera.Power.ActiveLow = "GPIO17", true
	want.Camera.Kind, want.Camera.VC0706.Port, want.Camera.VC0706.Baud = config.KindVC0706, "/dev/ttyUSB0", 38400
	want.Identity.Password = "hunter2"
	hm := func(h, m, s int) schedule.Moment {
		return schedule.At(schedule.TimeOfDay(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second))
	}
	want.Sessions = []schedule.Session{
		{Name: `rush "hour"`, Kind: schedule.Capture, From: hm(22, 0, 0), Until: hm(2, 0, 30), Every: 5 * time.Second,
			Days: 1<<time.Monday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday},
		{Name: "night upload", Kind: schedule.Upload, Days: schedule.EveryDay, Until: hm(23, 59, 59), Every: 90 * time.Minute, Photos: 1000},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
	s, err := c.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Zone().String(); got != "America/Denver" {
		t.Errorf("schedule's zone: got %s, want America/Denver", got)
	}
}

func TestSessionsInAListAreReadToo(t *testing.T) {
	c := accepted(t, `device = "x"
session = [
  { name = "a", kind = "capture", every = "1m" },
  { name = "b", kind = "check-in", every = "1h" },
]`)
	if len(c.Sessions) != 2 || c.Sessions[1].Kind != schedule.CheckIn || c.Sessions[0].Every != time.Minute {
		t.Errorf("got %+v, want sessions a and b", c.Sessions)
	}
}

func TestAListOfTextsReplacesTheDefault(t *testing.T) {
	c := accepted(t, `device = "x"
camera.kind = "command"
camera.command.argv = [
  "fswebcam", # the program
  '--no-banner', "say \"x\"",
]`)
	if want := []string{"fswebcam", "--no-banner", `say "x"`}; !slices.Equal(c.Camera.Command.Argv, want) {
		t.Errorf("got %q, want %q", c.Camera.Command.Argv, want)
	}
	if again := accepted(t, config.Show(c)); !reflect.DeepEqual(again, c) {
		t.Errorf("shown, it reads as %q, want %q", again.Camera.Command.Argv, c.Camera.Command.Argv)
	}
	if c := accepted(t, "device = 'x'\ncamera.kind = 'vc0706'\ncamera.command.argv = []"); c.Camera.Command.Argv != nil {
		t.Errorf("an empty list: got %q, want none", c.Camera.Command.Argv)
	}
}

func TestShownConfigurationReadsBack(t *testing.T) {
	c := accepted(t, full)
	shown := config.Show(c)
	if strings.Contains(shown, "hunter2") {
		t.Fatalf("the password is shown:\n%s", shown)
	}
	if e := refused(t, shown); len(e.Problems) != 1 || e.Problems[0].Key != "identity.password" {
		t.Errorf("a shown configuration with a hidden password: got %v, want it refused for that alone", e)
	}
	if got := accepted(t, strings.Replace(shown, `"(set)"`, `"hunter2"`, 1)); !reflect.DeepEqual(got, c) {
		t.Errorf("got %+v\nwant %+v", got, c)
	}
}

func TestErrorsMarshalToJSON(t *testing.T) {
	b, err := json.Marshal(refused(t, "device = \"x\"\n[uplaod]\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"file":"fieldcam.toml","problems":[{"line":2,"column":2,"key":"uplaod",` +
		`"message":"unknown key; did you mean upload?","nearest":"upload","source":"[uplaod]","caret":1}]}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

func TestErrorsShowTheLineAndThePlace(t *testing.T) {
	got := refused(t, "device = \"x\"\n\tmodel = \"Tempo\" # ours\n").Error()
	want := `fieldcam.toml: 1 problem
fieldcam.toml:2:10: model: "Tempo": want "pro", "mini", "mach2" or "tempo"
    2 |  model = "Tempo" # ours
      |          ^`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLoadReadsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fieldcam.toml")
	if err := os.WriteFile(path, []byte(`device = "x"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := config.Load(path); err != nil || c.Device != "x" {
		t.Errorf("got device %q, error %v; want x", c.Device, err)
	}
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.Load(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "config default") {
		t.Errorf("no file: got %v, want fs.ErrNotExist, and how to get one", err)
	}
	if _, err := config.Load(dir); err == nil || !strings.Contains(err.Error(), "is a directory, want a file") {
		t.Errorf("directory: got %v", err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(pipe); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("pipe: got %v", err)
	}
}

func TestAHugeFileIsRefusedUnread(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fieldcam.toml")
	if err := os.WriteFile(path, []byte(`device = "x"`), 0o600); err != nil {
		t.Fatal(err)
	}
	const hundredMegabytes = 100_000_000
	if err := os.Truncate(path, hundredMegabytes); err != nil { // sparse: costs no disk
		t.Fatal(err)
	}
	_, err := config.Load(path)
	var e *config.Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), "at most 1048576 bytes") {
		t.Errorf("got %v, want the limit named", err)
	}
}
