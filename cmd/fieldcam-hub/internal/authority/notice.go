package authority

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// noticeFile holds the key that signs maintenance notices.
const noticeFile = "notice.key"

// NoticeKey reads the key in dir that signs maintenance notices, and makes it
// where there is none. It is made once and never replaced: controllers believe no
// other.
func NoticeKey(dir string) (ed25519.PrivateKey, error) {
	path := filepath.Join(dir, noticeFile)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeNoticeKey(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open notice key: %w", err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("open notice key: %s holds no key: restore it, or remove it to make a new one that every device then needs", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("open notice key: %s: %w", path, err)
	}
	own, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("open notice key: %s: not an Ed25519 key", path)
	}
	return own, nil
}

func makeNoticeKey(dir, path string) (ed25519.PrivateKey, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make notice key: %w", err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make notice key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make notice key: %w", err)
	}
	if err := writePEM(path, "PRIVATE KEY", der, 0o600); err != nil {
		return nil, fmt.Errorf("make notice key: %w", err)
	}
	return key, nil
}

// PublicText is the public half of key as controllers are configured with it
// (maintenance.notice_key).
func PublicText(key ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(key[ed25519.SeedSize:]) // RFC 8032: the seed, then the public key
}
