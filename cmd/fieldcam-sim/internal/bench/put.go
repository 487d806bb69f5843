package bench

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"fieldcam/agent/identity"
	"fieldcam/cmd/fieldcam-sim/internal/linkemu"
)

// congestionControl is what the upload client asks the kernel for, and so the
// bare PUT must, too, or the comparison would be between those; otherControl is
// what most kernels do unless asked.
const (
	congestionControl = "bbr"
	otherControl      = "cubic"
)

// putServer takes bodies, hashes and syncs them, and answers: the least that a
// receiver can do.
type putServer struct {
	link   *linkemu.Link
	addr   string
	server *http.Server
	served chan error
}

// servePut serves at the near end of the link, with the hub's own certificate in
// certificates, and files into dir.
func servePut(link *linkemu.Link, certificates, dir string) (*putServer, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(certificates, "server.pem"), filepath.Join(certificates, "server.key"))
	if err != nil {
		return nil, err
	}
	l, err := link.Listen()
	if err != nil {
		return nil, err
	}
	p := &putServer{
		link: link, addr: l.Addr().String(), served: make(chan error, 1),
		server: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if err := take(filepath.Join(dir, "put.jpg"), q.Body); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})},
	}
	secure := tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	go func() { p.served <- p.server.Serve(secure) }()
	return p, nil
}

func (p *putServer) close() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

// take makes a durable file of a body.
func take(path string, body io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(io.MultiWriter(f, sha256.New()), body); err != nil {
		return err
	}
	return f.Sync()
}

// send puts the bytes of r there by the standard client, on a new connection.
func (p *putServer) send(ctx context.Context, who *identity.Identity, control string, size int64, r io.Reader) error {
	transport := &http.Transport{
		TLSClientConfig: who.TLS(),
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := p.link.Dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return c, setControl(c, control)
		},
	}
	defer transport.CloseIdleConnections()
	q, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://"+p.addr+"/photo.jpg", io.NopCloser(r))
	if err != nil {
		return err
	}
	q.ContentLength = size
	a, err := (&http.Client{Transport: transport}).Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusNoContent {
		return fmt.Errorf("PUT: %s", a.Status)
	}
	return nil
}

// setControl sets a connection's congestion control, if the kernel has it: the
// upload client is content without it, too.
func setControl(c net.Conn, name string) error {
	s, ok := c.(syscall.Conn)
	if !ok {
		return errors.New("connection without a socket")
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
	})
	if errors.Is(failed, unix.ENOENT) {
		failed = nil
	}
	return errors.Join(err, failed)
}
