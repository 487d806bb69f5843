package upload_test

import (
	"errors"
	"testing"
	"time"

	"fieldcam/config/invalid"
	"fieldcam/queue/upload"
)

func TestErrorsKeepTheirCause(t *testing.T) {
	cause := errors.New("no route")
	for _, err := range []error{&upload.UnreachableError{Err: cause}, &upload.UnreachableError{Err: cause, RetryAfter: time.Minute}, &upload.SourceError{Err: cause}} {
		if !errors.Is(err, cause) {
			t.Errorf("%v does not hold its cause", err)
		}
	}
}

func TestPlainHTTPOnlyToThisMachine(t *testing.T) {
	for url, ok := range map[string]bool{
		"":                            true,
		"https://hub.example/files/":  true,
		"http://127.0.0.1:8080/files": true,
		"http://[::1]:8080/":          true,
		"http://localhost/":           true,
		"http://localhost.example/":   false,
		"http://hub.example/":         false,
		"https://u:p@hub.example/":    false,
		"ftp://hub.example/":          false,
		"https:///files/":             false,
		"hub.example":                 false,
	} {
		c := upload.Default()
		c.URL = url
		if err := c.Validate(); (err == nil) != ok {
			t.Errorf("%q: %v, want it accepted: %v", url, err, ok)
		} else if err != nil && invalid.Values(err)[0].Key != "url" {
			t.Errorf("%q: key %q, want url", url, invalid.Values(err)[0].Key)
		}
	}
}
