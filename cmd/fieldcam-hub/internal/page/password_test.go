package page

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestOperatorsPasswordIsAsked(t *testing.T) {
	g := newRig(t)
	g.o.Authenticate = func(password string) bool { return password == "right" }
	m := g.photo("north", 1, picture(t), "jpg")
	for _, path := range []string{"/", "/static/style.css", "/image/north/2026-11-21/" + string(m.ID)} {
		if got := g.get(path, nil).Code; got != 401 {
			t.Errorf("%s without: %d, want 401", path, got)
		}
		if got := g.get(path, func(q *http.Request) { q.SetBasicAuth("anybody", "wrong") }).Code; got != 401 {
			t.Errorf("%s wrong: %d, want 401", path, got)
		}
		if got := g.get(path, func(q *http.Request) { q.SetBasicAuth("anybody", "right") }).Code; got != 200 {
			t.Errorf("%s right: %d, want 200", path, got)
		}
	}
}

func TestWrongPasswordsAreLoggedWithoutFillingTheLog(t *testing.T) {
	g := newRig(t)
	g.o.Authenticate = func(password string) bool { return password == "right" }
	var log bytes.Buffer
	g.o.Log = zerolog.New(&log)
	p, err := New(g.o)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(password string) {
		q := httptest.NewRequest("GET", "/", nil)
		q.Host = "localhost"
		if password != "" {
			q.SetBasicAuth("anybody", password)
		}
		p.ServeHTTP(httptest.NewRecorder(), q)
	}
	ask("")
	ask("right")
	if log.Len() != 0 {
		t.Errorf("logged %s", log.String())
	}
	for range 1000 {
		ask("wrong")
	}
	if n := strings.Count(log.String(), "wrong operator's password"); n < 1 || n > 2*refusedBurst {
		t.Errorf("%d lines for 1000 wrong passwords", n)
	}
}
