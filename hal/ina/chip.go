package ina

// The registers that all three chips have at the same place, and those of the
// INA226 and INA260 that tell who they are (data sheets TI SBOS448G table 2,
// SBOS547A table 2, SBOS656C table 4).
const (
	regConfig  = 0x00
	regShunt   = 0x01 // INA219 and INA226
	regBus     = 0x02
	regMaker   = 0xfe
	regDie     = 0xff
	makerTI    = 0x5449 // "TI"
	dieINA226  = 0x2260
	dieINA260  = 0x2270
	regCurrent = 0x04   // INA219 and INA226
	regCal     = 0x05   // INA219 and INA226
	reg260Curr = 0x01   // INA260
	bit219Over = 0x0001 // of regBus: the current does not fit
)

// chip is what differs between the chips.
type chip struct {
	// config is what the configuration register is set to: measure bus and current
	// continuously, each reading the mean of 16, so that neither the camera's
	// charger nor the modem's bursts make the reading jump.
	config uint16
	// die is what the register FF says; 0: the chip has none.
	die uint16
	// calScale is the numerator of the calibration, 0.04096 or 0.00512, times 10^12:
	// it is divided by microamps of one bit and microohms. 0: the chip is calibrated.
	calScale int64
	// minDrop and maxDrop bound the shunt's drop at the largest current, in
	// microvolts: below, the calibration does not fit its register; above, the
	// input ends.
	minDrop, maxDrop int64
	// calMask holds the bits of the calibration that can be set.
	calMask uint16
	current byte // the register of the current
	// input is the register of which the current is made, and full what it says, on
	// either side of 0, where the true current is beyond its range.
	input byte
	full  int16
	// busShift and busMicrovolts make microvolts of the bus register.
	busShift      uint
	busMicrovolts int
	// bitMicroamps is what one bit of the current is, where the chip is calibrated.
	bitMicroamps int
}

func (t chip) calibrated() bool { return t.calScale != 0 }

// types are the chips by Config.Chip.
func types() map[string]chip {
	return map[string]chip{
		// SBOS448G, table 3: 32 V, gain /8 (320 mV), both converters 12 bits and 16
		// samples (code 1100), continuous.
		INA219: {
			config: 0x3e67, calScale: 40_960_000_000, minDrop: 20_481, maxDrop: 320_000, calMask: 0xfffe,
			current: regCurrent, input: regShunt, full: 32_000, busShift: 3, busMicrovolts: 4000,
		},
		// SBOS547A, table 6: its value after a reset, 4127, with 16 samples (AVG 010).
		INA226: {
			config: 0x4527, die: dieINA226, calScale: 5_120_000_000, minDrop: 5_121, maxDrop: 81_920, calMask: 0x7fff,
			current: regCurrent, input: regShunt, full: 0x7fff, busMicrovolts: 1250,
		},
		// SBOS656C, table 5: its value after a reset, 6127, with 16 samples.
		INA260: {config: 0x6527, die: dieINA260, current: reg260Curr, input: reg260Curr, full: 0x7fff, busMicrovolts: 1250, bitMicroamps: 1250},
	}
}

// calibration is what the calibration register is set to for c, and what one bit
// of the current is then.
func (t chip) calibration(c Config) (cal uint16, bitMicroamps int) {
	if !t.calibrated() {
		return 0, t.bitMicroamps
	}
	const fullScale = 1 << 15
	bit := (int64(c.MaxMilliamps)*1000 + fullScale - 1) / fullScale
	cal = uint16(min(t.calScale/(bit*int64(c.ShuntMicroohms)), int64(t.calMask))) & t.calMask
	return cal, int(bit)
}
