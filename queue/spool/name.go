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
	partExt        = ".part"
	sidecarExt     = ".json"
)

// formatForm is what a picture's format may be, as it becomes an extension.
var formatForm = regexp.MustCompile(`^[a-z0-9]{1,8}$`)

// CheckFormat tells whether a photo of that format can be kept.
func CheckFormat(format string) error {
	if !formatForm.MatchString(format) || "."+format == partExt || "."+format == sidecarExt {
		return fmt.Errorf("photo format %.20q: want 1 to 8 lower-case letters or digits, not part or json", format)
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
	Photo               // a photo under its final name
	Part                // a photo that was being written
	Sidecar             // the metadata of the photo called Entry.Photo
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
	base, sidecar := strings.CutSuffix(name, sidecarExt)
	dot := strings.LastIndexByte(base, '.')
	if dot <= sequenceDigits || base[sequenceDigits] != '-' {
		return foreign
	}
	seq, err := strconv.ParseUint(base[:sequenceDigits], 10, 64)
	if err != nil {
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
