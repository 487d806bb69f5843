package ipcam

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The examples of RFC 2617 (section 3.5), of RFC 7616 (section 3.9.1), and of the ONVIF
// Application Programmer's Guide (section 6.1.1.3).
func TestTheExamplesOfTheSpecifications(t *testing.T) {
	for name, c := range map[string]struct{ challenge, cnonce, uri, user, password, want string }{
		"RFC 2617": {
			`Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			"0a4f113b", "/dir/index.html", "Mufasa", "Circle Of Life", "6629fae49393a05397450978507c4ef1",
		},
		"RFC 7616, MD5": {
			`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "/dir/index.html", "Mufasa", "Circle of Life", "8ca523f5e9506fed4657c9700eebdbec",
		},
		"RFC 7616, SHA-256": {
			`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "/dir/index.html", "Mufasa", "Circle of Life", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
		},
	} {
		all, err := parseChallenges([]string{c.challenge})
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v, %v", name, all, err)
		}
		d, _, ok := newDigest(all[0])
		if !ok {
			t.Fatalf("%s: no digest", name)
		}
		d.cnonce = c.cnonce
		header := d.header("GET", c.uri, c.user, c.password)
		if want := `response="` + c.want + `"`; !strings.Contains(header, want) || !strings.Contains(header, "nc=00000001") {
			t.Errorf("%s: got %s, want %s", name, header, want)
		}
	}
	nonce, err := base64.StdEncoding.DecodeString("LKqI6G/AikKCQrN0zqZFlg==")
	if err != nil {
		t.Fatal(err)
	}
	token := token{password: "userpassword", created: time.Date(2010, 9, 16, 7, 50, 45, 0, time.UTC), nonce: [16]byte(nonce)}
	if got, want := token.digest(), "tuOSpGlFlIXsozq4HFNeeGeFLEI="; got != want {
		t.Errorf("ONVIF: got %s, want %s", got, want)
	}
}

func TestChallengesAreReadAsServersWriteThem(t *testing.T) {
	for text, want := range map[string][]challenge{
		``:                         nil,
		` , ,`:                     nil,
		`Basic`:                    {{"basic", map[string]string{}}},
		`Basic realm="a, b=\"c\""`: {{"basic", map[string]string{"realm": `a, b="c"`}}},
		`Digest realm=IP Camera,nonce=a/b==`: {
			{"digest", map[string]string{"realm": "IP"}}, {"camera", map[string]string{"nonce": "a/b=="}}},
		`Digest realm="r" ,nonce = "n" , stale=true,Basic realm="x"`: {
			{"digest", map[string]string{"realm": "r", "nonce": "n", "stale": "true"}}, {"basic", map[string]string{"realm": "x"}}},
		`Digest Realm="r", realm="s"`: {{"digest", map[string]string{"realm": "r"}}},
		`Negotiate abc==, NTLM`:       {{"negotiate", map[string]string{"abc": ""}}, {"ntlm", map[string]string{}}},
	} {
		got, err := parseChallenges([]string{text})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{`realm="x"`, `Digest realm="x`, `Digest realm="x\`, `Digest "x"`, `= =`, strings.Repeat("a,", 100)} {
		if got, err := parseChallenges([]string{text}); err == nil {
			t.Errorf("%s: got %v, want an error", text, got)
		}
	}
}

func TestAddressesOfTheCameraStayOnItsHost(t *testing.T) {
	for _, c := range []struct{ configured, told, want string }{
		{"http://192.0.2.9/onvif/device_service", "http://192.168.1.64/pic.jpg?a=1&b=2", "http://192.0.2.9/pic.jpg?a=1&b=2"},
		{"http://192.0.2.9:8080/onvif", "http://192.168.1.64/pic", "http://192.0.2.9/pic"},
		{"http://192.0.2.9/onvif", "http://192.168.1.64:8081/pic", "http://192.0.2.9:8081/pic"},
		{"http://192.0.2.9/onvif", " https://u:p@192.168.1.64/pic#x\n", "https://192.0.2.9/pic"},
		{"https://cam.example:8443/onvif", "http://192.168.1.64:80/pic", "https://cam.example:8443/pic"},
		{"https://cam.example/onvif", "https://192.168.1.64:4433/pic", "https://cam.example:4433/pic"},
		{"http://[2001:db8::9]/onvif", "http://192.168.1.64/pic", "http://[2001:db8::9]/pic"},
		{"http://[2001:db8::9]/onvif", "http://192.168.1.64:81/pic", "http://[2001:db8::9]:81/pic"},
		{"http://192.0.2.9/", "rtsp://192.0.2.9/pic", ""},
		{"http://192.0.2.9/", "/pic.jpg", ""},
		{"http://192.0.2.9/", "", ""},
		{"http://192.0.2.9/", "http://%zz/", ""},
	} {
		from, err := url.Parse(c.configured)
		if err != nil {
			t.Fatal(err)
		}
		got, err := at(from, c.told)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s tells %s: got %v, want an error", c.configured, c.told, got)
		case c.want != "" && (err != nil || got.String() != c.want):
			t.Errorf("%s tells %s: got %v, %v; want %s", c.configured, c.told, got, err, c.want)
		}
	}
	for _, c := range []struct{ from, location, want string }{
		{"http://cam/a", "/b?c", "http://cam/b?c"},
		{"http://cam/a", "http://CAM:80/b#x", "http://CAM:80/b"},
		{"http://cam/a", "https://cam/b", "https://cam/b"},
		{"http://cam/a", "https://u:p@cam/b", "https://cam/b"},
		{"https://cam/a", "http://cam/b", ""},
		{"https://cam/a", "https://cam:8443/b", ""},
		{"http://cam/a", "http://cam.example/b", ""},
		{"http://cam/a", "", ""},
	} {
		from, _ := url.Parse(c.from)
		got, err := follow(from, c.location)
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%s redirects to %s: got %v, want an error", c.from, c.location, got)
		case c.want != "" && (err != nil || got.String() != c.want):
			t.Errorf("%s redirects to %s: got %v, %v; want %s", c.from, c.location, got, err, c.want)
		}
	}
}

// FuzzChallenges: no header makes the parser panic, and what it answers to one has no
// way out of its quotes.
func FuzzChallenges(f *testing.F) {
	for _, s := range []string{
		`Digest realm="a\"b", nonce="n", qop="auth,auth-int", algorithm=SHA-256-sess, stale=true, opaque="o"`, `Basic realm=x`,
		`Negotiate abc==, Digest nonce=`, `Digest nonce="x", algorithm=MD5`, `,,=`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := http.Header{"Www-Authenticate": {s, "Basic realm=x"}}
		a := authorizer{username: `u"x`, password: "p", clear: true}
		if _, err := a.challenged(h, false); err != nil || a.digest == nil {
			return
		}
		again, err := parseChallenges([]string{a.digest.header("GET", `/a"b`, a.username, a.password)})
		if err != nil || len(again) != 1 || again[0].scheme != "digest" {
			t.Fatalf("%q: the answer reads as %v, %v", s, again, err)
		}
		p := again[0].params
		if p["username"] != a.username || p["nonce"] != a.digest.nonce || p["realm"] != a.digest.realm || p["uri"] != `/a"b` {
			t.Errorf("%q: the answer reads as %v", s, p)
		}
	})
}

