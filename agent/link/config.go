package link

import "fieldcam/config/invalid"

// Config is what the site's link is expected to give. Nothing is limited by it: the
// schedule is checked against it (agent/plan).
type Config struct {
	// BudgetMB is the data plan of a month, in megabytes (10^6 bytes). Default 0: no
	// budget.
	BudgetMB int `toml:"budget_mb"`
	// SpeedKbps is the expected upload speed, in kilobits a second. Default 0: not
	// known; what was measured goes before it.
	SpeedKbps int `toml:"speed_kbps"`
}

// The bounds of a Config: more than any data plan, or radio, has.
const (
	maxBudgetMB  = 100_000_000
	maxSpeedKbps = 100_000_000
)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.BudgetMB < 0 || c.BudgetMB > maxBudgetMB {
		l.Add("budget_mb", c.BudgetMB, "0 (no budget) to 100000000")
	}
	if c.SpeedKbps < 0 || c.SpeedKbps > maxSpeedKbps {
		l.Add("speed_kbps", c.SpeedKbps, "0 (not known) to 100000000")
	}
	return l.Err()
}
