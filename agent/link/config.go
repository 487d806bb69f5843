package link

import "fieldcam/config/invalid"

// Config is what a person knows of the mobile link: for forecasts and warnings, and
// to stop uploads by schedule once a budget is used up.
type Config struct {
	// BudgetMB is what the link may carry in a calendar month (UTC), both ways, in
	// megabytes (10^6 bytes). Default 0: not known.
	BudgetMB int `toml:"budget_mb"`
	// SpeedKbps is what uploads get, in kilobits (10^3 bits) a second. Default 0:
	// not known.
	SpeedKbps int `toml:"speed_kbps"`
}

// maxBudgetMB is a terabyte, and maxSpeedKbps a gigabit a second: what is more is
// a mistake.
const (
	maxBudgetMB  = 1_000_000
	maxSpeedKbps = 1_000_000
)

// Validate reports every value that cannot be used, as invalid.Values.
func (c Config) Validate() error {
	var l invalid.List
	if c.BudgetMB < 0 || c.BudgetMB > maxBudgetMB {
		l.Add("budget_mb", c.BudgetMB, "0 (not known) to 1000000")
	}
	if c.SpeedKbps < 0 || c.SpeedKbps > maxSpeedKbps {
		l.Add("speed_kbps", c.SpeedKbps, "0 (not known) to 1000000")
	}
	return l.Err()
}

// BudgetBytes is BudgetMB in bytes; 0 for not known.
func (c Config) BudgetBytes() int64 { return int64(c.BudgetMB) * 1_000_000 }
