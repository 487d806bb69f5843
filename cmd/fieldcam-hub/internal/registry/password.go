package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

const (
	// deviceCost is bcrypt's least. A device's password is 26 random characters
	// (130 bits): nobody searches that, however cheap a guess, and a thousand
	// controllers that come back at once must not cost a minute of hashing.
	deviceCost = bcrypt.MinCost
	// operatorCost slows guesses at a password that a person chose: about 60 ms
	// each on a small server.
	operatorCost = bcrypt.DefaultCost
	// bcryptMax is how many bytes of a password bcrypt looks at.
	bcryptMax = 72
	// operatorMin is the shortest password that an operator may choose
	// (NIST SP 800-63B, 5.1.1.1: at least 8 characters).
	operatorMin = 8
)

// Authenticate tells whether password is the device's own.
func (r *Registry) Authenticate(name, password string) bool {
	d, ok := r.device(name)
	return ok && r.ofDevices.check(d.Hash, password)
}

// Known tells whether there is a device of this name, for those who show a
// certificate in place of a password.
func (r *Registry) Known(name string) bool {
	_, ok := r.device(name)
	return ok
}

// device looks one up in the file as it is now; after an error, in the last good
// state.
func (r *Registry) device(name string) (Device, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.refresh() // whoever lists the devices tells of it
	d, ok := r.byName[name]
	return d, ok
}

// SetOperator sets the page's password; empty removes it.
func (r *Registry) SetOperator(password string) error {
	hash := ""
	if password != "" {
		if len(password) < operatorMin || len(password) > bcryptMax {
			return fmt.Errorf("operator password: want %d to %d bytes", operatorMin, bcryptMax)
		}
		b, err := bcrypt.GenerateFromPassword([]byte(password), operatorCost)
		if err != nil {
			return fmt.Errorf("hash password: %w", err)
		}
		hash = string(b)
	}
	return r.change(func(f *file) error { f.Operator = hash; return nil })
}

// HasOperator tells whether the page has a password.
func (r *Registry) HasOperator() (bool, error) {
	f, err := r.current()
	return f.Operator != "", err
}

// AuthenticateOperator tells whether password is the page's. False where none
// is set.
func (r *Registry) AuthenticateOperator(password string) bool {
	f, _ := r.current() // after an error: the last good state
	return f.Operator != "" && r.ofOperator.check(f.Operator, password)
}

// newPassword is 26 random characters of the base32 alphabet.
func newPassword() string { return rand.Text() }

func hashDevice(password string) (string, error) {
	b, err := bcrypt.GenerateFromPassword([]byte(password), deviceCost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return string(b), nil
}

// verified remembers which passwords were found right, so that each request of
// an upload doesn't cost a bcrypt. It holds a digest, never the password. A wrong
// password always costs a bcrypt.
type verified struct {
	// slots bounds how many bcrypts run at once: guesses must not take all
	// processors from the photos.
	slots chan struct{}

	mu    sync.Mutex // guards known
	known map[string][sha256.Size]byte
}

const (
	// verifiedMax bounds the memory: hashes of removed devices are never asked for
	// again and would stay.
	verifiedMax = 20_000
	// deviceSlots and operatorSlots are apart: guesses at the operator's password,
	// 60 ms each, must not hold up the devices.
	deviceSlots   = 2
	operatorSlots = 1
)

func newVerified(slots int) verified { return verified{slots: make(chan struct{}, slots)} }

func (v *verified) check(hash, password string) bool {
	sum := sha256.Sum256([]byte(hash + "\x00" + password))
	v.mu.Lock()
	known, ok := v.known[hash]
	v.mu.Unlock()
	if ok && subtle.ConstantTimeCompare(known[:], sum[:]) == 1 {
		return true
	}
	// As long as those before it take; who may wait is bounded by the connections.
	v.slots <- struct{}{}
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	<-v.slots
	if err != nil {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known == nil || len(v.known) >= verifiedMax {
		v.known = map[string][sha256.Size]byte{}
	}
	v.known[hash] = sum
	return true
}
