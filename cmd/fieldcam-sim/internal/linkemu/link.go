package linkemu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
)

// The two ends' addresses, in their namespaces.
const (
	FarAddress  = "10.9.0.1" // the controller's
	NearAddress = "10.9.0.2" // the cloud's
)

// ErrUnavailable means that this machine or user cannot have an emulated link.
var ErrUnavailable = errors.New("emulated link is not available")

// Link joins two namespaces. Its methods may be called from any goroutine.
type Link struct {
	far, near *Namespace
	devices   []*os.File
	up, down  *direction
	stop      chan struct{}
	once      sync.Once
	running   sync.WaitGroup
}

// Open makes the namespaces and the link between them: up shapes what the far
// end sends, down what the near end does. The caller closes it.
func Open(up, down Shape) (_ *Link, err error) {
	l := &Link{stop: make(chan struct{})}
	defer func() {
		if err != nil {
			l.Close()
			err = fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}()
	var far, near *os.File
	if l.far, far, err = l.end(FarAddress); err != nil {
		return nil, err
	}
	if l.near, near, err = l.end(NearAddress); err != nil {
		return nil, err
	}
	l.up = &direction{in: far, out: near, shape: up}
	l.down = &direction{in: near, out: far, shape: down}
	l.running.Go(func() { l.up.run(l.stop) })
	l.running.Go(func() { l.down.run(l.stop) })
	return l, nil
}

// end makes one namespace with its device.
func (l *Link) end(address string) (n *Namespace, device *os.File, err error) {
	if n, err = newNamespace(); err != nil {
		return nil, nil, err
	}
	err = n.Do(func() (err error) {
		device, err = openDevice(address)
		return err
	})
	if err != nil {
		n.close()
		return nil, nil, err
	}
	l.devices = append(l.devices, device)
	return n, device, nil
}

// Far is the controller's namespace.
func (l *Link) Far() *Namespace { return l.far }

// Near is the cloud's namespace.
func (l *Link) Near() *Namespace { return l.near }

// Counts are what has entered the link since Open, in each direction.
func (l *Link) Counts() (up, down Counts) { return l.up.counts(), l.down.counts() }

// Dial connects from the far end. It has the form that http.Transport and the
// daemon's parts want; addr must be a numeric address.
func (l *Link) Dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	err = l.far.Do(func() (err error) {
		conn, err = (&net.Dialer{}).DialContext(ctx, network, addr)
		return err
	})
	return conn, err
}

// Listen listens at the near end, on a free port.
func (l *Link) Listen() (listener net.Listener, err error) {
	err = l.near.Do(func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(NearAddress, "0"))
		return err
	})
	return listener, err
}

// Close ends the link and the namespaces; processes that still run in them lose
// their network. A second call does nothing.
func (l *Link) Close() {
	l.once.Do(func() { close(l.stop) })
	for _, d := range l.devices {
		d.Close()
	}
	l.running.Wait()
	for _, n := range []*Namespace{l.far, l.near} {
		if n != nil {
			n.close()
		}
	}
}
