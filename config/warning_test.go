package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fieldcam/config"
)

func TestASecretThatEverybodyMayReadIsWarnedAbout(t *testing.T) {
	const open, secret = "device = 'x'\n", "device = 'x'\n[identity]\npassword = 'hunter2'\n"
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"a secret for everybody", secret, 0o644, "identity.password in "},
		{"a secret for owner and group", secret, 0o640, ""},
		{"no secret", open, 0o644, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fieldcam.toml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil { // past the umask
				t.Fatal(err)
			}
			loaded, err := config.Load(path)
			if err != nil {
				t.Fatalf("got %v, want the file accepted", err)
			}
			link := filepath.Join(filepath.Dir(path), "link.toml")
			if err := os.Symlink(path, link); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{path, link} { // a link's own mode means nothing
				got := strings.Join(config.Warnings(name, loaded), "\n")
				if strings.Contains(got, "hunter2") {
					t.Errorf("the secret is in %q", got)
				}
				if !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
					t.Errorf("%s: got %q, want %q", name, got, c.want)
				}
			}
		})
	}
}

func TestAFileThatIsGoneIsNotWarnedAbout(t *testing.T) {
	c := config.Default()
	c.Identity.Password = "hunter2"
	if got := config.Warnings(filepath.Join(t.TempDir(), "none"), c); got != nil {
		t.Errorf("got %q, want nothing", got)
	}
}
