package identity_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fieldcam/agent/identity"
	"fieldcam/config/invalid"
)

func TestEveryUnusableFileIsNamedAtOnce(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.issue("cam-1", 0o600)
	_, otherKey := a.issue("cam-2", 0o600)
	empty := filepath.Join(a.dir, "empty")
	damaged := a.write("damaged.pem", "CERTIFICATE", bytes.Repeat([]byte{7}, 40), 0o644)
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(a.dir, "missing")
	for _, test := range []struct {
		name   string
		config identity.Config
		keys   []string
	}{
		{"missing", identity.Config{CAFile: missing, CertFile: missing, KeyFile: missing, PasswordFile: missing},
			[]string{"ca_file", "cert_file", "key_file", "password_file"}},
		{"empty", identity.Config{CAFile: empty, CertFile: empty, KeyFile: key, PasswordFile: empty}, []string{"ca_file", "cert_file", "password_file"}},
		{"damaged", identity.Config{CAFile: damaged}, []string{"ca_file"}},
		{"directory", identity.Config{CAFile: a.dir}, []string{"ca_file"}},
		{"key of another", identity.Config{CertFile: cert, KeyFile: otherKey}, []string{"key_file"}},
		{"half", identity.Config{CertFile: cert}, []string{"key_file"}},
	} {
		_, err := identity.Open(test.config, "cam-1", nil)
		var keys []string
		for _, v := range invalid.Values(err) {
			keys = append(keys, v.Key)
		}
		if !slices.Equal(keys, test.keys) {
			t.Errorf("%s: keys %q in %v, want %q", test.name, keys, err, test.keys)
		}
		if test.name == "missing" && strings.Count(err.Error(), missing) != 4 {
			t.Errorf("%s: %v: want the path with each", test.name, err)
		}
	}
}

func TestPasswordAndUsername(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("s3cret \r\nnot this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		config         identity.Config
		user, password string
	}{
		{identity.Config{}, "", ""},
		{identity.Config{Password: "p"}, "cam-1", "p"},
		{identity.Config{Username: "u", Password: "p"}, "u", "p"},
		{identity.Config{PasswordFile: path}, "cam-1", "s3cret "},
	} {
		i := open(t, test.config)
		if i.Username() != test.user || i.Password() != test.password {
			t.Errorf("%+v: %q, %q, want %q, %q", test.config, i.Username(), i.Password(), test.user, test.password)
		}
	}
}

func TestExposedSecretsAndForeignNamesAreWarnedOf(t *testing.T) {
	a := newAuthority(t)
	for _, test := range []struct {
		name string
		mode os.FileMode
		want int
	}{
		{"cam-1", 0o600, 0}, {"cam-1", 0o640, 0}, {"cam-1", 0o644, 1}, {"cam-9", 0o604, 2},
	} {
		cert, key := a.issue(test.name, test.mode)
		w := open(t, identity.Config{CertFile: cert, KeyFile: key}).Warnings()
		if len(w) != test.want {
			t.Errorf("%s with mode %o: warnings %q, want %d", test.name, test.mode, w, test.want)
		}
		if test.mode == 0o644 && len(w) == 1 && !strings.Contains(w[0], key) {
			t.Errorf("warning %q does not name %s", w[0], key)
		}
	}
}
