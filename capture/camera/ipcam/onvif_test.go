package ipcam_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fieldcam/capture/camera/ipcam"
	"fieldcam/capture/camera/ipcam/ipcamsim"
	"fieldcam/config/invalid"
)

// keys lists the keys of what is wrong.
func keys(err error) (all []string) {
	for _, v := range invalid.Values(err) {
		all = append(all, v.Key)
	}
	return all
}

func TestTheSnapshotIsFoundByONVIF(t *testing.T) {
	for name, o := range map[string]ipcamsim.Options{
		"open":                         {},
		"locked":                       locked(func(o *ipcamsim.Options) { o.Digest = true }),
		"its clock is in the past":     locked(func(o *ipcamsim.Options) { o.Digest, o.Ahead = true, -26*365*24*time.Hour }),
		"its clock is a zone ahead":    locked(func(o *ipcamsim.Options) { o.Digest, o.Ahead = true, 8*time.Hour }),
		"it knows itself by old names": locked(func(o *ipcamsim.Options) { o.Digest, o.Host = true, "192.168.1.64:80" }),
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{options: o, cfg: onvif}, func(t *testing.T, r *rig) {
				if e := r.good(t); e.Camera != "Fieldcam Simulated 4 MP" {
					t.Errorf("camera %q, want what it tells", e.Camera)
				}
				if asked := r.asked(func() { r.good(t) }); len(asked) != 1 {
					t.Errorf("another picture took %q, want one question", asked)
				}
			})
		})
	}
}

func TestTheProfileIsChosenByTokenOrName(t *testing.T) {
	for profile, want := range map[string]string{
		"": `"profile":"Profile_1"`, "Profile_2": `"profile":"Profile_2"`, "sub & small": `"profile":"Profile_2"`,
	} {
		run(t, setup{cfg: func(c *ipcam.Config) { onvif(c); c.Profile = profile }}, func(t *testing.T, r *rig) {
			r.good(t)
			if log := r.log.String(); !strings.Contains(log, want) {
				t.Errorf("profile %q: log %s, want %s", profile, log, want)
			}
		})
	}
	run(t, setup{cfg: func(c *ipcam.Config) { onvif(c); c.Profile = "third" }}, func(t *testing.T, r *rig) {
		r.Bad(t, `no profile "third", but ["Profile_1" "Profile_2"]`)
	})
}

// TestAMovedSnapshotIsFoundAgain: one failure, and the next Shoot asks anew.
func TestAMovedSnapshotIsFoundAgain(t *testing.T) {
	run(t, setup{cfg: onvif, options: locked(func(o *ipcamsim.Options) { o.Digest = true })}, func(t *testing.T, r *rig) {
		r.good(t)
		r.sim.Move("/new/firmware.jpg")
		r.Bad(t, "404")
		r.good(t)
	})
}

func TestONVIFsFaultsAreErrorsThatSaySo(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>`
	envelope := func(body string) string {
		return `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body>` + body + `</Body></Envelope>`
	}
	for name, c := range map[string]struct {
		faults ipcamsim.Faults
		want   string
	}{
		"a fault":            {ipcamsim.Faults{Fault: "ter:ActionNotSupported"}, `fault "env:Sender ter:ActionNotSupported": "as the test wants"`},
		"a page":             {ipcamsim.Faults{LoginPage: true}, "cannot be read"},
		"no XML":             {ipcamsim.Faults{Answer: "{}"}, "cannot be read"},
		"another document":   {ipcamsim.Faults{Answer: "<a/>"}, "cannot be read"},
		"an XML bomb":        {ipcamsim.Faults{Answer: bomb}, "cannot be read"},
		"no answer":          {ipcamsim.Faults{Answer: envelope("")}, "is empty"},
		"another answer":     {ipcamsim.Faults{Answer: envelope("<GetProfilesResponse/>")}, "cannot be read"},
		"a very long answer": {ipcamsim.Faults{Answer: envelope(strings.Repeat(" ", 1<<20))}, "more than 262144 bytes"},
		"a fault of SOAP 1.1": {ipcamsim.Faults{Answer: `<Envelope><Body><Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>no` + "\x7f" + `pe</faultstring></Fault></Body></Envelope>`},
			`fault "SOAP-ENV:Client": "nope"`},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, setup{cfg: onvif}, func(t *testing.T, r *rig) {
				r.sim.SetFaults(c.faults)
				for range 3 {
					if err := r.Bad(t, c.want); errors.Is(err, ipcam.ErrRefused) {
						t.Errorf("got %v, want no ErrRefused", err)
					}
				}
				r.sim.SetFaults(ipcamsim.Faults{})
				r.good(t)
			})
		})
	}
}
