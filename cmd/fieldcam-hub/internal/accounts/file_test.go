package accounts_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestAnUnreadableProofHidesNoOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "accounts")
	var said bytes.Buffer
	a := openIn(t, dir, zerolog.New(&said))
	keep(t, a, account(first, 1, 1))
	keep(t, a, account(first.AddDate(0, 0, 1), 1, 2))
	a.Close()
	path := filepath.Join(dir, "pole.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte(`"p":"`)) + len(`"p":"`)
	copy(text[at:], "CQkJ") // version 9
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	a = openIn(t, dir, zerolog.New(&said))
	for range 2 {
		if all := newest(t, a, 1); len(all) != 1 || all[0].Day != "2026-11-20" {
			t.Errorf("accounts %+v, want the readable one", all)
		}
	}
	if n := strings.Count(said.String(), "account left out"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, said.String())
	}
}

func TestDamagedFileIsSetAsideAndGoesOn(t *testing.T) {
	a, dir := open(t)
	keep(t, a, account(first, 1, 1))
	a.Close()
	if err := os.WriteFile(filepath.Join(dir, "pole.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	keep(t, a, account(first, 2, 3))
	for range 2 {
		if all := newest(t, a, 9); len(all) != 1 || all[0].Taken() != 3 {
			t.Errorf("accounts %+v, want the new one", all)
		}
		a.Close()
	}
	aside, err := filepath.Glob(filepath.Join(dir, "pole.json.damaged-*"))
	if err != nil || len(aside) != 1 {
		t.Errorf("set aside: %v, %v, want the damaged file", aside, err)
	}
}

func TestForgottenAccountsAndHalfWrittenFilesGo(t *testing.T) {
	a, dir := open(t)
	keep(t, a, account(first, 1, 1))
	a.Close()
	for _, name := range []string{".pole.123456", ".keep"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("[{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a = openIn(t, dir, zerolog.Nop())
	if got := a.Systems(); len(got) != 1 || got[0] != "pole" {
		t.Errorf("systems %v, want pole", got)
	}
	keep(t, a, account(first, 2, 2))
	if err := a.Forget("pole"); err != nil {
		t.Fatal(err)
	}
	a.Close()
	files, err := os.ReadDir(dir)
	if all := newest(t, a, 9); len(all) != 0 || len(a.Systems()) != 0 || err != nil || len(files) != 1 || files[0].Name() != ".keep" {
		t.Errorf("accounts %+v, systems %v, files %v, %v, want only what is not the hub's", all, a.Systems(), files, err)
	}
}
