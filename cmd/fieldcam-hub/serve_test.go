package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Whoever has not said who it is cannot hold a connection open with a body that
// never ends.
func TestBodyThatNobodyWantedEndsTheConnection(t *testing.T) {
	s := settings{data: t.TempDir(), listen: "127.0.0.1:0", mqtt: "127.0.0.1:0", page: "127.0.0.1:0", plain: true}
	h, _ := start(t, s)
	page := strings.Trim(strings.TrimPrefix(h.ready["page"], "http:"), "/")
	for method, addr := range map[string]string{"POST /files/": h.ready["listen"], "PATCH /files/north/20261121T070000Z-000001-9f3ac1": h.ready["listen"],
		"PUT /elsewhere": h.ready["listen"], "POST /": page} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: hub\r\nContent-Length: 1000\r\n\r\nx", method); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(b, []byte("HTTP/1.1 4")) {
			t.Errorf("%s: got %.60q, %v; want a refusal and the end", method, b, err)
		}
	}
}

func TestConnectionsBeyondTheBoundWait(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limit(inner, 1)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Error("a second connection beside the only one")
	case <-time.After(100 * time.Millisecond): // what must not come has no event to wait for
	}
	for range 2 { // a second Close must not make room twice
		first.Close()
	}
	second := <-accepted
	l.Close()
	if _, more := <-accepted; more {
		t.Error("accepted after the end")
	}
	second.Close()
}
