package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// fileLimit bounds what is read of a file: the bundle of all public authorities
// has about 250 KB.
const fileLimit = 1 << 20

// readFile reads a regular file of bounded size.
func readFile(path string) ([]byte, error) {
	// Stat first: opening a FIFO would wait for its writer.
	s, err := os.Stat(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !s.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(b) > fileLimit {
		return nil, fmt.Errorf("larger than %d bytes", fileLimit)
	}
	return b, nil
}

// withoutPath drops the path from err: the message around it has it already.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// parseCertificates parses every certificate of a PEM file, at least one. A
// damaged one is an error: x509.CertPool would pass over it in silence.
func parseCertificates(b []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		block, b = pem.Decode(b)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("it holds no certificate")
	}
	return all, nil
}

// readAuthorities reads the certificates to trust.
func readAuthorities(path string) (*x509.CertPool, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	all, err := parseCertificates(b)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range all {
		pool.AddCert(c)
	}
	return pool, nil
}

// readPassword reads the first line of a file.
func readPassword(path string) (string, error) {
	b, err := readFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	password := strings.TrimSuffix(string(line), "\r")
	if password == "" {
		return "", errors.New("its first line is empty")
	}
	return password, nil
}

// othersMayRead is the mode bit that lets every user of the machine read. A
// group may: it is how a daemon without root reads a key that root owns.
const othersMayRead = 0o004

// warnExposed notes a secret that every user of the controller can read.
func (i *Identity) warnExposed(key, path string) {
	if s, err := os.Stat(path); err == nil && s.Mode().Perm()&othersMayRead != 0 {
		i.warnings = append(i.warnings, fmt.Sprintf("%s %s: every user of this controller can read it: chmod o= %s", key, path, path))
	}
}