// FuzzAnswer: no answer of a camera makes the reader panic, or gives more than it had.
func FuzzAnswer(f *testing.F) {
	f.Add(`<?xml version="1.0"?><s:Envelope xmlns:s="x"><s:Body><t:GetSnapshotUriResponse><MediaUri><Uri>http://a/b</Uri></MediaUri></t:GetSnapshotUriResponse></s:Body></s:Envelope>`)
	f.Add(`<Envelope><Body><Fault><Code><Value>a</Value><Subcode><Value>b</Value></Subcode></Code><Reason><Text>c</Text></Reason></Fault></Body></Envelope>`)
	f.Add(`<Envelope><Body><GetProfilesResponse><Profiles token="a"><Name>b</Name></Profiles></GetProfilesResponse></Body></Envelope>`)
	f.Add(`<Envelope><Body><GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>9</Hour></Time><Date><Year>2026</Year><Month>1</Month><Day>1</Day></Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse></Body></Envelope>`)
	device, _ := url.Parse("http://192.0.2.9/onvif/device_service")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := readAnswer[snapshotURI](strings.NewReader(s), "x"); err == nil {
			if u, err := at(device, a.URI); err == nil && u.Hostname() != device.Hostname() {
				t.Errorf("%q: leads to %s", s, u)
			}
		} else if len(err.Error()) > 4096 {
			t.Errorf("%q: an error of %d bytes", s, len(err.Error()))
		}
		if a, err := readAnswer[profiles](strings.NewReader(s), "x"); err == nil {
			if token, err := a.choose(""); err == nil && token == "" {
				t.Errorf("%q: an empty token", s)
			}
		}
		if a, err := readAnswer[dateAndTime](strings.NewReader(s), "x"); err == nil {
			if now, ok := a.time(); ok && (now.Year() < 1970 || now.Year() > 2201) {
				t.Errorf("%q: the time %v", s, now)
			}
		}
		_, _ = readAnswer[capabilities](strings.NewReader(s), "x")
	})
}
