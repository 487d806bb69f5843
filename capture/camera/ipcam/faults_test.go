package ipcam_test

import (
	"testing"
	"time"

	"fieldcam/capture/camera"
	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/ipcam/ipcamsim"
)

func TestWhatIsNoPictureIsAnErrorThatSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		faults ipcamsim.Faults
		want   string
	}{
		"silent":                       {ipcamsim.Faults{Silent: true}, "deadline exceeded"},
		"stops in the middle":          {ipcamsim.Faults{HangHalfway: true}, "deadline exceeded"},
		"breaks off":                   {ipcamsim.Faults{CutHalfway: true}, "breaks off after"},
		"ends in the middle":           {ipcamsim.Faults{EndHalfway: true}, "the picture does not (want FF D9)"},
		"a byte each second":           {ipcamsim.Faults{Drip: true}, "deadline exceeded"},
		"no end":                       {ipcamsim.Faults{Flood: true}, "does not end within 1000000 bytes"},
		"busy":                         {ipcamsim.Faults{Status: 503}, "the camera answers 503 Service Unavailable"},
		"not there":                    {ipcamsim.Faults{Status: 404}, "the camera answers 404 Not Found"},
		"a page":                       {ipcamsim.Faults{LoginPage: true}, `want FF D8, got 3C (Content-Type "text/html; charset=utf-8")`},
		"moved to itself":              {ipcamsim.Faults{Redirect: ipcamsim.SnapshotPath}, "the camera answers 302"},
		"moved to another host":        {ipcamsim.Faults{Redirect: "http://198.51.100.1/x.jpg"}, "redirects to http://198.51.100.1, which is not followed"},
		"moved to another port":        {ipcamsim.Faults{Redirect: "http://" + host + ":8080/"}, "which is not followed"},
		"moved to a file":              {ipcamsim.Faults{Redirect: "file:///etc/passwd"}, "which is not followed"},
		"moved to another host's name": {ipcamsim.Faults{Redirect: "//camera.example/"}, "which is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{
				options: locked(func(o *ipcamsim.Options) { o.Digest = true }),
				cfg:     func(c *ipcam.Config) { c.MaxMB = 1 },
			}, func(t *testing.T, r *rig) {
				r.good(t)
				r.sim.SetFaults(c.faults)
				for range 3 {
					start := time.Now()
					r.Bad(t, c.want)
					if d := time.Since(start); d > ipcam.Default().Timeout {
						t.Errorf("it took %v, want %v at most", d, ipcam.Default().Timeout)
					}
				}
				r.sim.SetFaults(ipcamsim.Faults{})
				r.good(t)
			})
		})
	}
}

func TestAPictureIsOneByItsBytes(t *testing.T) {
	run(t, setup{}, func(t *testing.T, r *rig) {
		r.sim.SetFaults(ipcamsim.Faults{WrongType: true})
		r.good(t)
		r.sim.SetFaults(ipcamsim.Faults{Endless: true}) // what follows its end is not waited for
		start := time.Now()
		r.good(t)
		if d := time.Since(start); d > time.Second {
			t.Errorf("the picture took %v, want its own time", d)
		}
	})
}

// TestACameraThatStartsIsWaitedFor: an IP camera takes half a minute, and says so in
// several ways.
func TestACameraThatStartsIsWaitedFor(t *testing.T) {
	for name, cfg := range map[string]func(*ipcam.Config){"address": func(*ipcam.Config) {}, "onvif": onvif} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{
				power:   switched,
				options: ipcamsim.Options{Boot: 40 * time.Second},
				cfg:     func(c *ipcam.Config) { cfg(c); c.Timeout = time.Minute },
			}, func(t *testing.T, r *rig) {
				for range 3 {
					start := time.Now()
					r.good(t)
					if d := time.Since(start); d < 40*time.Second || d > 43*time.Second {
						t.Errorf("the picture took %v, want 40s and little more", d)
					}
				}
			})
		})
	}
	run(t, setup{
		power:   func(c *camera.PowerConfig) { c.Line, c.KeepOn = powerLine, true },
		options: ipcamsim.Options{Boot: 40 * time.Second},
	}, func(t *testing.T, r *rig) {
		r.Bad(t, "") // 20s are not enough
		time.Sleep(time.Minute)
		r.good(t)
	})
}

func TestBadValuesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ipcam.Config)
		key    string
	}{
		"no address":        {func(c *ipcam.Config) { c.URL = "" }, "url"},
		"two addresses":     {onvifToo, "onvif"},
		"ftp":               {func(c *ipcam.Config) { c.URL = "ftp://192.0.2.9/" }, "url"},
		"no host":           {func(c *ipcam.Config) { c.URL = "http:///x" }, "url"},
		"no address at all": {func(c *ipcam.Config) { c.URL = "::" }, "url"},
		"with a password":   {func(c *ipcam.Config) { c.URL = "http://a:b@192.0.2.9/" }, "url"},
		"onvif, with one":   {func(c *ipcam.Config) { c.URL, c.ONVIF = "", "http://a:b@192.0.2.9/" }, "onvif"},
		"colon in name":     {func(c *ipcam.Config) { c.Username = "a:b" }, "username"},
		"password, no name": {func(c *ipcam.Config) { c.Password = "x" }, "username"},
		"two passwords":     {func(c *ipcam.Config) { c.Username, c.Password, c.PasswordFile = "a", "x", "y" }, "password_file"},
		"short print":       {func(c *ipcam.Config) { c.Fingerprint = "ab:cd" }, "fingerprint"},
		"no print":          {func(c *ipcam.Config) { c.Fingerprint = "none" }, "fingerprint"},
		"no time":           {func(c *ipcam.Config) { c.Timeout = 0 }, "timeout"},
		"much time":         {func(c *ipcam.Config) { c.Timeout = time.Hour }, "timeout"},
		"no size":           {func(c *ipcam.Config) { c.MaxMB = 0 }, "max_mb"},
		"much size":         {func(c *ipcam.Config) { c.MaxMB = 10_000 }, "max_mb"},
	} {
		cfg := ipcam.Default()
		cfg.URL = "http://192.0.2.9/x.jpg"
		if err := cfg.Validate(); err != nil {
			t.Fatalf("default: %v", err)
		}
		c.change(&cfg)
		if got := keys(cfg.Validate()); len(got) != 1 || got[0] != c.key {
			t.Errorf("%s: got complaints about %q, want %q", name, got, c.key)
		}
	}
}

func onvifToo(c *ipcam.Config) { c.ONVIF = "http://192.0.2.9/" }
