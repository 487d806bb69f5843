package ipcam

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The names of SOAP 1.2 and of WS-Security, as the ONVIF Core Specification wants
// them (5.1, 5.9).
const (
	nsEnvelope = "http://www.w3.org/2003/05/soap-envelope"
	nsSecurity = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	nsUtility  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	typeDigest = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
	typeBase64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)

// maxAnswer bounds an answer: a camera with thirty profiles has 60 KB.
const maxAnswer = 256 << 10

// faultError is what a camera answers that did not do what it was asked.
type faultError struct{ codes, reason string }

func (e *faultError) Error() string {
	return fmt.Sprintf("the camera answers with the fault %q: %q", e.codes, e.reason)
}

// notAuthorized is the fault of user and password, or of a clock (ONVIF Core, 5.9.2.2
// and 5.11.2.2; the last is WS-Security's own).
func (e *faultError) notAuthorized() bool {
	for _, code := range []string{"NotAuthorized", "SenderNotAuthorized", "FailedAuthentication"} {
		if strings.Contains(e.codes, code) {
			return true
		}
	}
	return false
}

// envelope is an answer whose body has one element: A, or a fault.
type envelope[A any] struct {
	XMLName xml.Name `xml:"Envelope"`
	Body    struct {
		Fault *struct {
			Code struct {
				Value   string
				Subcode struct {
					Value   string
					Subcode struct{ Value string }
				}
			}
			Reason struct{ Text string }
			// SOAP 1.1, which some cameras answer with.
			Faultcode   string `xml:"faultcode"`
			Faultstring string `xml:"faultstring"`
		}
		Answer *A `xml:",any"`
	}
}

// readAnswer reads an envelope whose body's element is called name. Namespaces do not
// matter; entities, and more than maxAnswer bytes, are refused.
func readAnswer[A any](r io.Reader, name string) (*A, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the camera's answer: %w", err)
	}
	if len(b) > maxAnswer {
		return nil, fmt.Errorf("the camera's answer has more than %d bytes", maxAnswer)
	}
	var e envelope[A]
	if err := xml.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("the camera's answer to %s cannot be read: %w", name, err)
	}
	if f := e.Body.Fault; f != nil {
		codes := strings.Fields(strings.Join([]string{f.Code.Value, f.Code.Subcode.Value, f.Code.Subcode.Subcode.Value, f.Faultcode}, " "))
		return nil, &faultError{codes: printable(strings.Join(codes, " ")), reason: printable(f.Reason.Text + f.Faultstring)}
	}
	if e.Body.Answer == nil {
		return nil, fmt.Errorf("the camera's answer to %s is empty", name)
	}
	return e.Body.Answer, nil
}

// token is a WS-UsernameToken: it proves the password at a time by the camera's clock.
type token struct {
	username, password string
	created            time.Time
	nonce              [16]byte
}

// newToken makes a token for now by the camera's clock.
func newToken(username, password string, now time.Time) token {
	t := token{username: username, password: password, created: now}
	rand.Read(t.nonce[:]) // never fails (crypto/rand)
	return t
}

// tokenTime is how a token writes its time.
const tokenTime = "2006-01-02T15:04:05Z"

// digest is Base64(SHA-1(nonce + created + password)) (UsernameToken Profile, 3.1).
func (t token) digest() string {
	h := sha1.New()
	h.Write(t.nonce[:])
	io.WriteString(h, t.created.UTC().Format(tokenTime))
	io.WriteString(h, t.password)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// header is the token as a SOAP header.
func (t token) header() string {
	return fmt.Sprintf(`<s:Header><o:Security s:mustUnderstand="1" xmlns:o="%s" xmlns:u="%s"><o:UsernameToken>`+
		`<o:Username>%s</o:Username><o:Password Type="%s">%s</o:Password>`+
		`<o:Nonce EncodingType="%s">%s</o:Nonce><u:Created>%s</u:Created></o:UsernameToken></o:Security></s:Header>`,
		nsSecurity, nsUtility, escape(t.username), typeDigest, t.digest(),
		typeBase64, base64.StdEncoding.EncodeToString(t.nonce[:]), t.created.UTC().Format(tokenTime))
}

// escape is s as text in XML.
func escape(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return ""
	}
	return b.String()
}

// message is a SOAP message. header may be empty.
func message(header, body string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<s:Envelope xmlns:s="` + nsEnvelope + `">` + header + `<s:Body>` + body + `</s:Body></s:Envelope>`)
}

// call sends a message to the service at u and reads the answer. Faults come with the
// status 400 or 500.
func call[A any](ctx context.Context, c *Camera, u *url.URL, service, name, header, body string) (*A, error) {
	resp, err := c.auth.do(c.client, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(message(header, body)))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+service+"/"+name+`"`)
		return req, nil
	})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := readAnswer[A](resp.Body, name)
	var fault *faultError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &fault) && fault.notAuthorized():
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.As(err, &fault):
		return nil, err
	case resp.StatusCode != http.StatusOK:
		return nil, &statusError{resp.StatusCode}
	}
	return answer, err
}
