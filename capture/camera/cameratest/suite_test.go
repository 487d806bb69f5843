package cameratest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/cameratest"
)

func kind() cameratest.Kind {
	return cameratest.Kind{Faults: cameratest.Faults(), Switched: true}
}

// run is the conformance suite, and inSlots all that there is of Slots.
func run(t *testing.T, r cameratest.Runner) { cameratest.Run(t, kind(), r) }

func inSlots(t *testing.T, r cameratest.Runner) {
	slots := cameratest.Slots{Every: 6 * time.Second}
	slots.AfterAHang(t, r)
	slots.AfterAFault(t, kind().Faults, r)
	slots.HoweverLongACycle(t, kind().Faults, r)
}

func TestAGoodDriverPasses(t *testing.T) {
	for _, suite := range []func(*testing.T, cameratest.Runner){run, inSlots} {
		suite(t, func(t *testing.T, setup cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
			synctest.Test(t, func(t *testing.T) { check(t, sins{}.rig(t, setup)) })
		})
	}
}

// tape is a testing.TB that only remembers whether the test failed.
type tape struct {
	testing.TB
	failed bool
}

// over ends a check as FailNow ends a test.
type over struct{}

func (p *tape) Helper()               {}
func (p *tape) Logf(string, ...any)   {}
func (p *tape) Error(...any)          { p.failed = true }
func (p *tape) Errorf(string, ...any) { p.failed = true }
func (p *tape) Fatalf(string, ...any) { p.failed = true; panic(over{}) }
func (p *tape) Fatal(...any)          { p.failed = true; panic(over{}) }

// A suite that finds nothing is worse than none.
func TestEverySinIsFound(t *testing.T) {
	find(t, run, map[string]sins{
		"passes a truncated picture":   {passTruncated: true},
		"ignores its context":          {ignoreContext: true},
		"leaves the power on":          {stayOn: true},
		"gives the old picture":        {sameAgain: true},
		"has no ladder":                {neverCycle: true},
		"blames the camera":            {blameCamera: true},
		"outlives Close":               {outlive: true},
		"waits for ever":               {noBound: true},
		"hands on the picture at once": {wholeAtOnce: true},
	})
	find(t, inSlots, map[string]sins{
		"cuts the power anew":     {cutAgain: true},
		"leaves a hung camera on": {keepHung: true},
	})
}

// find fails the test where a suite finds none of a driver's sins.
func find(t *testing.T, suite func(*testing.T, cameratest.Runner), drivers map[string]sins) {
	t.Helper()
	for name, s := range drivers {
		found := false
		t.Run(name, func(t *testing.T) {
			suite(t, func(t *testing.T, setup cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
				synctest.Test(t, func(t *testing.T) {
					p := &tape{TB: t}
					defer func() {
						if v := recover(); v != nil && v != any(over{}) {
							panic(v)
						}
						found = found || p.failed
						time.Sleep(2 * time.Hour) // for what a check left behind
					}()
					check(p, s.rig(t, setup))
				})
			})
		})
		if !found {
			t.Errorf("a driver that %s passes", name)
		}
	}
}
