package config

// shutterNotes explains a camera in Low Power Mode.
func shutterNotes() []note {
	const (
		maker = "0 (the maker's) or a duration up to 5s"
		own   = "the maker's"
	)
	return []note{
		{path: "camera.shutter", text: "A camera in Low Power Mode: only its remote socket is used between upload sessions."},
		{path: "camera.shutter.line", text: "The line of the full press. Required for this kind of camera.",
			allowed: `the line of the full press, such as "GPIO17"`, zero: "none"},
		{path: "camera.shutter.half_line", text: "The line of the half press.", allowed: "another line than line, or nothing", zero: "none, which few cameras accept"},
		{path: "camera.shutter.active_low", text: "Whether both lines are electrically low while they press.", allowed: truth},
		{path: "camera.shutter.maker", text: "Whose timing holds.", allowed: "one of generic, canon, nikon, panasonic, sony"},
		{path: "camera.shutter.wake_after", text: "After how long without a press the camera sleeps.", allowed: "0 (the maker's) or a duration up to 1h", zero: own},
		{path: "camera.shutter.wake", text: "How long the press lasts that wakes it.", allowed: maker, zero: own},
		{path: "camera.shutter.wake_pause", text: "How long it takes then until it can be fired.", allowed: maker, zero: own},
		{path: "camera.shutter.half", text: "How long the half press lasts before the full one.", allowed: maker, zero: own},
		{path: "camera.shutter.press", text: "How long the full press lasts.", allowed: maker, zero: own},
		{path: "camera.shutter.gap", text: "The least time between two presses.", allowed: maker, zero: own},
		{path: "camera.shutter.bulb", text: "How long the full press is held as the exposure of a camera that is set to bulb (B).", allowed: "0s (none) or a duration up to 30m", zero: "the camera times its exposure itself"},
		{path: "camera.shutter.bulb_end_press", text: "Whether a half press follows a bulb exposure: some bodies end it only then.", allowed: truth},
		{path: "camera.shutter.confirm", text: "The contact that tells of exposures, on the hot shoe or the PC socket. With one a shot that the camera does not take is noticed and tried again."},
		{path: "camera.shutter.confirm.line", text: "The input line of the contact.", allowed: "another line than line and half_line, or nothing", zero: "none: a shot counts as taken where the lines could be pressed"},
		{path: "camera.shutter.confirm.active_high", text: "Whether the line is high while the contact is closed. Most pull it low.", allowed: truth},
		{path: "camera.shutter.confirm.within", text: "How long after the full press the exposure may begin.", allowed: "a duration from 10ms to 30s"},
		{path: "camera.shutter.fetch", text: "How pictures come from the camera: from its card, which the system mounts at path, or by gphoto2 as [camera.gphoto] says, whose delete_fetched and files hold then.", allowed: `"card" or "gphoto"`},
		{path: "camera.shutter.path", text: "Where the camera's card is mounted: the directory that has DCIM. Required where fetch is \"card\".",
			allowed: `the directory on which the camera's card is mounted, such as "/media/camera"`, zero: "none"},
		{path: "camera.shutter.files", text: "The kinds of files that are fetched.", allowed: `"both", "jpeg" or "raw"`},
		{path: "camera.shutter.delete_fetched", text: "Whether files are deleted from the camera's card once the queue has them. Else a person empties it.", allowed: truth},
		{path: "camera.shutter.limits", text: "What the camera can do: a schedule that asks for more is refused, because it would lose photos."},
		{path: "camera.shutter.limits.shortest", text: "The least interval at which the camera can be fired.", allowed: "a duration from 5s to 1h"},
		{path: "camera.shutter.limits.buffer", text: "How many shots the camera takes in before it has to write one.", allowed: "0 (unknown) to 10000", zero: "not known, and not checked"},
		{path: "camera.shutter.limits.write_time", text: "How long it writes one shot to its card.", allowed: "0s (unknown) or a duration up to 1h", zero: "not known, and not checked"},
		{path: "camera.shutter.limits.card_mb", text: "The room on its card, in megabytes (10^6 bytes).", allowed: "0 (unknown) to 10000000", zero: "not known, and not checked"},
		{path: "camera.shutter.limits.shot_kb", text: "The size of one shot, all its files together, in kilobytes (10^3 bytes).", allowed: "0 (unknown) to 10000000", zero: "not known, and not checked"},
		{path: "camera.shutter.limits.transfer_kbs", text: "How fast pictures are fetched, in kilobytes (10^3 bytes) a second.", allowed: "0 (unknown) to 100000000", zero: "not known, and not checked"},
		{path: "camera.shutter.limits.list_time", text: "How long gphoto2 takes to list the largest folder of the card, where it fetches the pictures: about 20 ms for each file. A shot in between ends that, and so the plan must leave such a pause at each upload session.", allowed: "a duration up to 30m", zero: "not known, and not checked"},
	}
}
