package ipcamsim

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// asked is a SOAP message.
type asked struct {
	Token struct {
		Username, Password, Nonce, Created string
	} `xml:"Header>Security>UsernameToken"`
	Body struct {
		Question struct {
			XMLName      xml.Name
			ProfileToken string
		} `xml:",any"`
	}
}

// now is the camera's clock.
func (c *Camera) now() time.Time { return time.Now().Add(c.o.Ahead).UTC() }

// tokenTime is how far a token may be from the camera's clock.
const tokenTime = 5 * time.Second

// good tells whether the message shows user and password.
func (c *Camera) good(q asked) bool {
	if c.o.Username == "" {
		return true
	}
	nonce, err := base64.StdEncoding.DecodeString(q.Token.Nonce)
	if err != nil || q.Token.Username != c.o.Username {
		return false
	}
	created, err := time.Parse(time.RFC3339, q.Token.Created)
	if err != nil || created.Sub(c.now()).Abs() > tokenTime {
		return false
	}
	sum := sha1.Sum([]byte(string(nonce) + q.Token.Created + c.o.Password))
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.tokens[string(nonce)]
	c.tokens[string(nonce)] = true
	return !again && q.Token.Password == base64.StdEncoding.EncodeToString(sum[:])
}

// onvif answers the questions of the driver.
func (c *Camera) onvif(w http.ResponseWriter, r *http.Request, f Faults) {
	var q asked
	if err := xml.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&q); err != nil || r.Method != http.MethodPost {
		http.Error(w, "no SOAP", http.StatusBadRequest)
		return
	}
	name := q.Body.Question.XMLName.Local
	w.Header().Set("Content-Type", "application/soap+xml; charset=utf-8")
	host := c.o.Host
	if host == "" {
		host = r.Host
	}
	c.mu.Lock()
	path := c.path
	c.mu.Unlock()
	switch {
	case f.Answer != "":
		fmt.Fprint(w, f.Answer)
	case f.Fault != "":
		fault(w, http.StatusInternalServerError, f.Fault, "as the test wants")
	case name == "GetSystemDateAndTime" && r.URL.Path == DevicePath:
		t := c.now()
		answer(w, name, fmt.Sprintf(`<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:UTCDateTime>`+
			`<tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>`+
			`<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>`,
			t.Hour(), t.Minute(), t.Second(), t.Year(), t.Month(), t.Day()))
	case f.Unauthorized, !c.good(q):
		fault(w, http.StatusBadRequest, "ter:NotAuthorized", "Sender not Authorized")
	case name == "GetCapabilities" && r.URL.Path == DevicePath:
		answer(w, name, `<tds:Capabilities><tt:Media><tt:XAddr>http://`+host+MediaPath+`</tt:XAddr></tt:Media></tds:Capabilities>`)
	case name == "GetDeviceInformation" && r.URL.Path == DevicePath:
		answer(w, name, `<tds:Manufacturer>Fieldcam</tds:Manufacturer><tds:Model>Simulated 4 MP</tds:Model>`)
	case name == "GetProfiles" && r.URL.Path == MediaPath:
		answer(w, name, `<trt:Profiles token="Profile_1" fixed="true"><tt:Name>mainStream</tt:Name></trt:Profiles>`+
			`<trt:Profiles token="Profile_2"><tt:Name>sub &amp; small</tt:Name></trt:Profiles>`)
	case name == "GetSnapshotUri" && r.URL.Path == MediaPath && strings.HasPrefix(q.Body.Question.ProfileToken, "Profile_"):
		answer(w, name, `<trt:MediaUri><tt:Uri>http://user:pass@`+host+path+`?profile=`+q.Body.Question.ProfileToken+
			`&amp;x=1</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect></trt:MediaUri>`)
	default:
		fault(w, http.StatusBadRequest, "ter:ActionNotSupported", "no "+name+" at "+r.URL.Path)
	}
}

const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
	`<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" ` +
	`xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"><env:Body>`

func answer(w http.ResponseWriter, name, body string) {
	prefix := "tds"
	if name == "GetProfiles" || name == "GetSnapshotUri" {
		prefix = "trt"
	}
	fmt.Fprintf(w, "%s<%s:%sResponse>%s</%s:%sResponse></env:Body></env:Envelope>", head, prefix, name, body, prefix, name)
}

func fault(w http.ResponseWriter, status int, subcode, reason string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `%s<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>%s</env:Value></env:Subcode></env:Code>`+
		`<env:Reason><env:Text xml:lang="en">%s</env:Text></env:Reason></env:Fault></env:Body></env:Envelope>`, head, subcode, reason)
}
