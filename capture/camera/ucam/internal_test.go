package ucam

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"fieldcam/capture/camera/serial"
	"fieldcam/capture/camera/serial/serialtest"
)

func scripted(in []byte, address byte) *conn {
	return &conn{Conn: serial.New(serialtest.Heard(in), 115200), address: address, timeout: time.Second, size: MaxPackage}
}

func TestAnACKIsFoundInWhatArrives(t *testing.T) {
	const ack = "\xAA\x0E\x01\x07\x00\x00"
	for _, in := range []string{
		ack,
		"noise" + ack,
		"\xAA\xAA\x0E" + ack,             // one that lost its end
		"\xAA\x0E\x06\x01\x00\x00" + ack, // another command's
		"\xAA\x0E\x0D\x01\x00\x00" + ack, // of a SYNC too many, and the SYNC
		"\xAA\x0D\x00\x00\x00\x00" + ack + "\xAA", //
		"\xAA\x2F\x00\x01\x0F\x00" + ack,          // another board's NAK
		"\xAA\x0E\x01\x07\x00\x01" + ack,          // a package number where none belongs
	} {
		if err := scripted([]byte(in), 0).acknowledged(context.Background(), CmdInitial, time.Now().Add(time.Second)); err != nil {
			t.Errorf("ACK in % X: %v", in, err)
		}
	}
	err := scripted([]byte("\xAA\x6F\x00\x01\x0B\x00\xAA\x6E\x01\x02\x00\x00"), 3).acknowledged(context.Background(), CmdInitial, time.Now())
	var nak *NAKError
	if !errors.As(err, &nak) || nak.Code != CodeParameter || nak.Command != CmdInitial {
		t.Errorf("NAK of board 3: %v, want a parameter error of INITIAL", err)
	}
}

// whole is a package as the data sheets print it.
func whole(number int, data []byte) []byte {
	p := append([]byte{byte(number), byte(number >> 8), byte(len(data)), byte(len(data) >> 8)}, data...)
	sum := 0
	for _, b := range p {
		sum += int(b)
	}
	return append(p, byte(sum), 0)
}

func TestOnlyThePackageThatWasAskedForPasses(t *testing.T) {
	data := []byte("0123456789")
	good := whole(0x102, data)
	for name, c := range map[string]struct {
		p        []byte
		id, base int
		want     int
		ok       bool
	}{
		"the first, counted from 0": {whole(0, data), 0, unknownBase, 0, true},
		"the first, counted from 1": {whole(1, data), 0, unknownBase, 1, true},
		"counted from 0":            {good, 0x102, 0, 0, true},
		"counted from 1":            {good, 0x101, 1, 1, true},
		"the one before":            {good, 0x103, 0, 0, false},
		"the one before, from 1":    {good, 0x102, 1, 1, false},
		"far off":                   {good, 7, unknownBase, 0, false},
		"another size":              {append([]byte{2, 1, 9}, good[3:]...), 0x102, 0, 0, false},
		"a wrong byte":              {append(append([]byte(nil), good[:8]...), append([]byte{'X'}, good[9:]...)...), 0x102, 0, 0, false},
		"a wrong high byte":         {append(append([]byte(nil), good[:15]...), 1), 0x102, 0, 0, false},
	} {
		got, err := checkPackage(c.p, c.id, c.base)
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("%s: %d, %v; want %d, good %v", name, got, err, c.want, c.ok)
		}
	}
}

// FuzzFrame: whatever a camera sends, an answer is one that is there, or an error.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("\xAA\x0E\x01\x07\x00\x00"), byte(0))
	f.Add([]byte("Init\xAA\xAA\x2F\x00\x01\x0F\x00"), byte(1))
	f.Fuzz(func(t *testing.T, in []byte, address byte) {
		address &= MaxAddress
		err := scripted(in, address).acknowledged(context.Background(), CmdInitial, time.Now().Add(time.Second))
		var nak *NAKError
		var silent *serial.SilenceError
		switch {
		case err == nil:
			if !bytes.Contains(in, []byte{Mark, byte(CmdAck) | address<<5, byte(CmdInitial)}) {
				t.Errorf("there is no ACK in % X", in)
			}
		case errors.As(err, &nak):
			if !bytes.Contains(in, []byte{Mark, byte(CmdNAK) | address<<5, 0}) {
				t.Errorf("there is no NAK in % X", in)
			}
		case !errors.As(err, &silent):
			t.Errorf("error %v, want a NAKError or a SilenceError", err)
		case len(silent.Got) > serial.ShownBytes:
			t.Errorf("error quotes %d bytes, want %d at most", len(silent.Got), serial.ShownBytes)
		}
	})
}

// FuzzPackage: whatever comes in a package's place, what passes is the package that
// was asked for, byte for byte.
func FuzzPackage(f *testing.F) {
	f.Add(whole(0, []byte("data")), uint16(0), 4)
	f.Add(whole(8, []byte("data")), uint16(7), 4)
	f.Add([]byte("\xAA\x0F\x00\x01\x10\x00"), uint16(3), 58)
	f.Fuzz(func(t *testing.T, in []byte, id uint16, n int) {
		if n < 1 || n > MaxPackage-PackageHead-PackageTail {
			return
		}
		p := make([]byte, PackageHead+n+PackageTail)
		base, err := scripted(in, 0).pack(context.Background(), int(id), unknownBase, p)
		var nak *NAKError
		switch {
		case err == nil:
			if !bytes.HasPrefix(in, p) || base != 0 && base != 1 || !bytes.Equal(p, whole(int(id)+base, p[PackageHead:PackageHead+n])) {
				t.Errorf("passed % X (counted from %d) of % X", p, base, in)
			}
		case errors.As(err, &nak):
			if !bytes.HasPrefix(in, []byte{Mark, byte(CmdNAK), 0}) {
				t.Errorf("there is no NAK in % X", in)
			}
		case !again(err):
			t.Errorf("error %v, want one that leads to another try", err)
		}
	})
}
