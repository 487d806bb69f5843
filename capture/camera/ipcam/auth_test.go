package ipcam_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/ipcam/ipcamsim"
)

// locked is a camera that wants user and password.
func locked(change func(*ipcamsim.Options)) ipcamsim.Options {
	o := ipcamsim.Options{Username: user, Password: password}
	change(&o)
	return o
}

func TestEveryWayOfAskingForThePasswordIsAnswered(t *testing.T) {
	for name, o := range map[string]func(*ipcamsim.Options){
		"digest without algorithm": func(o *ipcamsim.Options) { o.Digest = true },
		"digest without qop":       func(o *ipcamsim.Options) { o.Digest, o.NoQop = true, true },
		"MD5":                      func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"MD5"} },
		"MD5-sess":                 func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"MD5-sess"} },
		"SHA-256":                  func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"SHA-256"} },
		"SHA-256-sess":             func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"SHA-256-sess"} },
		"SHA-512-256":              func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"SHA-512-256"} },
		"several":                  func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"X", "MD5", "SHA-256", "MD5-sess"} },
		"Basic and digest":         func(o *ipcamsim.Options) { o.Digest, o.Basic = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{options: locked(o)}, func(t *testing.T, r *rig) {
				first := r.asked(func() { r.good(t) })
				if want := []string{"GET " + ipcamsim.SnapshotPath, "GET " + ipcamsim.SnapshotPath + " digest"}; !slices.Equal(first, want) {
					t.Errorf("the first picture took %q, want %q", first, want)
				}
				// The nonce is used on, and its uses counted: the camera checks that.
				for range 20 {
					if again := r.asked(func() { r.good(t) }); len(again) != 1 {
						t.Errorf("another picture took %q, want one question", again)
					}
				}
			})
		})
	}
}

func TestAStaleNonceIsReplaced(t *testing.T) {
	for _, uses := range []int{1, 2, 3} {
		run(t, setup{options: locked(func(o *ipcamsim.Options) { o.Digest, o.NonceUses = true, uses })}, func(t *testing.T, r *rig) {
			for range 7 {
				r.good(t)
			}
		})
	}
	// A camera that starts anew has forgotten its nonces.
	run(t, setup{power: switched, options: locked(func(o *ipcamsim.Options) { o.Digest = true })}, func(t *testing.T, r *rig) {
		for range 3 {
			r.good(t)
		}
	})
}

func TestThePasswordIsNotSentInTheClearUnlessThatIsAllowed(t *testing.T) {
	basic := locked(func(o *ipcamsim.Options) { o.Basic = true })
	run(t, setup{options: basic}, func(t *testing.T, r *rig) {
		asked := r.asked(func() {
			if err := r.Bad(t, "in the clear (Basic without https), which is not allowed"); !errors.Is(err, ipcam.ErrNotShown) {
				t.Errorf("got %v, want ErrNotShown", err)
			}
		})
		if len(asked) != 1 {
			t.Errorf("asked %q, want once, without the password", asked)
		}
	})
	run(t, setup{options: basic, cfg: func(c *ipcam.Config) { c.Basic = true }}, func(t *testing.T, r *rig) {
		r.good(t)
		if again := r.asked(func() { r.good(t) }); len(again) != 1 {
			t.Errorf("another picture took %q, want one question", again)
		}
	})
}

// TestARefusedPasswordDoesNotLockTheUserOut: three refusals, and then ten minutes of
// silence; nor does it lead to the power line.
func TestARefusedPasswordDoesNotLockTheUserOut(t *testing.T) {
	for name, s := range map[string]setup{
		"digest": {options: locked(func(o *ipcamsim.Options) { o.Digest = true })},
		"basic":  {options: locked(func(o *ipcamsim.Options) { o.Basic = true }), cfg: func(c *ipcam.Config) { c.Basic = true }},
		"onvif":  {options: locked(func(o *ipcamsim.Options) { o.Digest = true }), cfg: onvif},
	} {
		s.power = func(c *camera.PowerConfig) { c.Line, c.KeepOn = powerLine, true }
		t.Run(name, func(t *testing.T) {
			run(t, s, func(t *testing.T, r *rig) {
				r.sim.SetFaults(ipcamsim.Faults{Unauthorized: true})
				for range 3 {
					if asked := r.asked(func() {
						if err := r.Bad(t, "refuses user and password"); !errors.Is(err, ipcam.ErrRefused) {
							t.Errorf("got %v, want ErrRefused", err)
						}
					}); len(asked) < 1 || len(asked) > 3 {
						t.Errorf("asked %q, want three times at most", asked)
					}
				}
				r.sim.SetFaults(ipcamsim.Faults{})
				start := time.Now()
				for time.Since(start) < 9*time.Minute {
					if asked := r.asked(func() { r.Bad(t, "not tried again for 10m0s") }); len(asked) > 0 {
						t.Errorf("asked %q, want silence", asked)
					}
					time.Sleep(time.Minute)
				}
				time.Sleep(time.Minute)
				r.good(t)
				r.good(t)
				if got := r.offs(); got != 0 {
					t.Errorf("the power went off %d times, want never", got)
				}
			})
		})
	}
}

func TestAnUnknownWayOfAskingSaysSo(t *testing.T) {
	run(t, setup{options: locked(func(o *ipcamsim.Options) { o.Digest, o.Algorithms = true, []string{"SHA3-512"} })}, func(t *testing.T, r *rig) {
		r.Bad(t, "in a way that is not known here")
	})
	run(t, setup{options: locked(func(*ipcamsim.Options) {})}, func(t *testing.T, r *rig) {
		r.Bad(t, "in a way that is not known here")
	})
	run(t, setup{options: locked(func(o *ipcamsim.Options) { o.Digest = true }), cfg: func(c *ipcam.Config) { c.Username, c.Password = "", "" }},
		func(t *testing.T, r *rig) { r.Bad(t, "none are configured") })
}

func TestThePasswordFileIsReadOnceItIsThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	run(t, setup{
		options: locked(func(o *ipcamsim.Options) { o.Digest = true }),
		cfg:     func(c *ipcam.Config) { c.Password, c.PasswordFile = "", file },
	}, func(t *testing.T, r *rig) {
		r.Bad(t, "password_file")
		if err := os.WriteFile(file, []byte(password+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		r.good(t)
		if log := r.log.String(); !strings.Contains(log, "every user of this controller can read it") {
			t.Errorf("log %s: want a warning of the file's mode", log)
		}
	})
}
