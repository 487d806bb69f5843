//go:build !linux

package tus

import (
	"net"
	"time"
)

// tuneSocket does nothing: controllers run Linux.
func tuneSocket(net.Conn, time.Duration) {}

// acknowledged is not known here.
func acknowledged(net.Conn) uint64 { return 0 }
