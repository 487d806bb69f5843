package config

// gphotoNotes explains a camera that gphoto2 drives.
func gphotoNotes() []note {
	return []note{
		{path: "camera.gphoto", text: "A DSLR or mirrorless camera that gphoto2 drives, over USB or its network. RAW beside JPEG makes two photos of one shot."},
		{path: "camera.gphoto.program", text: "The program.", allowed: `a program's name or absolute path, such as "gphoto2"`},
		{path: "camera.gphoto.port", text: "Where the camera is, as gphoto2 calls it.", allowed: `nothing, or a port such as "usb:001,004" or "ptpip:192.168.1.2"`,
			zero: "the first one on USB, looked for anew whenever it may have moved"},
		{path: "camera.gphoto.model", text: "A part of the model's name, as gphoto2 --auto-detect shows it, where there are several cameras.",
			allowed: `nothing, or a part of the model's name, such as "EOS 2000D"`, zero: "any"},
		{path: "camera.gphoto.set", text: "Settings that are made before each shot, each as \"name=value\"; gphoto2 --list-config and --get-config show them. Where the camera does not take them it shoots without.",
			allowed: `at most 50 settings, such as ["iso=100", "imageformat=Large Fine JPEG"]`, zero: "those of the camera"},
		{path: "camera.gphoto.files", text: "The kinds of files that become photos.", allowed: `"both", "jpeg" or "raw"`},
		{path: "camera.gphoto.delete_fetched", text: "Whether files are deleted from the camera's card once the queue has them, or a better picture of their slot. Just before that the camera is asked whether they are still the same files. Else a person empties it.", allowed: truth},
		{path: "camera.gphoto.set_clock", text: "Whether the camera's clock is set to the site's time where it is off by more than two seconds. Only a board whose own clock is synced does that. In Low Power Mode one that is ahead by more than five seconds is set in a fetch, where no shot is due for more than a minute.", allowed: truth},
		{path: "camera.gphoto.shot_time", text: "How long one shot may take, with the transfer of its files. The next slot ends it too.", allowed: "a duration from 2s to 30m"},
	}
}
