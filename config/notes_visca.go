package config

// viscaNotes explains how a camera is aimed.
func viscaNotes() []note {
	const (
		preset  = "0 (none) or 1 to 128"
		zoom    = `four hexadecimal digits, such as "4000"`
		focus   = `"auto", "manual", "once" or four hexadecimal digits, such as "1000"`
		asItIs  = "as it is"
		presets = "A stored position, counted from 1 as on remote controls (VISCA counts from 0)."
		zooms   = "The position of the zoom in four hexadecimal digits, as the camera's manual lists it for each ratio; \"0000\" is wide."
		focuses = "The focus: by itself, by hand (as it is), found once before the photo, or at a position."
	)
	return []note{
		{path: "camera.visca", text: "The control line of a block or PTZ camera, by which it is aimed before each photo: VISCA over RS-232 or RS-485. What goes wrong there is reported, and the photo taken all the same."},
		{path: "camera.visca.port", text: "The serial port of the control line.", allowed: `the path of a serial port, such as "/dev/ttyS2"`, zero: "the camera is not aimed"},
		{path: "camera.visca.baud", text: "The rate of the line in bits per second.", allowed: "9600 or 38400"},
		{path: "camera.visca.address", text: "The camera's address on the line.", allowed: "1 to 7"},
		{path: "camera.visca.power_on", text: "Whether a camera in standby is told to switch on.", allowed: truth},
		{path: "camera.visca.timeout", text: "How long the aiming for one photo may take; never more than half of the time that is left for the photo.", allowed: "a duration from 1s to 2m"},
		{path: "camera.visca.settle", text: "The time from the last movement to the photo, for focus, exposure and a pole that swings.", allowed: "a duration from 0s to 1m"},
		{path: "camera.visca.preset", text: presets, allowed: preset, zero: "none"},
		{path: "camera.visca.zoom", text: zooms, allowed: zoom, zero: asItIs},
		{path: "camera.visca.focus", text: focuses, allowed: focus, zero: asItIs},
		{path: "camera.visca.view", text: "Where the camera looks for one session, in place of preset, zoom and focus above."},
		{path: "camera.visca.view.session", text: "The name of the session, or of a [[shot]]. Required; each once.", allowed: "the name of a capture session or a shot", example: `"capture"`},
		{path: "camera.visca.view.preset", text: presets, allowed: preset, zero: "none", sample: "2"},
		{path: "camera.visca.view.zoom", text: zooms, allowed: zoom, zero: asItIs},
		{path: "camera.visca.view.focus", text: focuses, allowed: focus, zero: asItIs},
	}
}
