package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
	"time"

	"fieldcam/agent/statefile"
)

const (
	// usageFile is where the count is kept, in MeterOptions.Dir.
	usageFile = "link-usage.json"
	// usageLimit bounds the file, in bytes.
	usageLimit = 1 << 10
	// maxUsage bounds the count: what is more is damage.
	maxUsage = 1 << 50
)

// usage is one month's count as the file holds it.
type usage struct {
	Month time.Time `json:"month"`
	Since time.Time `json:"since"`
	Bytes int64     `json:"bytes"`
}

// readUsage reads the file; where there is none it is a count of nothing.
func readUsage(name string) (usage, error) {
	data, err := statefile.Read(name, usageLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return usage{}, nil
	}
	if err != nil {
		return usage{}, err
	}
	var u usage
	if err := json.Unmarshal(data, &u); err != nil {
		return usage{}, err
	}
	if u.Bytes < 0 || u.Bytes > maxUsage {
		return usage{}, fmt.Errorf("%d bytes", u.Bytes)
	}
	if !u.Month.IsZero() && (!u.Month.Equal(monthOf(u.Month)) || u.Since.Before(u.Month) || !monthOf(u.Since).Equal(u.Month)) {
		return usage{}, fmt.Errorf("counted since %v for the month of %v", u.Since, u.Month)
	}
	return u, nil
}

func writeUsage(name string, u usage) error {
	data, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return statefile.Replace(name, data)
}

// wrap is c, counted.
func (m *Meter) wrap(c net.Conn) net.Conn {
	counted := &meteredConn{Conn: c, meter: m}
	if s, ok := c.(syscall.Conn); ok {
		return &meteredSocket{counted, s}
	}
	return counted
}

// meteredConn counts what goes over a connection.
type meteredConn struct {
	net.Conn
	meter *Meter
}

func (c *meteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.news.Add(int64(n))
	return n, err
}

func (c *meteredConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meter.news.Add(int64(n))
	return n, err
}

// meteredSocket is a meteredConn over a socket whose options others set.
type meteredSocket struct {
	*meteredConn
	socket syscall.Conn
}

func (c *meteredSocket) SyscallConn() (syscall.RawConn, error) { return c.socket.SyscallConn() }
