// Package loopback finds ports on this machine that stay free while nobody
// listens on them: a server that is killed and started again finds its port as
// it left it. The port that the kernel gives for ":0" is one that it also gives
// to outgoing connections, one of which may sit on it by then, or even connect
// to itself.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
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
	var last error
	for range tries {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return l, nil
		}
		last = err
	}
	return nil, fmt.Errorf("find a free port: %w", last)
}

// FreeAddress is an address that nobody listens on now.
func FreeAddress() (string, error) {
	l, err := Listen()
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
