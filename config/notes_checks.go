package config

// checksNotes explains the checks of pictures.
func checksNotes() []note {
	return []note{
		{path: "checks", text: "How each picture is looked at on its way from the camera to the card. What is found goes with the photo; no photo is dropped for it."},
		{path: "checks.enabled", text: "Whether pictures are looked at.", allowed: truth},
		{path: "checks.decode_megapixels", text: "The largest picture whose brightness is looked at, in megapixels (10^6 pixels). A board at 1 GHz takes a second or two for 24.",
			allowed: "0 (none) to 1000"},
		{path: "checks.small_percent", text: "How large a file must be, in percent of the median of the last ones, not to be called small.", allowed: "0 (none) to 90"},
		{path: "checks.black_level", text: "The luminance, of 255, below which a part of a picture is black.", allowed: "1 to 100"},
		{path: "checks.white_level", text: "The luminance, of 255, above which a part of a picture is white.", allowed: "155 to 254"},
		{path: "checks.share_percent", text: "How much of a picture must be black, or white, for it to be called so. A black one is no fault while the sun is down at [site].",
			allowed: "50 to 100"},
		{path: "checks.clock_off", text: "By how much the camera's own clock may be off, as its pictures tell, before that is reported.", allowed: "0s (any) or 2s to 24h"},
		{path: "checks.retry", text: "Whether a bad picture is taken once more, where there is time before the next slot; the better one is kept. One that is not whole is tried capture.attempts times.",
			allowed: truth},
		{path: "checks.alarm_after", text: "How many bad photos in a row are reported as photo-bad.", allowed: "0 (never) to 1000"},
	}
}
