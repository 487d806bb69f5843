package emulated

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func ptyPair(t *testing.T) (string, *os.File) {
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := far.SyscallConn()
	var n uint32
	c.Control(func(fd uintptr) {
		unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		n, _ = unix.IoctlGetUint32(int(fd), unix.TIOCGPTN)
		tt, _ := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		tt.Lflag, tt.Iflag, tt.Oflag = 0, 0, 0
		unix.IoctlSetTermios(int(fd), unix.TCSETS, tt)
	})
	return fmt.Sprintf("/dev/pts/%d", n), far
}

func TestZZ(t *testing.T) {
	a, fa := ptyPair(t)
	b, fb := ptyPair(t)
	keepA, _ := os.OpenFile(a, os.O_RDWR|unix.O_NOCTTY, 0)
	keepB, _ := os.OpenFile(b, os.O_RDWR|unix.O_NOCTTY, 0)
	defer keepA.Close()
	defer keepB.Close()
	go io.Copy(fa, fb)
	go io.Copy(fb, fa)
	edges := make(chan Edge, 100000)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	m, err := Start(ctx, Options{
		Files: os.Getenv("ZZ_FILES"), Dir: dir, Guest: map[string]string{"board.test": os.Getenv("ZZ_BIN")},
		Control: true, Lines: []string{"OUT", "IN", "SYNC", "", "SYNC_IN"}, Edge: func(e Edge) { edges <- e },
		Serial: a, USB: b, Watchdog: true,
		Console: func(l string) { fmt.Println(l) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Wait()
	defer m.Cut()
	go func() {
		for e := range edges {
			pin := map[int]int{0: 1, 2: 4}[e.Pin]
			if pin != 0 {
				m.Pins().Drive(ctx, pin, e.High)
			}
		}
	}()
	start := time.Now()
	out, err := m.Shell().Run(ctx, "cd /guest; mkdir -p /tmp; export FIELDCAM_BOARD='out=OUT in=IN sync=SYNC sync_in=SYNC_IN port=/dev/ttyS0 far=/dev/ttyUSB0 watchdog=/dev/watchdog0 rtc=/dev/rtc0'; ls /dev | tr '\\n' ' '; ./board.test -test.v -test.run '"+os.Getenv("ZZ_RUN")+"' 2>&1 | grep -v '=== '")
	fmt.Println(out, err, time.Since(start))
	w := m.Pins().Waveform().Of(0)
	fmt.Println("edges on OUT:", len(w))
}
