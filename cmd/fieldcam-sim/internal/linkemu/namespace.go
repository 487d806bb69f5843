package linkemu

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// Namespace is a network of its own, without a way out. It lives in a thread:
// sockets that are opened, and processes that are started, from Do belong to it
// for good.
type Namespace struct {
	calls chan func()
	over  chan struct{} // closed by close
	once  sync.Once
	ended sync.WaitGroup
}

// newNamespace makes an empty one, with its loopback device up.
func newNamespace() (*Namespace, error) {
	n := &Namespace{calls: make(chan func()), over: make(chan struct{})}
	ready := make(chan error, 1)
	n.ended.Go(func() {
		// Never unlocked: the thread cannot come back to the old network, and ends
		// with its goroutine.
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			err = raise("lo")
		}
		ready <- err
		for {
			select {
			case f := <-n.calls:
				f()
			case <-n.over:
				return
			}
		}
	})
	if err := <-ready; err != nil {
		n.close()
		return nil, fmt.Errorf("make network namespace: %w", err)
	}
	return n, nil
}

// Do calls f in the namespace, one call at a time. f must not start goroutines
// that open sockets: those belong wherever their thread does. It fails with
// net.ErrClosed once the link is closed.
func (n *Namespace) Do(f func() error) error {
	result := make(chan error, 1)
	select {
	case n.calls <- func() { result <- f() }:
		return <-result
	case <-n.over:
		return net.ErrClosed
	}
}

// close ends the thread. A process that was started with a death signal ends
// with it.
func (n *Namespace) close() {
	n.once.Do(func() { close(n.over) })
	n.ended.Wait()
}

// deviceName is the same in both namespaces, which do not know of each other.
const deviceName = "link0"

// openDevice makes a TUN device with the address, and brings it up. It is gone
// once the file is closed. Called in the namespace.
func openDevice(address string) (*os.File, error) {
	const path = "/dev/net/tun"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	request, err := unix.NewIfreq(deviceName)
	if err == nil {
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err == nil {
		err = setAddress(deviceName, address)
	}
	if err == nil {
		err = raise(deviceName)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("set up %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// raise brings a device up.
func raise(name string) error {
	return configure(func(fd int) error {
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
			return err
		}
		request.SetUint16(request.Uint16() | unix.IFF_UP)
		return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
	})
}

// setAddress gives a device its address in a network of 256, which is what it
// then has a route to.
func setAddress(name, address string) error {
	return configure(func(fd int) error {
		for _, set := range []struct {
			request uint
			value   net.IP
		}{
			{unix.SIOCSIFADDR, net.ParseIP(address).To4()},
			{unix.SIOCSIFNETMASK, net.IPv4(255, 255, 255, 0).To4()},
		} {
			request, err := unix.NewIfreq(name)
			if err != nil {
				return err
			}
			if err := request.SetInet4Addr(set.value); err != nil {
				return err
			}
			if err := unix.IoctlIfreq(fd, set.request, request); err != nil {
				return err
			}
		}
		return nil
	})
}

// configure calls f with a socket that takes netdevice(7) requests.
func configure(f func(fd int) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return f(fd)
}
