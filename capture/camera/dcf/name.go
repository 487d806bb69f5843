package dcf

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

// RAWFormats lists the makers' own formats, as file name extensions: Canon, Nikon,
// Sony, Fujifilm, OM System, Panasonic, Pentax, Hasselblad, Phase One, Leica and
// Adobe.
func RAWFormats() []string {
	return []string{"cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "raf", "orf", "rw2", "raw", "pef", "3fr", "iiq", "rwl", "dng"}
}

// Name is the name of a picture's file, taken apart.
type Name struct {
	Folder, File string // "100CANON", "IMG_0042.JPG"
	Base         string // "IMG_0042"
	Format       string // the extension in lower case, "jpg" for "jpeg" too
}

// Parse takes a file's name apart; false where it is no picture's.
func Parse(folder, name string) (Name, bool) {
	m := fileForm.FindStringSubmatch(name)
	if m == nil || !IsFolder(folder) {
		return Name{}, false
	}
	f := Name{Folder: folder, File: name, Base: m[1], Format: strings.ToLower(m[2])}
	if f.Format == "jpeg" {
		f.Format = "jpg"
	}
	return f, f.IsJPEG() || slices.Contains(RAWFormats(), f.Format)
}

// Path is below the card's root.
func (f Name) Path() string { return "DCIM/" + f.Folder + "/" + f.File }

// Shot is what the files of one exposure have in common.
func (f Name) Shot() string { return f.Folder + "/" + f.Base }

// Number is the place in the order of exposure: a camera counts its files up to
// 9999, and its folders when it begins anew.
func (f Name) Number() int {
	folder, _ := strconv.Atoi(f.Folder[:3])
	file, _ := strconv.Atoi(f.Base[4:])
	const files = 10_000
	return folder*files + file
}

// IsJPEG tells whether it is one.
func (f Name) IsJPEG() bool { return photo.Kind(f.Format) == photo.KindJPEG }

// JPEGFirst compares files of one exposure: its JPEG comes before what is none.
func JPEGFirst(a, b Name) int {
	switch {
	case a.IsJPEG() == b.IsJPEG():
		return 0
	case a.IsJPEG():
		return -1
	}
	return 1
}

// IsFolder tells whether DCIM's pictures can be in a folder of that name.
func IsFolder(name string) bool { return folderForm.MatchString(name) }
