package config

// ucamNotes explains a serial camera of 4D Systems' make.
func ucamNotes() []note {
	const step = `2 (normal), or with model "ucam3" 0 to 4`
	return []note{
		{path: "camera.ucam", text: "A serial JPEG camera of 4D Systems (uCAM-II, uCAM-III), or a board with an OV528."},
		{path: "camera.ucam.port", text: "The serial port that the camera is on.", allowed: `the path of a serial port, such as "/dev/ttyS1"`},
		{path: "camera.ucam.baud", text: "The transfer rate in bits per second. The camera is found at the rate where it is and then switched to this one.",
			allowed: "9600, 19200, 38400, 57600, 115200, 230400, 460800 or 921600"},
		{path: "camera.ucam.model", text: "The camera's model. \"ov528\" is a board with that chip, such as the Grove Serial Camera Kit.", allowed: `"ucam2", "ucam3" or "ov528"`},
		{path: "camera.ucam.resolution", text: "The size of the picture in pixels.", allowed: `"640x480", "320x240" or "160x128"`},
		{path: "camera.ucam.package", text: "The size in bytes of the packages that a picture comes in, 6 of them the package's own.", allowed: "64 to 512"},
		{path: "camera.ucam.address", text: "The address of a board that has one.", allowed: `0, or with model "ov528" up to 7`},
		{path: "camera.ucam.light_hz", text: "The frequency of the mains, against flicker under lamps.", allowed: "0 (as it is), 50 or 60", zero: "as the camera has it"},
		{path: "camera.ucam.contrast", text: "The contrast, from 0, the least, to 4.", allowed: step},
		{path: "camera.ucam.brightness", text: "The brightness, from 0, the least, to 4.", allowed: step},
		{path: "camera.ucam.exposure", text: "The exposure, from 0, the shortest, to 4.", allowed: step},
		{path: "camera.ucam.settle", text: "How long a camera that has started or slept has to find its exposure.", allowed: "a duration from 0s to 10s"},
		{path: "camera.ucam.reply_timeout", text: "How long the camera may take for each reply.", allowed: "a duration from 50ms to 30s"},
	}
}
