package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestSettingsThatCannotBeAreToldAtOnce(t *testing.T) {
	good := settings{data: t.TempDir(), listen: ":8443", mqtt: ":8883", page: "127.0.0.1:8080"}
	good.hosts = []string{"hub", "hub.example.com", "192.0.2.1", "2001:db8::1"}
	if err := good.check(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for want, change := range map[string]func(*settings){
		"--listen": func(s *settings) { s.listen = "8443" },
		"--plain":  func(s *settings) { s.plain = true },
		"--page": func(s *settings) {
			*s = settings{plain: true, listen: "127.0.0.1:1", mqtt: "[::1]:1", page: "0.0.0.0:80"}
		},
		"--broker-ca":       func(s *settings) { s.external.caFile = "x" },
		"plain tcp only":    func(s *settings) { s.external.url = "tcp://broker.example:1883" },
		"tls://HOST:PORT":   func(s *settings) { s.external.url = "broker.example" },
		`--host "hub:8443"`: func(s *settings) { s.hosts = []string{"hub.example", "hub:8443"} },
		`--host "*"`:        func(s *settings) { s.hosts = []string{"*"} },
		`--host "0.0.0.0"`:  func(s *settings) { s.hosts = []string{"0.0.0.0"} },
		`--host "::"`:       func(s *settings) { s.hosts = []string{"::"} },
		`--host ""`:         func(s *settings) { s.hosts = []string{""} },
		`--host "a/b"`:      func(s *settings) { s.hosts = []string{"a/b"} },
		"--client-ca need": func(s *settings) {
			*s = settings{plain: true, listen: "localhost:1", mqtt: "127.0.0.1:1", page: "127.0.0.1:1", clientCA: "x"}
		},
	} {
		s := good
		change(&s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestPageOnTheNetworkNeedsAPassword(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: ":0"}
	if _, err := open(s, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "operator set") {
		t.Fatalf("opened without: %v", err)
	}
	c := newCommand()
	c.SetArgs([]string{"operator", "set", "--data", s.data})
	c.SetIn(strings.NewReader("correct horse\n"))
	c.SetOut(io.Discard)
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	h, _ := start(t, s)
	if !strings.HasPrefix(h.ready["page"], "https://") {
		t.Errorf("the page is at %s, want TLS", h.ready["page"])
	}
}

func TestDeviceAddPrintsConfigurationAndKeepsNoPassword(t *testing.T) {
	data := t.TempDir()
	out, err := command(t, "device", "add", "north", "--data", data, "--host", "hub.example") // before the first run
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"device = \"north\"\n", "[identity]\nca_file = \"" + data + "/tls/ca.pem\"", "username = \"north\"\n", "password = \"",
		"[upload]\nurl = \"https://hub.example:8443/files/\"\n", "[mqtt]\nurl = \"tls://hub.example:8883\"\n",
		"[maintenance]\nnotice_key = \""} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	password := strings.SplitN(strings.SplitN(out, `password = "`, 2)[1], `"`, 2)[0]
	kept, err := os.ReadFile(data + "/devices.json")
	if err != nil || strings.Contains(string(kept), password) || len(password) < 20 {
		t.Errorf("password %q is kept, or is short (%v)", password, err)
	}
	if _, err := command(t, "device", "add", "../north", "--data", data); err == nil {
		t.Error("a path was accepted as a name")
	}
	list, err := command(t, "device", "list", "--data", data)
	if err != nil || !strings.Contains(list, "north") {
		t.Errorf("list: %q, %v", list, err)
	}
	if _, err := command(t, "device", "remove", "north", "--data", data); err != nil {
		t.Error(err)
	}
	if list, err := command(t, "device", "list", "--json", "--data", data); err != nil || list != "[]\n" {
		t.Errorf("list after remove: %q, %v", list, err)
	}
}

func TestDeviceAddWarnsOfAddressesThatLeadNowhereElse(t *testing.T) {
	for _, c := range []struct {
		args []string
		want bool
	}{{nil, true}, {[]string{"--host", "hub.example"}, false}} {
		var said bytes.Buffer
		cmd := newCommand()
		cmd.SetArgs(append([]string{"device", "add", "north", "--data", t.TempDir()}, c.args...))
		cmd.SetOut(io.Discard)
		cmd.SetErr(&said)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said.String(), "--host"); got != c.want {
			t.Errorf("%v: said %q, want a warning: %v", c.args, said.String(), c.want)
		}
	}
	if _, err := command(t, "device", "add", "north", "--data", t.TempDir(), "--host", "hub:8443"); err == nil {
		t.Error("a port was taken for a host")
	}
}

// Whoever else has an account on the machine does not read the photos.
func TestDataIsNotForOtherUsers(t *testing.T) {
	s := settings{data: t.TempDir() + "/data", listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	start(t, s)
	for _, name := range []string{"", "photos", "uploads", "hub.json", "hub.lock"} {
		st, err := os.Stat(s.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm()&0o007 != 0 {
			t.Errorf("%q has mode %v", name, st.Mode())
		}
	}
}
