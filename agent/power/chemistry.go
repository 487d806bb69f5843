package power

// The chemistries of batteries.
const (
	LithiumIon    = "li-ion"
	LithiumIron   = "lifepo4"
	LeadAcid      = "lead"
	maxCells      = 24 // a 48 V lead battery
	maxMillivolts = 100_000
)

// Chemistries lists what Battery.Chemistry can be.
func Chemistries() []string { return []string{LithiumIon, LithiumIron, LeadAcid} }

// cell is what is usual for one cell of a chemistry, in millivolts.
type cell struct {
	// low and high are what a cell can have at all, under load and on the charger.
	low, high int
	// mains: a charger on the mains holds the cell above it. alert is when somebody
	// should look; less, capture and dormant are the limits of the rungs.
	mains, alert, less, capture, dormant int
	hysteresis                           int
	// tolerance is how far readings may be apart that agree: what a camera's charger
	// or a modem draws moves a cell by some tens of millivolts.
	tolerance int
}

// cells are the chemistries'. Those of lithium ion are today's alerts of two-cell
// packs, 7500 and 8100 mV (product.md), and 20 and 5 % of charge by the usual
// discharge curve at rest; the others' rungs are at about half, a quarter and a
// tenth of the charge by theirs. Each can be set in the configuration.
func cells() map[string]cell {
	return map[string]cell{
		LithiumIon:  {low: 2500, high: 4400, mains: 4050, alert: 3750, less: 3700, capture: 3600, dormant: 3400, hysteresis: 75, tolerance: 100},
		LithiumIron: {low: 2000, high: 3800, mains: 3330, alert: 3225, less: 3200, capture: 3125, dormant: 3000, hysteresis: 50, tolerance: 75},
		LeadAcid:    {low: 1500, high: 2700, mains: 2180, alert: 2040, less: 2020, capture: 1980, dormant: 1920, hysteresis: 40, tolerance: 50},
	}
}
