package config

// modemNotes explains the modem, and the technician's light and button.
func modemNotes() []note {
	const (
		pulse = "0s (the module's), or a duration from 50ms to 10s"
		line  = "the name of a line, as in docs/hardware.md"
	)
	return []note{
		{path: "modem", text: "The mobile modem: it is kept on, asked how it fares, and restarted where the cloud has been out of reach for hours."},
		{path: "modem.ask", text: "Who tells how the modem fares. Where a ModemManager runs it owns the ports: ask that.", allowed: `"at", "modemmanager", or empty for nobody`, zero: "nobody is asked"},
		{path: "modem.port", text: "The modem's serial port for AT commands.", allowed: `the path of the modem's serial port, such as "/dev/ttyUSB2", where ask is "at"`},
		{path: "modem.baud", text: "That port's rate, in bits per second.", allowed: "a rate from 1200 to 4000000"},
		{path: "modem.every", text: "How often the modem is asked.", allowed: "a duration from 10s to 1h"},
		{path: "modem.restart_after", text: "How long the cloud may be out of reach, outside of maintenance windows, before the modem is restarted. Each further restart waits twice as long, up to a day.",
			allowed: "0s (never), or a duration from 10m to 168h"},
		{path: "modem.module", text: "The kind of modem, which tells how long its power key is pressed.", allowed: `"ec21", "bg96", "eg915u", "sim7000", "sim7912", or empty`, zero: "none of them"},
		{path: "modem.key_line", text: "The line that presses the modem's power key.", allowed: line, zero: "none"},
		{path: "modem.key_active_low", text: "Whether that line is electrically low while it presses.", allowed: truth},
		{path: "modem.on_pulse", text: "How long the key is pressed to switch the modem on.", allowed: pulse, zero: "the module's"},
		{path: "modem.off_pulse", text: "How long the key is pressed to switch it off.", allowed: pulse, zero: "the module's"},
		{path: "modem.status_line", text: "The input that is on while the modem is. Without it a modem that does not answer counts as off.", allowed: line, zero: "none"},
		{path: "modem.status_active_low", text: "Whether that input is electrically low while the modem is on.", allowed: truth},
		{path: "modem.power_line", text: "The line that gives the modem power.", allowed: line, zero: "none: it has power always"},
		{path: "modem.power_active_low", text: "Whether that line is electrically low while the modem has power.", allowed: truth},

		{path: "panel", text: "The technician's light and button."},
		{path: "panel.green_line", text: "The line of the green light; together with the red one it is amber.", allowed: line, zero: "none"},
		{path: "panel.green_active_low", text: "Whether that line is electrically low while it is lit.", allowed: truth},
		{path: "panel.red_line", text: "The line of the red light.", allowed: line, zero: "none"},
		{path: "panel.red_active_low", text: "Whether that line is electrically low while it is lit.", allowed: truth},
		{path: "panel.button_line", text: "The input of the button.", allowed: line, zero: "none"},
		{path: "panel.button_active_low", text: "Whether that input is electrically low while the button is pressed.", allowed: truth},
		{path: "panel.dark_after", text: "How long after a press, or the start, the light goes out, which saves power; also where there is no button.", allowed: "0s (never) or a duration to 24h"},
		{path: "panel.hold_command", text: "The program that runs where the button is held for 5 s, with its arguments.", allowed: "the path of a program and its arguments, 32 words at most", zero: "nothing runs"},
	}
}
