package boltfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The layout of a page (bbolt's internal/common/page.go): a header of uint64
// page number, uint16 flags, uint16 count, uint32 overflow (how many pages
// follow that belong to this one), then count elements, then their keys and
// values, one after the other (internal/common/inode.go, WriteInodeToPage).
const (
	headerBytes        = 16
	flagBranch         = 0x01
	flagLeaf           = 0x02
	flagFreelist       = 0x10
	branchElementBytes = 16 // uint32 position, uint32 key size, uint64 page
	leafElementBytes   = 16 // uint32 flags, position, key size, value size
	flagBucket         = 0x01
)

// The layout of a bucket's value (internal/common/bucket.go, InBucket): uint64
// root page, uint64 sequence. Where the root is 0, a leaf page follows inline.
const bucketBytes = 16

// page is a page's bytes, with its overflow. Nothing in it is trusted.
type page []byte

// The fields of the header, which every page has.
func (p page) number() uint64   { return binary.LittleEndian.Uint64(p) }
func (p page) flags() uint16    { return binary.LittleEndian.Uint16(p[8:]) }
func (p page) count() int       { return int(binary.LittleEndian.Uint16(p[10:])) }
func (p page) overflow() uint32 { return binary.LittleEndian.Uint32(p[12:]) }

// element is one key of a branch or leaf page.
type element struct {
	key, value []byte // value: of leaves only
	bucket     bool   // the value is a bucket
	child      uint64 // of branches only
	begin      int    // where the key begins in the page
	end        int    // where the value, or the branch's key, ends
}

var errOutside = errors.New("reaches outside its page")

// element reads the i-th element. Its error says that its bytes are not all in
// the page, behind the elements.
func (p page) element(i int) (element, error) {
	at := headerBytes + i*leafElementBytes // branch elements have the same size
	data := headerBytes + p.count()*leafElementBytes
	if data > len(p) || at+leafElementBytes > len(p) {
		return element{}, errOutside
	}
	var e element
	var position, keySize, valueSize uint32
	if p.flags() == flagBranch {
		position = binary.LittleEndian.Uint32(p[at:])
		keySize = binary.LittleEndian.Uint32(p[at+4:])
		e.child = binary.LittleEndian.Uint64(p[at+8:])
	} else {
		flags := binary.LittleEndian.Uint32(p[at:])
		if flags&^flagBucket != 0 {
			return element{}, fmt.Errorf("has flags %#x", flags)
		}
		e.bucket = flags == flagBucket
		position = binary.LittleEndian.Uint32(p[at+4:])
		keySize = binary.LittleEndian.Uint32(p[at+8:])
		valueSize = binary.LittleEndian.Uint32(p[at+12:])
	}
	begin := uint64(at) + uint64(position)
	middle := begin + uint64(keySize)
	end := middle + uint64(valueSize)
	if begin < uint64(data) || end > uint64(len(p)) {
		return element{}, errOutside
	}
	if keySize == 0 {
		return element{}, errors.New("has no key") // bbolt asserts on it (ReadInodeFromPage)
	}
	e.begin, e.end = int(begin), int(end)
	e.key, e.value = p[begin:middle:middle], p[middle:end:end]
	return e, nil
}

// check tells whether the page, a branch or leaf, is as bbolt writes it: its
// elements' bytes one after the other, which is how WriteInodeToPage lays them,
// its keys ascending, from low (where not nil, exactly: a branch's key is the
// first key of its child, by which bbolt finds the child's place when that
// changes: node.go, spill) to less than high (where not nil). end is where its
// last byte is.
func (p page) check(low, high []byte) (end int, err error) {
	end = headerBytes + p.count()*leafElementBytes
	var last []byte
	for i := range p.count() {
		e, err := p.element(i)
		switch {
		case err != nil:
			return 0, fmt.Errorf("element %d %w", i, err)
		case e.begin != end:
			return 0, fmt.Errorf("element %d is at byte %d, not %d", i, e.begin, end)
		case i == 0 && low != nil && !bytes.Equal(e.key, low):
			return 0, fmt.Errorf("its first key %x is not its parent's %x", short(e.key), short(low))
		case i > 0 && bytes.Compare(e.key, last) <= 0:
			return 0, fmt.Errorf("key %d, %x, does not follow %x", i, short(e.key), short(last))
		}
		last, end = e.key, e.end
	}
	if last != nil && high != nil && bytes.Compare(last, high) >= 0 {
		return 0, fmt.Errorf("its last key %x is not before %x", short(last), short(high))
	}
	if end > len(p) {
		return 0, fmt.Errorf("%d elements %w", p.count(), errOutside)
	}
	return end, nil
}

// bucketRoot reads a bucket's value: its root page; or, where that is 0, the
// leaf page inside the value.
func bucketRoot(value []byte) (root uint64, inline page, err error) {
	if len(value) < bucketBytes {
		return 0, nil, fmt.Errorf("of %d bytes", len(value))
	}
	if root = binary.LittleEndian.Uint64(value); root != 0 {
		if len(value) != bucketBytes {
			return 0, nil, fmt.Errorf("of %d bytes", len(value))
		}
		return root, nil, nil
	}
	inline = page(value[bucketBytes:])
	if len(inline) < headerBytes {
		return 0, nil, fmt.Errorf("of %d bytes, and inline", len(value))
	}
	return 0, inline, nil
}

// checkInline tells whether an inline page is as bbolt writes it (bucket.go,
// write and inlineable): a leaf without a number, without buckets in it.
func checkInline(p page) error {
	if p.number() != 0 || p.flags() != flagLeaf || p.overflow() != 0 {
		return errors.New("is not a leaf page")
	}
	end, err := p.check(nil, nil)
	if err != nil {
		return err
	}
	if end != len(p) {
		return fmt.Errorf("ends at byte %d of %d", end, len(p))
	}
	for i := range p.count() {
		if e, err := p.element(i); err != nil || e.bucket {
			return errors.New("has a bucket in it")
		}
	}
	return nil
}

// short cuts a key for an error's text.
func short(key []byte) []byte {
	const keyBytes = 24
	return key[:min(len(key), keyBytes)]
}
