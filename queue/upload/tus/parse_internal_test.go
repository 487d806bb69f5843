package tus

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

func FuzzLocationStaysOnTheEndpoint(f *testing.F) {
	for _, s := range []string{"/files/a", "a", "//evil.example/x", "https://hub.example/files/a", "HTTPS://HUB.EXAMPLE:443/a", "http://hub.example/a",
		"https://hub.example@evil.example/", "https://hub.example:443@evil/", `\\evil`, "https:evil", "//huB.eXAmple", "?x", "#x", "../..//x", "%2f%2fevil/x", "https://hub.example\x00/"} {
		f.Add(s)
	}
	endpoint, err := url.Parse("https://hub.example/files/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, location string) {
		got, err := resolve(endpoint, location)
		if err != nil {
			return
		}
		if !strings.HasPrefix(got, "https://hub.example/") {
			t.Fatalf("%q became %q", location, got)
		}
		again, err := resolve(endpoint, got)
		if len(got) <= urlLimit && (err != nil || again != got) {
			t.Fatalf("%q became %q, and that %q, %v", location, got, again, err)
		}
		if _, err := http.NewRequest(http.MethodHead, got, nil); err != nil {
			t.Fatalf("%q became %q: %v", location, got, err)
		}
	})
}

func FuzzHeadersAreBounded(f *testing.F) {
	for _, s := range []string{"0", "100", "101", "-1", "+1", " 1", "1e2", "18446744073709551615", "9223372036854775808", "1\n2", "\x1b[31mred"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		const size = 100
		if n, err := parseOffset(a, size); err == nil && (n < 0 || n > size || strconv.FormatInt(n, 10) != strings.TrimLeft(a[:len(a)-1], "0")+a[len(a)-1:]) {
			t.Fatalf("offset %q is %d", a, n)
		}
		if d := retryAfter(http.Header{"Retry-After": {a}, "Date": {b}}); d < 0 || d > maxRetryAfter {
			t.Fatalf("Retry-After %q, Date %q: %v", a, b, d)
		}
		line := plainLine(a)
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) || len([]rune(line)) > reasonLimit {
			t.Fatalf("%q became %q", a, line)
		}
	})
}
