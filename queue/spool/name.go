package spool

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"fieldcam/capture/photo"
)

const (
	sequenceDigits = 20 // of the largest uint64
	shardDigits    = sequenceDigits - 3
	// maxSequence: at a photo a millisecond, 285,000 years. What has a higher number
	// is none of ours, and would leave no number for the next.
	maxSequence   = 1 << 53
	partExt       = ".part" // of the first release: a photo that was being written
	sidecarExt    = ".json" // the metadata, where there are no attributes
	urlExt        = ".url"  // where the upload goes on, where there are no attributes
	temporaryExt  = ".new"  // what is being written to replace another file
	defaultFormat = "jpg"
)

// formatForm is what a picture's format may be, as it becomes an extension.
var formatForm = regexp.MustCompile(`^[a-z0-9]{1,8}$`)

// CheckFormat tells whether a photo of that format can be kept.
func CheckFormat(format string) error {
	if ext := "." + format; !formatForm.MatchString(format) || ext == partExt || ext == sidecarExt || ext == urlExt {
		return fmt.Errorf("photo format %.20q: want 1 to 8 lower-case letters or digits, not part, json or url", format)
	}
	return nil
}

// Name is the name of the photo's file.
func Name(m photo.Meta) string { return stem(m.Seq(), m.ID) + "." + m.Format }

func stem(seq uint64, id photo.ID) string {
	return fmt.Sprintf("%0*d-%s", sequenceDigits, seq, id)
}

// Kind is what an entry of the directory is.
type Kind uint8

// The kinds.
const (
	Foreign Kind = iota // not of this package's making
	Photo               // a photo, where it has metadata
	Part                // a photo that the first release was writing
	Sidecar             // belongs to the photo called Entry.Photo
)

// Entry is one entry of the directory.
type Entry struct {
	Name string
	Kind Kind
	Seq  uint64   // of all but Foreign
	ID   photo.ID // of all but Foreign
	// Photo is the name of the photo that a Sidecar belongs to.
	Photo string
}

// parse tells what a regular file of that name is.
func parse(name string) Entry {
	foreign := Entry{Name: name}
	base, sidecar := name, false
	for _, ext := range companions()[1:] {
		if !sidecar {
			base, sidecar = strings.CutSuffix(name, ext)
		}
	}
	dot := strings.LastIndexByte(base, '.')
	if dot <= sequenceDigits || base[sequenceDigits] != '-' {
		return foreign
	}
	seq, err := strconv.ParseUint(base[:sequenceDigits], 10, 64)
	if err != nil || seq == 0 || seq > maxSequence {
		return foreign
	}
	id, err := photo.ParseID(base[sequenceDigits+1 : dot])
	if err != nil || id.Seq() != seq {
		return foreign
	}
	e := Entry{Name: name, Kind: Photo, Seq: seq, ID: id}
	switch {
	case base[dot:] == partExt && !sidecar:
		e.Kind = Part
	case CheckFormat(base[dot+1:]) != nil:
		return foreign
	case sidecar:
		e.Kind, e.Photo = Sidecar, base
	}
	return e
}

// Sequence is the number in the name of a photo, whole or not; 0 where it is
// another file's.
func Sequence(name string) uint64 { return parse(name).Seq }
