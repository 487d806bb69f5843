// Package loopback finds ports on this machine that stay free while nobody
// listens on them: a server that is killed and started again finds its port as
// it left it. The port that the kernel gives for ":0" is one that it also gives
// to outgoing connections, one of which may sit on it by then, or even connect
// to itself.
//
// A port that was given to one caller is given to no other, in this process or
// in another that asks here, until this process ends: a socket of its own stays
// bound to it, beside which a server may listen.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// The ports from which one is drawn: above the well-known ones, below those of
// outgoing connections (32768 on, Linux ip_local_port_range).
const (
	firstPort = 15000
	lastPort  = 31999
	// tries bounds the search: most of these ports are free everywhere.
	tries = 100
)

// Listen listens on a free port of 127.0.0.1.
func Listen() (net.Listener, error) {
	addr, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	return net.Listen("tcp", addr)
}

// FreeAddress is an address that nobody listens on now.
func FreeAddress() (string, error) {
	var last error
	for range tries {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if last = hold(port); last == nil {
			return fmt.Sprintf("127.0.0.1:%d", port), nil
		}
	}
	return "", fmt.Errorf("find a free port: %w", last)
}

// hold binds a socket to a port that no other socket has, and leaves it open
// until the process ends.
func hold(port int) (err error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			unix.Close(s)
		}
	}()
	// Without SO_REUSEADDR it meets every other socket, listening or not; with it,
	// from then on, a server that sets it too, as all do, may bind and listen
	// (Linux, inet_csk_bind_conflict).
	if err := unix.Bind(s, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
}
