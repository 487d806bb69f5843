package plan

import (
	"fmt"

	"fieldcam/agent/health"
)

// Raised is a condition that findings raise, and its text.
type Raised struct {
	Name     health.Name
	Severity health.Severity
	Text     string
}

// ConditionNames lists all conditions that findings can raise: who raises those of
// Conditions clears the others.
func ConditionNames() []health.Name {
	return []health.Name{health.NoSchedule, health.UploadsBehind, health.DataBudget, health.LowPowerPlan, health.ScheduleWarning}
}

// Condition is the condition that a finding raises; false for one that is only
// worth knowing.
func Condition(f Finding) (health.Name, bool) {
	if f.Severity == health.Info {
		return "", false
	}
	switch f.Code {
	case NoCapture:
		return health.NoSchedule, true
	case NoUpload, LinkTooSlow, UploadTooSmall, UploadTooNarrow:
		return health.UploadsBehind, true
	case OverBudget:
		return health.DataBudget, true
	case LowPower:
		return health.LowPowerPlan, true
	}
	return health.ScheduleWarning, true
}

// Conditions are those that the findings raise, each once with how many they are
// and the first of them, in the order of ConditionNames: a text on the wire is short.
func Conditions(all []Finding) []Raised {
	var raised []Raised
	for _, name := range ConditionNames() {
		r := Raised{Name: name, Severity: name.Severity()}
		n := 0
		for _, f := range all {
			if of, ok := Condition(f); ok && of == name {
				if n == 0 {
					r.Text = f.Text
				}
				n += 1 + f.More
			}
		}
		if n == 0 {
			continue
		}
		if n > 1 {
			r.Text = fmt.Sprintf("%d findings of \"fieldcam schedule check\", one: %s", n, r.Text)
		}
		raised = append(raised, r)
	}
	return raised
}
