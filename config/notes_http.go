package config

// httpNotes explains an IP camera.
func httpNotes() []note {
	const address = `"http://HOST[:PORT]/PATH" or https, without user and password`
	return []note{
		{path: "camera.http", text: "An IP camera. It needs url or onvif."},
		{path: "camera.http.url", text: "The address of a snapshot.", allowed: address, zero: "asked of onvif"},
		{path: "camera.http.onvif", text: "The address of ONVIF's device service, usually http://HOST/onvif/device_service, in place of url. The camera is then asked where its snapshots are, and again after failures.",
			allowed: address, zero: "not used"},
		{path: "camera.http.profile", text: "The ONVIF profile, by its token or its name.", allowed: "a text", zero: "the camera's first, usually the largest"},
		{path: "camera.http.username", text: "The user name. Digest authentication is used where the camera offers it.", allowed: "a name without a colon", zero: "none"},
		{path: "camera.http.password", text: "The password. It is shown nowhere.", allowed: "a text", zero: "none"},
		{path: "camera.http.password_file", text: "A file with the password on its first line, in place of password.", allowed: "either password or password_file, not both", zero: "none"},
		{path: "camera.http.basic", text: "Whether the password may be sent in the clear, to a camera that offers nothing but Basic authentication without https.", allowed: truth},
		{path: "camera.http.ca_file", text: "A PEM file with the only authorities to trust for https.", allowed: "a path", zero: "those of the system"},
		{path: "camera.http.fingerprint", text: "The SHA-256 fingerprint of the camera's own certificate, as openssl x509 -fingerprint -sha256 shows it. This certificate is then accepted, and no other.",
			allowed: "64 hexadecimal digits, the SHA-256 of the certificate", zero: "https is verified as usual"},
		{path: "camera.http.timeout", text: "How long one picture may take: finding the camera, asking it, the transfer, and after power on its start.",
			allowed: "a duration from 1s to 10m"},
		{path: "camera.http.max_mb", text: "The size of the largest picture, in megabytes (10^6 bytes).", allowed: "1 to 1000"},
	}
}
