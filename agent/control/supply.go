package control

import "time"

// Power is the battery, its charger, and what is saved.
type Power struct {
	// Rung is the power ladder's ("normal", "upload-less", "capture-only", "dormant"),
	// Since when it was taken; nil: before anything that is known.
	Rung  string     `json:"rung"`
	Since *time.Time `json:"since,omitempty"`
	// Millivolts is the battery's voltage; 0 where there is no reading that can be
	// believed. Milliamps is the current out of it, negative where it is charged; nil
	// where it is not measured.
	Millivolts int    `json:"millivolts,omitempty"`
	Milliamps  *int   `json:"milliamps,omitempty"`
	Solar      *Solar `json:"solar,omitempty"` // nil: none, or it is silent
}

// Solar is what the solar charger says; what it does not tell is nil, or empty.
type Solar struct {
	State     string `json:"state,omitempty"`
	Tracker   string `json:"tracker,omitempty"`
	Fault     string `json:"fault,omitempty"`
	Watts     *int   `json:"watts,omitempty"`
	WattHours *int   `json:"watt_hours,omitempty"` // today's
}

// Climate is the air in the box.
type Climate struct {
	// Celsius and Humidity, in percent, are nil where there is no reading that can be
	// believed.
	Celsius  *float64 `json:"celsius,omitempty"`
	Humidity *float64 `json:"humidity,omitempty"`
	// Heater and Fan tell whether they are on.
	Heater bool `json:"heater,omitempty"`
	Fan    bool `json:"fan,omitempty"`
}
