package shutter

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fieldcam/capture/photo"
)

// The names of DCF (JEITA CP-3461, 3.1 and 3.2): folders of three digits and five
// characters in DCIM, files of four characters and four digits.
var (
	folderForm = regexp.MustCompile(`^[0-9]{3}[A-Za-z0-9_]{5}$`)
	fileForm   = regexp.MustCompile(`^([A-Za-z0-9_]{4}[0-9]{4})\.([A-Za-z0-9]{3,4})$`)
)

// rawFormats lists the makers' own formats, as file name extensions: Canon, Nikon,
// Sony, Fujifilm, OM System, Panasonic, Pentax, Hasselblad, Phase One, Leica and
// Adobe.
func rawFormats() []string {
	return []string{"cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "raf", "orf", "rw2", "raw", "pef", "3fr", "iiq", "rwl", "dng"}
}

// fileName is the name of a picture's file, taken apart.
type fileName struct {
	folder, name string // "100CANON", "IMG_0042.JPG"
	base         string // "IMG_0042"
	format       string // "jpg"
}

// parseName takes a file's name apart; false where it is no picture's.
func parseName(folder, name string) (fileName, bool) {
	m := fileForm.FindStringSubmatch(name)
	if m == nil || !folderForm.MatchString(folder) {
		return fileName{}, false
	}
	f := fileName{folder: folder, name: name, base: m[1], format: strings.ToLower(m[2])}
	if f.format == "jpeg" {
		f.format = "jpg"
	}
	return f, f.format == "jpg" || slices.Contains(rawFormats(), f.format)
}

// path is below the card's root.
func (f fileName) path() string { return "DCIM/" + f.folder + "/" + f.name }

// shot is what the files of one exposure have in common.
func (f fileName) shot() string { return f.folder + "/" + f.base }

// number is the place in the order of exposure: a camera counts its files up to
// 9999, and its folders when it begins anew.
func (f fileName) number() int {
	folder, _ := strconv.Atoi(f.folder[:3])
	file, _ := strconv.Atoi(f.base[4:])
	const files = 10_000
	return folder*files + file
}

// isJPEG tells whether it is one.
func (f fileName) isJPEG() bool { return photo.Kind(f.format) == photo.KindJPEG }
