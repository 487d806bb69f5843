package haltest

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

func unplugged(t testing.TB, r PortRig) {
	if r.Unplug == nil {
		return
	}
	p := openPort(t, r, 115200)
	setDeadline(t, p, time.Now().Add(limit))
	ended := startRead(p)
	time.Sleep(soon)
	r.Unplug()
	if err := await(t, "Read", ended); err == nil || errors.Is(err, os.ErrDeadlineExceeded) || err == io.EOF {
		t.Errorf("Read of an unplugged port: %v, want an error that is neither io.EOF nor a time-out", err)
	}
	if _, err := p.Write([]byte{1}); err == nil {
		t.Error("Write to an unplugged port succeeded, want an error")
	}
	if again, err := r.Board.OpenPort(r.Port, 9600); err == nil {
		again.Close()
		t.Error("an unplugged port was opened, want an error")
	}
	p.Close() // may say that it has gone
	if r.Replug != nil {
		r.Replug()
		closePort(t, openPort(t, r, 9600))
	}
}
