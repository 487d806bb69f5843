package ptpsim

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// storage is the one card's ID: the first volume of the first store (ISO 15740,
	// 5.5.3).
	storage = 0x00010001
	// The handles of the folders; files come after them.
	handleDCIM   = 1
	handleFolder = 2
	firstFile    = 3
	// allObjects and rootObjects are the parents of GetObjectHandles that name no
	// folder.
	allObjects  = 0
	rootObjects = 0xffffffff
	// lastNumber is a file's last number (DCF, JEITA CP-3461).
	lastNumber = 9999
	// The formats of objects (ISO 15740, 5.5.4).
	formatUndefined = 0x3000
	formatFolder    = 0x3001
	formatEXIF      = 0x3801
	formatJFIF      = 0x3808
	// timeForm is a time in PTP (ISO 15740, 5.3.5.2), without a zone.
	timeForm = "20060102T150405"
)

// object is one folder or file on the card.
type object struct {
	handle, parent uint32
	name           string
	format         uint16
	at             time.Time
	content        *io.SectionReader // nil for a folder
}

func (o *object) size() int64 {
	if o.content == nil {
		return 0
	}
	return o.content.Size()
}

// isRAW tells whether it is a RAW file.
func (o *object) isRAW() bool { return strings.HasSuffix(o.name, ".CR2") }

// card is what the camera has stored; the Camera guards it.
type card struct {
	objects map[uint32]*object
	next    uint32 // handle
	number  int    // of the last file
	serial  int    // of the last exposure
}

func newCard(first int) card {
	c := card{objects: map[uint32]*object{}, next: firstFile, number: max(1, first) - 1}
	c.objects[handleDCIM] = &object{handle: handleDCIM, name: "DCIM", format: formatFolder}
	c.objects[handleFolder] = &object{handle: handleFolder, parent: handleDCIM, name: "100FIELD", format: formatFolder}
	return c
}

// expose puts the files of one exposure on the card, the one that is told first first.
func (c *card) expose(o Options, at time.Time) (added []*object) {
	c.serial++
	if c.number++; c.number > lastNumber {
		c.number = 1
	}
	name := fmt.Sprintf("IMG_%04d", c.number)
	var files []*object
	if !o.RAWOnly {
		b := JPEG(c.serial, o.JPEGBytes)
		files = append(files, &object{name: name + ".JPG", format: formatEXIF, content: io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))})
	}
	if o.RAW || o.RAWOnly {
		files = append(files, &object{name: name + ".CR2", format: formatUndefined, content: RAW(c.serial, o.RAWBytes)})
	}
	if o.RAWFirst {
		slices.Reverse(files)
	}
	for _, f := range files {
		f.handle, f.parent, f.at = c.next, handleFolder, at
		c.next++
		c.objects[f.handle] = f
	}
	return files
}

// children are the handles below a parent, in their order.
func (c *card) children(parent uint32) []uint32 {
	var all []uint32
	for h, o := range c.objects {
		root := parent == rootObjects && o.parent == 0
		if parent == allObjects || root || o.parent == parent {
			all = append(all, h)
		}
	}
	slices.Sort(all)
	return all
}

// used is the card's room that is taken, in bytes.
func (c *card) used() (n int64) {
	for _, o := range c.objects {
		n += o.size()
	}
	return n
}

// files are all files in the order of their handles.
func (c *card) files() []*object {
	all := slices.SortedFunc(maps.Values(c.objects), func(a, b *object) int { return cmp.Compare(a.handle, b.handle) })
	return slices.DeleteFunc(all, func(o *object) bool { return o.content == nil })
}
