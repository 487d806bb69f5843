package config_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"fieldcam/config"
)

// FuzzParse holds Parse to its promises for any text: no panic, an *Error with
// places that are in the text, or a Config that survives being shown.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add(config.DefaultFile())
	for _, text := range []string{
		"", "device = 'x'", "[[session]]\n[session.x]\n[[session]]", "session.a.b = 1\n[session]", "a.b.c = 1\n[a.b]\na = {}\n[[a]]",
		"device = 'x'\r\nsession = [{}, 1, [], {name = 'a'}]", "log = {level = {}}\nlog.level.x = 1", "\"\\u001b\" = nan\n[''.'']",
		"device = \"\"\"\nx\"\"\"\n[identity]\npassword = 'p'", "[camera]\npower.line = ''\n[camera.power]\noff_time = 1979-05-27",
		"device = 'x'\ncamera.command.argv = [\"a\", # b\n'c']\ncamera.kind = 'command'", "camera.command.argv = [[], 1]\n[camera.command.argv.x]", "camera.vc0706.baud = +0b1_0\ncamera.vc0706.number = -9223372036854775809", "[[upload]]\n[[upload]]\n[upload.url]\n[[device]]",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("f.toml", data)
		if err != nil {
			checkError(t, err, data)
			return
		}
		shown := config.Show(c)
		if c.Identity.Password != "" {
			shown = strings.Replace(shown, `password = "(set)"`, `password = "p"`, 1)
			c.Identity.Password = "p"
		}
		again, err := config.Parse("shown.toml", []byte(shown))
		if err != nil {
			t.Fatalf("shown configuration is refused: %v\n%s", err, shown)
		}
		if !reflect.DeepEqual(again, c) {
			t.Errorf("shown configuration reads as %+v, want %+v", again, c)
		}
	})
}

func checkError(t *testing.T, err error, data []byte) {
	t.Helper()
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T %v, want *config.Error", err, err)
	}
	if n := len(e.Problems); n == 0 || n > config.MaxProblems {
		t.Errorf("got %d problems, want 1 to %d", n, config.MaxProblems)
	}
	lines := strings.Count(string(data), "\n") + 1
	for _, p := range e.Problems {
		if p.Line < 0 || p.Line > lines || p.Column < 0 || p.Column > len(data)+1 {
			t.Errorf("problem at %d:%d of %d lines: %s", p.Line, p.Column, lines, p.Message)
		}
		if p.Caret < 0 || p.Caret > len([]rune(p.Source)) {
			t.Errorf("caret %d in %q", p.Caret, p.Source)
		}
		if p.Message == "" || strings.ContainsAny(p.Message+p.Key+p.Source, "\x00\x1b\n") {
			t.Errorf("not for a terminal: %q %q %q", p.Message, p.Key, p.Source)
		}
	}
}
