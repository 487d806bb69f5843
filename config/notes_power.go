package config

// powerNotes explains the battery, its charger, and the climate in the box.
func powerNotes() []note {
	const (
		usual = "the chemistry's, times the cells"
		volts = "0 (the chemistry's) to 100000 millivolts"
		bus   = `the path of an I2C bus, such as "/dev/i2c-1"`
	)
	return []note{
		{path: "power", text: "How the battery is watched, and what is saved in steps when it runs low: see docs/power.md."},
		{path: "power.meter", text: "What measures the battery: a chip on an I2C bus, one that the kernel has a driver for, or the solar charger.",
			allowed: `"none", "ina", "hwmon" or "vedirect"`},
		{path: "power.hwmon", text: "For the meter \"hwmon\": the name that its driver gives the chip.",
			allowed: `a chip's name in /sys/class/hwmon/*/name, such as "ina226"`, zero: "none"},
		{path: "power.every", text: "How often the battery is measured.", allowed: "a duration from 1s to 10m"},
		{path: "power.ladder", text: "Whether uploads, and then photos, are saved when the battery runs low. Else it is only reported.", allowed: truth},
		{path: "power.down_after", text: "How long the battery must be below a limit before the next step down.", allowed: "a duration from 1m to 24h"},
		{path: "power.up_after", text: "How long it must be above limit and hysteresis before the next step up.", allowed: "a duration from 1m to 24h"},
		{path: "power.blind_after", text: "After how long without a reading that can be believed the next step up is taken: in doubt photos are taken.",
			allowed: "a duration from 1h to 720h"},
		{path: "power.less_photos", text: "How many photos, the newest, each upload session sends on the first step down.", allowed: "1 to 1000"},
		{path: "power.slow_by", text: "By what the intervals of heartbeats and statuses are multiplied from the second step down on.", allowed: "1 to 100"},
		{path: "power.power_off", text: "The command that powers the board down when the battery is nearly empty, once the clock is set to wake it.",
			allowed: `a program by its path, and its arguments, such as "/usr/bin/systemctl poweroff"`, zero: "the board stays up, idle"},
		{path: "power.wake_clock", text: "The clock that wakes the board then.", allowed: `the path of a clock, such as "/dev/rtc0"`},
		{path: "power.wake_every", text: "How long the board is off then, until it wakes for a look at the battery.", allowed: "a duration from 10m to 24h"},

		{path: "power.battery", text: "The battery, and when it counts as low."},
		{path: "power.battery.chemistry", text: "What it is made of.", allowed: `"li-ion", "lifepo4" or "lead"`},
		{path: "power.battery.cells", text: "How many cells there are in series.", allowed: "1 to 24"},
		{path: "power.battery.mains", text: "Whether a charger on the mains holds the battery up, so that a falling voltage means that the mains are lost.", allowed: truth},
		{path: "power.battery.mains_mv", text: "The voltage below which the mains are lost, in millivolts. The default is that of the model's own battery; with another chemistry or number of cells it is 0.", allowed: volts},
		{path: "power.battery.alert_mv", text: "The voltage below which the battery is reported as low, in millivolts. The default is that of the model's own battery; with another chemistry or number of cells it is 0.", allowed: volts},
		{path: "power.battery.less_mv", text: "The voltage of the first step down, upload-less, in millivolts.", allowed: volts, zero: usual},
		{path: "power.battery.capture_mv", text: "The voltage of the second step down, capture-only, in millivolts.", allowed: volts, zero: usual},
		{path: "power.battery.dormant_mv", text: "The voltage of the last step down, dormant, in millivolts.", allowed: volts, zero: usual},
		{path: "power.battery.hysteresis_mv", text: "How far above a limit the battery must be for what that limit began to end, in millivolts.", allowed: volts, zero: usual},

		{path: "power.ina", text: "The chip of the meter \"ina\"."},
		{path: "power.ina.chip", text: "Which chip it is.", allowed: `"ina219", "ina226" or "ina260"`},
		{path: "power.ina.bus", text: "The I2C bus that it is on.", allowed: bus},
		{path: "power.ina.address", text: "Its address on the bus, 64 to 79 by its pins A0 and A1.", allowed: "64 to 79 (hexadecimal 40 to 4F)"},
		{path: "power.ina.shunt_microohms", text: "The resistance of its shunt in millionths of an ohm. An INA260 has its own.", allowed: "1 to 10000000"},
		{path: "power.ina.max_milliamps", text: "The largest current to be measured, which must fit the shunt. An INA260 has its own.", allowed: "1 to 1000000"},
		{path: "power.ina.reversed", text: "Whether its IN- is on the battery's side.", allowed: truth},

		{path: "power.solar", text: "The solar charger."},
		{path: "power.solar.port", text: "The serial port of a charger that speaks VE.Direct.", allowed: `the path of a serial port, such as "/dev/ttyUSB0"`, zero: "none, or with the meter \"vedirect\" the model's, which is /dev/ttyS2 on all of them"},

		{path: "climate", text: "How the climate in the box is watched and kept."},
		{path: "climate.sensor", text: "What measures the temperature.", allowed: `"none", "sht3x", "bme280" or "hwmon"`},
		{path: "climate.hwmon", text: "For the sensor \"hwmon\": the name that its driver gives the chip.",
			allowed: `a chip's name in /sys/class/hwmon/*/name, such as "sht3x"`, zero: "none"},
		{path: "climate.every", text: "How often the temperature is measured.", allowed: "a duration from 1s to 1h"},
		{path: "climate.low", text: "The temperature below which it is reported, in degrees Celsius.", allowed: "-60 to 125 degrees"},
		{path: "climate.high", text: "The temperature above which it is reported, in degrees Celsius.", allowed: "-60 to 125 degrees"},
		{path: "climate.sht3x", text: "The sensor \"sht3x\"."},
		{path: "climate.sht3x.bus", text: "The I2C bus that it is on.", allowed: bus},
		{path: "climate.sht3x.address", text: "Its address on the bus, by its pin ADDR.", allowed: "68 or 69 (hexadecimal 44 or 45)"},
		{path: "climate.bme280", text: "The sensor \"bme280\", which can be a BMP280."},
		{path: "climate.bme280.bus", text: "The I2C bus that it is on.", allowed: bus},
		{path: "climate.bme280.address", text: "Its address on the bus, by its pin SDO.", allowed: "118 or 119 (hexadecimal 76 or 77)"},
		{path: "climate.heater", text: "A heater, by thermostat. It is off while the temperature is not known."},
		{path: "climate.heater.line", text: "The GPIO line that switches it, named as camera.power.line is.", allowed: "nothing, unless there is a climate.sensor to go by", zero: "there is no heater"},
		{path: "climate.heater.active_low", text: "Whether the line is electrically low while it heats.", allowed: truth},
		{path: "climate.heater.on_below", text: "The temperature at which it is switched on, in degrees Celsius.", allowed: "-60 to 125 degrees"},
		{path: "climate.heater.off_above", text: "The temperature at which it is switched off.", allowed: "-60 to 125 degrees"},
		{path: "climate.heater.save_from", text: "The step of the power ladder from which on it stays off.", allowed: `"upload-less", "capture-only" or "dormant"`},
		{path: "climate.fan", text: "A fan, by thermostat. It is off while the temperature is not known."},
		{path: "climate.fan.line", text: "The GPIO line that switches it, named as camera.power.line is.", allowed: "nothing, unless there is a climate.sensor to go by", zero: "there is no fan"},
		{path: "climate.fan.active_low", text: "Whether the line is electrically low while it blows.", allowed: truth},
		{path: "climate.fan.on_above", text: "The temperature at which it is switched on, in degrees Celsius.", allowed: "-60 to 125 degrees"},
		{path: "climate.fan.off_below", text: "The temperature at which it is switched off.", allowed: "-60 to 125 degrees"},
		{path: "climate.fan.save_from", text: "The step of the power ladder from which on it stays off.", allowed: `"upload-less", "capture-only" or "dormant"`},
	}
}
