package photo

import "slices"

// The kinds of files that a camera makes, as settings name them.
const (
	KindJPEG = "jpeg" // what a browser shows
	KindRAW  = "raw"  // what only the camera's maker has a name for
	KindBoth = "both" // as a setting: either
)

// Kinds lists what a setting for kinds of files can be.
func Kinds() []string { return []string{KindBoth, KindJPEG, KindRAW} }

// Kind is the kind of a file by its format, the file name extension: KindJPEG for
// jpg and jpeg, KindRAW for all else (cr2, nef, arw, dng …: each maker has its
// own).
func Kind(format string) string {
	if format == "jpg" || format == "jpeg" {
		return KindJPEG
	}
	return KindRAW
}

// IsKind tells whether a file of that format is of a kind that the setting names.
func IsKind(setting, format string) bool {
	return slices.Contains([]string{KindBoth, Kind(format)}, setting)
}
