package cameratest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"fieldcam/capture/camera/cameratest"
)

func kind() cameratest.Kind {
	return cameratest.Kind{Faults: []cameratest.Fault{cameratest.Silent, cameratest.Hangs, cameratest.Truncates}, Switched: true}
}

// every runs all that there is on a driver with these sins.
func every(t *testing.T, s sins, run func(t *testing.T, check func(testing.TB))) {
	runner := func(t *testing.T, setup cameratest.Setup, check func(testing.TB, cameratest.Rig)) {
		synctest.Test(t, func(t *testing.T) {
			run(t, func(t testing.TB) { check(t, s.rig(t, setup)) })
		})
	}
	cameratest.Run(t, kind(), runner)
	slots := cameratest.Slots{Every: 6 * time.Second}
	slots.AfterAHang(t, runner)
	slots.AfterAFault(t, kind().Faults, runner)
	slots.HoweverLongACycle(t, kind().Faults, runner)
}

func TestAGoodDriverPasses(t *testing.T) {
	every(t, sins{}, func(t *testing.T, check func(testing.TB)) { check(t) })
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
	for name, s := range map[string]sins{
		"passes a truncated picture":   {passTruncated: true},
		"ignores its context":          {ignoreContext: true},
		"leaves the power on":          {stayOn: true},
		"gives the old picture":        {sameAgain: true},
		"has no ladder":                {neverCycle: true},
		"blames the camera":            {blameCamera: true},
		"outlives Close":               {outlive: true},
		"waits for ever":               {noBound: true},
		"hands on the picture at once": {wholeAtOnce: true},
		"cuts the power anew":          {cutAgain: true},
		"leaves a hung camera on":      {keepHung: true},
	} {
		found := false
		t.Run(name, func(t *testing.T) {
			every(t, s, func(t *testing.T, check func(testing.TB)) {
				p := &tape{TB: t}
				defer func() {
					if v := recover(); v != nil && v != any(over{}) {
						panic(v)
					}
					found = found || p.failed
					time.Sleep(2 * time.Hour) // for what a check left behind
				}()
				check(p)
			})
		})
		if !found {
			t.Errorf("a driver that %s passes", name)
		}
	}
}
