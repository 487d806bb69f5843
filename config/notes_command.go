package config

// commandNotes explains a camera that a program drives.
func commandNotes() []note {
	return []note{
		{path: "camera.command", text: "A camera behind a program that takes one picture and ends. Each photo is a run of its own."},
		{path: "camera.command.argv", text: "The program and its arguments; no shell reads them. \"{output}\" in an argument is the path of the file that the program is to write; without it the picture is taken from standard output.",
			allowed: `a program and its arguments, such as ["rpicam-still", "-n", "-o", "-"]: the program a name or an absolute path, no password in an address`},
		{path: "camera.command.timeout", text: "How long the program may take. Then it gets SIGINT, SIGTERM and SIGKILL; the next slot ends it too.",
			allowed: "a duration from 1s to 30m"},
		{path: "camera.command.max_mb", text: "The size of the largest picture, in megabytes (10^6 bytes). A program that writes more is ended.",
			allowed: "1 to 10000"},
	}
}
