package config

import (
	"regexp"
	"slices"

	"fieldcam/hal/model"
)

// note explains one key to a technician. It is the one source of the comments
// in the file and of docs/config.md.
type note struct {
	path string
	text string
	// allowed is what may stand there, as the key's Validate says it; for a
	// table empty.
	allowed string
	// zero says what the default means, where it is empty or 0 and means
	// something of its own.
	zero string
	// example, of a key that has no default in the rows of a table, is a value as
	// it may stand in the file.
	example string
	// sample, of a key in the rows of a table, is a value that shows more than the
	// default does.
	sample string
}

// truth is what may stand at a key that is true or false.
const truth = "true or false"

// allowedAt says what may stand at path, which may hold indexes.
func allowedAt(path string) string {
	path = indexForm.ReplaceAllString(path, "")
	for _, n := range notes() {
		if n.path == path {
			return n.allowed
		}
	}
	return "another value"
}

// indexForm is the index in a path: "session[2].every" is a key of "session".
var indexForm = regexp.MustCompile(`\[[0-9]+\]`)

// notes explains every key of Config, in any order. TestEveryKeyIsExplained
// holds it against the struct, TestNotesSayWhatValidateSays against Validate.
func notes() []note {
	return slices.Concat([]note{
		{path: "device", text: "This controller's name in photos and in the cloud. Required; no two controllers of a fleet may share one.",
			allowed: "1 to 63 letters, digits, '-' or '_', the first a letter or digit"},
		{path: "model", text: "The controller's model. It chooses the defaults of the camera, the battery, the ports and the uploads: see docs/hardware.md.", allowed: `"pro", "mini", "mach2" or "tempo"`},
		{path: "time_zone", text: "The site's time zone, in which the sessions' times are meant. File names and reports stay in UTC.",
			allowed: `an IANA time zone, such as "Europe/Berlin"`},

		{path: "site", text: "Where the camera stands: for sessions that go by the sun, for telling a black picture from a dark night, and for the photos' metadata."},
		{path: "site.latitude", text: "Degrees north of the equator, with a decimal point; south of it negative.", allowed: "degrees north, -90 to 90", zero: "not known"},
		{path: "site.longitude", text: "Degrees east of Greenwich; west of it negative.", allowed: "degrees east, -180 to 180", zero: "not known"},

		{path: "log", text: "What the daemon writes to the journal."},
		{path: "log.level", text: "The least severity that is logged.", allowed: `"debug", "info", "warn" or "error"`},

		{path: "camera", text: "Which camera there is."},
		{path: "hal", text: "Where this board's lines are. See docs/hardware.md."},
		{path: "hal.line", text: "A line that is not where the model's table has it."},
		{path: "hal.line.use", text: "What the line is for. Wherever a key names a line, this name may stand. Required, each once.",
			allowed: model.Choice(), example: `"heater"`},
		{path: "hal.line.line", text: "The line's name in the kernel, a chip's label with an offset, or the path of a file that takes 1 and 0. Required.",
			allowed: "the line's name in the kernel, a chip's label with an offset, or a path", example: `"pinctrl-bcm2711:17"`},
		{path: "hal.line.active_low", text: "Whether the line is electrically low while it is on.", allowed: truth},

		{path: "camera.kind", text: kindText(), allowed: choice(kindNames())},
		{path: "camera.photo_kb", text: "The expected size of one photo, with all its files, in kilobytes (10^3 bytes), against which the schedule is checked until photos have been taken.",
			allowed: "0 (not known) to 1000000", zero: "not known"},
		{path: "camera.power", text: "The line that switches the camera's power."},
		{path: "camera.power.line", text: "The GPIO line's name in the kernel, a chip's label with an offset, or the path of a file that takes 1 and 0.",
			allowed: `such as "GPIO17", "pinctrl-bcm2711:17" or "/sys/class/leds/camera/brightness"`,
			zero:    "the camera has power always and cannot be switched"},
		{path: "camera.power.active_low", text: "Whether the line is electrically low while the camera has power.", allowed: truth},
		{path: "camera.power.warm_up", text: "The time from power on until the camera answers.", allowed: "a duration from 0s to 2m"},
		{path: "camera.power.off_time", text: "How long a power cycle leaves the camera without power, so that its capacitors empty.",
			allowed: "a duration from 0s to 2m"},
		{path: "camera.power.keep_on", text: "Whether the camera stays on between photos: faster, but it draws 80 to 100 mA. Under systemd it stays on while the daemon starts anew, too. It has no effect on a camera of the kind \"shutter\", which stays on from its first shot on.", allowed: truth},
		{path: "camera.vc0706", text: "A serial JPEG camera of the VC0706 family."},
		{path: "camera.vc0706.port", text: "The serial port that the camera is on.", allowed: `the path of a serial port, such as "/dev/ttyS1"`},
		{path: "camera.vc0706.baud", text: "The transfer rate in bits per second. The camera is found at any of these rates and then switched to this one.",
			allowed: `9600, 19200, 38400, 57600 or 115200; with sensor "hd" also 230400, 460800 or 921600`},
		{path: "camera.vc0706.sensor", text: "The family of the sensor. \"vga\" is the classic camera's; \"hd\" a larger one of the same protocol (Spinel); \"2mp\" that of LS-Y201-2MP boards.",
			allowed: `"vga", "hd" or "2mp"`},
		{path: "camera.vc0706.resolution", text: "The size of the picture in pixels. vga has 640x480, 320x240 and 160x120; hd also 1024x768, 1280x720, 1280x960, 1920x1080 and 2304x1296; 2mp 800x600, 1024x768, 1280x960 and 1600x1200.",
			allowed: `a resolution of the sensor, such as "640x480"`},
		{path: "camera.vc0706.compression", text: "The JPEG ratio. A larger one makes a smaller file.",
			allowed: "0 (the camera's own) or 1 to 255", zero: "the camera's own, 36"},
		{path: "camera.vc0706.number", text: "The camera's device number on the line.", allowed: "0 to 255"},
		{path: "camera.vc0706.chunk", text: "How many bytes of a picture are asked for at once. Cameras that lose bytes in long answers want less.", allowed: "a multiple of 8 from 32 to 32768"},
		{path: "camera.vc0706.read_delay", text: "The camera's pause before each part of a picture, in steps of 10µs; 0s is none.", allowed: "a duration from 0s to 655ms"},
		{path: "camera.vc0706.reply_timeout", text: "How long the camera may take for each reply.", allowed: "a duration from 50ms to 30s"},

		{path: "capture", text: "How a photo that is due is taken."},
		{path: "capture.attempts", text: "How often a photo is tried before its slot has failed.", allowed: "1 to 20"},
		{path: "capture.timeout", text: "How long all attempts at one photo may take together. The next slot ends them too.",
			allowed: "a duration from 1s to 1h"},
		{path: "capture.late", text: "How long after its instant a photo is still worth taking, after a restart or a step of the clock.",
			allowed: "a duration from 0s to 1h"},

		{path: "queue", text: "How the photos share the card. What the cloud does not have yet is deleted only where the second copy has it, or when_full says so."},
		{path: "queue.keep_free_mb", text: "The free space, in megabytes (10^6 bytes), below which photos that the cloud has confirmed are deleted, oldest first.",
			allowed: "at least stop_free_mb, at most 1000000"},
		{path: "queue.stop_free_mb", text: "The free space, in megabytes (10^6 bytes), below which no photo is begun. The database keeps this reserve.",
			allowed: "16 to 1000000 (the database needs room to delete)"},

		{path: "queue.when_full", text: "What happens where the card is full and nothing may be deleted: take no photo, or delete waiting photos, the oldest first, but every thin_keep-th.",
			allowed: `"stop" or "thin"`},
		{path: "queue.thin_keep", text: "Which of the waiting photos when_full = \"thin\" keeps: every so many-th.",
			allowed: "2 to 100: every so many-th photo stays"},
		{path: "queue.upload", text: "The kinds of files that go to the cloud. What doesn't stays on the card until the second copy has it. A photo that waits already goes on waiting.",
			allowed: `"both", "jpeg" or "raw"`},

		{path: "copy", text: "A second copy of the photos, on an SSD or another card. It may be plugged in and pulled out at any time."},
		{path: "copy.mount", text: "The mount point of the disk. The systemd unit lets the daemon write below /mnt and /media.", allowed: "an absolute path of a mount point, not /", zero: "no second copy"},
		{path: "copy.kinds", text: "The kinds of files that go there.", allowed: `"both", "jpeg" or "raw"`},
		{path: "copy.keep_free_percent", text: "The part of the disk, in percent, that stays free. Below it the oldest copies are deleted whose photos the cloud has.",
			allowed: "0 to 50"},
		{path: "copy.adopt", text: "Whether a disk may be used that has other files on it, or that another controller has filled. Those are left alone.", allowed: truth},

		{path: "retry", text: "When uploads that did not succeed are tried again. The wait doubles up to its maximum, and is drawn at random below that, so that a fleet does not return all at once. No photo is ever given up."},
		{path: "retry.retry_min", text: "The shortest range of the wait after the cloud could not be reached.", allowed: "a duration from 100ms to 24h"},
		{path: "retry.retry_max", text: "The longest range of that wait. After ten minutes of silence there is one try in each maintenance.spread, or retry_max where that is longer.", allowed: "a duration from retry_min to 24h"},
		{path: "retry.photo_retry_min", text: "The shortest wait of a photo that failed for a reason of its own.", allowed: "a duration from 100ms to 24h"},
		{path: "retry.photo_retry_max", text: "The longest wait of such a photo.", allowed: "a duration from photo_retry_min to 24h"},
		{path: "retry.thumbnail_below_kbps", text: "The speed of the last uploads, in kilobits (10^3 bits) per second, below which the thumbnails of the newest photos go ahead of them.",
			allowed: "0 (never) to 1000000"},

		{path: "upload", text: "Where the photos go."},
		{path: "upload.url", text: "The address of the tus 1.0 endpoint. Plain http only to this machine.",
			allowed: `"https://HOST[:PORT]/PATH", without user or password`, zero: "photos stay on the card"},
		{path: "upload.idle_timeout", text: "How long an upload may make no progress before it ends; it goes on from there later.",
			allowed: "a duration from 1s to 1h"},

		{path: "identity", text: "Who this controller is to its cloud. All of it is optional."},
		{path: "identity.ca_file", text: "A PEM file with the only authorities to trust.", allowed: "a path", zero: "those of the system"},
		{path: "identity.cert_file", text: "A PEM file with the client certificate. Needs key_file.", allowed: "a path", zero: "none"},
		{path: "identity.key_file", text: "A PEM file with the certificate's private key. Needs cert_file.", allowed: "a path", zero: "none"},
		{path: "identity.username", text: "The user name for the broker and the upload endpoint.", allowed: "a text", zero: "the device's name, if there is a password"},
		{path: "identity.password", text: "The password for both. It is shown nowhere.", allowed: "a text", zero: "none"},
		{path: "identity.password_file", text: "A file with the password on its first line, in place of password.", allowed: "a path", zero: "none"},
		{path: "identity.classic_key_share", text: "Whether new connections offer X25519 alone, without the post-quantum key share: about 2.6 KB less for each, and no protection against somebody who records the traffic now to decrypt it in decades.",
			allowed: truth},

		{path: "mqtt", text: "The control link, for heartbeats, status and conditions."},
		{path: "mqtt.url", text: "The address of the MQTT 3.1.1 broker. Plain tcp only to this machine.", allowed: `"tls://HOST:PORT"`, zero: "no control link"},
		{path: "mqtt.keep_alive", text: "The interval of pings on a silent connection.", allowed: "a duration from 5s to 1h"},
		{path: "mqtt.reconnect_min", text: "The shortest range of the wait between attempts to connect; it grows as that in [retry].", allowed: "a duration from 100ms to 1h"},
		{path: "mqtt.reconnect_max", text: "The longest range of that wait.", allowed: "a duration from reconnect_min to 1h"},

		{path: "link", text: "What the site's link gives. The schedule is checked against it (fieldcam schedule check)."},
		{path: "link.budget_mb", text: "The data plan of a calendar month in UTC, in megabytes (10^6 bytes), both ways. Upload sessions begin no photo that is larger than what is left of it.", allowed: "0 (not known) to 1000000", zero: "no budget"},
		{path: "link.speed_kbps", text: "The expected upload speed, in kilobits a second. What was measured goes before it.",
			allowed: "0 (not known) to 1000000", zero: "not known"},

		{path: "heartbeat", text: "How often the device is heard of."},
		{path: "heartbeat.every", text: "The interval of heartbeats. The hub calls a system unavailable after three missed in a row.",
			allowed: "a duration from 1s to 24h"},
		{path: "heartbeat.status_every", text: "The longest time between two status messages, of about 600 bytes each; check-ins and changed conditions send one sooner.",
			allowed: "a duration from 5s to 24h"},
	},
		ucamNotes(), shutterNotes(), gphotoNotes(), commandNotes(), checksNotes(), viscaNotes(), httpNotes(),
		scheduleNotes(), maintenanceNotes(),
		modemNotes(), powerNotes(),
	)
}
