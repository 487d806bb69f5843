package tus_test

import (
	"bytes"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/agent/link/linktest"
	"fieldcam/queue/upload/tustest"
	"fieldcam/queue/upload/uploadtest"
)

func TestKeptConnectionThatBreaksUnderTheCreationIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		c := s.client()
		m, content := uploadtest.Photo(1, 1000)
		if err := c.Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		s.net.Cut(linktest.BlackHoled)
		second, content := uploadtest.Photo(2, 1000)
		done := make(chan error)
		go func() { done <- c.Upload(t.Context(), second, bytes.NewReader(content)) }()
		synctest.Wait() // its request is on the way
		s.net.Reset()   // and the network is there for whoever dials at once
		if err := <-done; err != nil || s.net.Dials() != 2 {
			t.Errorf("error %v, %d connections, want none and a second connection", err, s.net.Dials())
		}
	})
}

func TestSlowUploadIsNotCut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		s.net.Limit(2000) // 16 kbit/s
		m, content := uploadtest.Photo(1, 3<<20)
		begin := time.Now()
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil {
			t.Fatalf("after %v: %v", time.Since(begin), err)
		}
		if took := time.Since(begin); took < 20*idle {
			t.Errorf("took %v: the test was to be slow", took)
		}
	})
}

func TestOutagesShorterThanTheTimeoutAreSatOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		s.net.Limit(50_000)
		for n := range 3 {
			at := time.Duration(n) * (idle + 5*time.Second)
			time.AfterFunc(at+5*time.Second, func() { s.net.Cut(linktest.BlackHoled) })
			time.AfterFunc(at+5*time.Second+idle*7/10, s.net.Restore)
		}
		m, content := uploadtest.Photo(1, 8<<20)
		if err := s.client().Upload(t.Context(), m, bytes.NewReader(content)); err != nil || s.net.Dials() != 1 {
			t.Errorf("error %v, %d connections, want none and one", err, s.net.Dials())
		}
	})
}

func TestEveryHangIsBounded(t *testing.T) {
	for name, fault := range map[string]tustest.Fault{
		"no answer":         tustest.Hang(),
		"stops reading":     tustest.StopReading(300_000),
		"trickles a header": tustest.Trickle(time.Minute),
	} {
		bubble(t, func(t *testing.T) {
			s := newSite(t)
			s.receiver.Next(http.MethodPatch, fault)
			m, content := uploadtest.Photo(1, 1<<20)
			begin := time.Now()
			err := s.client().Upload(t.Context(), m, bytes.NewReader(content))
			if took := time.Since(begin); kind(err) != "unreachable" || took > 2*idle {
				t.Errorf("%s: error %v after %v, want unreachable within %v", name, err, took, 2*idle)
			}
		})
	}
	bubble(t, func(t *testing.T) {
		s := newSite(t)
		s.net.Cut(linktest.BlackHoled)
		m, content := uploadtest.Photo(1, 1000)
		begin := time.Now()
		err := s.client().Upload(t.Context(), m, bytes.NewReader(content))
		if took := time.Since(begin); kind(err) != "unreachable" || took > 2*idle {
			t.Errorf("connecting to a black hole: error %v after %v", err, took)
		}
	})
}
