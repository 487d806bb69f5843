package emulated

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
)

// The flattened form of a device tree, version 17 (Devicetree Specification 0.4,
// chapter 5): a head, reserved memory, a tree of tokens, and the properties' names.
// All numbers are big-endian; tokens are aligned to four bytes.
const (
	treeMagic   = 0xd00dfeed
	treeHead    = 40 // bytes
	treeVersion = 17

	tokenBegin    = 1
	tokenEnd      = 2
	tokenProperty = 3
	tokenNothing  = 4
	tokenDone     = 9
)

// What names the lines of a GPIO controller (the kernel's
// Documentation/devicetree/bindings/gpio/gpio.txt), and which controller.
const (
	lineNames  = "gpio-line-names"
	controller = "arm,pl061"
)

var errTree = errors.New("no device tree of version 17")

// makeTree writes the device tree of the machine that command starts, with names
// for the lines of its GPIO controller.
func makeTree(ctx context.Context, a arch, path string, names []string) error {
	if len(names) > PinCount {
		return fmt.Errorf("make device tree: %d line names for %d pins", len(names), PinCount)
	}
	dump := a.board(a.machine + ",dumpdtb=" + path)
	dump.Args = append(dump.Args, "-nic", "none")
	if err := ctx.Err(); err != nil {
		return err
	}
	if out, err := dump.CombinedOutput(); err != nil { // it starts no guest, and ends at once
		return fmt.Errorf("make device tree: %w: %s", err, bytes.TrimSpace(out))
	}
	tree, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("make device tree: %w", err)
	}
	if tree, err = nameLines(tree, controller, names); err != nil {
		return fmt.Errorf("make device tree: %w", err)
	}
	if err := os.WriteFile(path, tree, 0o644); err != nil {
		return fmt.Errorf("make device tree: %w", err)
	}
	return nil
}

// nameLines gives the tree in which the one node that is compatible names its GPIO
// lines. It must not name them yet.
func nameLines(tree []byte, compatible string, names []string) ([]byte, error) {
	if len(names) == 0 {
		return tree, nil
	}
	t, err := cutTree(tree)
	if err != nil {
		return nil, err
	}
	at, err := t.find(compatible)
	if err != nil {
		return nil, err
	}
	value := []byte(strings.Join(names, "\x00") + "\x00")
	be := binary.BigEndian
	var property []byte
	property = be.AppendUint32(property, tokenProperty)
	property = be.AppendUint32(property, uint32(len(value)))
	property = be.AppendUint32(property, uint32(len(t.strings)))
	property = append(property, value...)
	property = append(property, make([]byte, -len(value)&3)...)
	t.tokens = bytes.Join([][]byte{t.tokens[:at], property, t.tokens[at:]}, nil)
	t.strings = append(bytes.Clone(t.strings), lineNames+"\x00"...)
	return t.join(), nil
}

// tree is a device tree in its parts.
type tree struct {
	reserved, tokens, strings []byte
	bootCPU                   uint32
}

func cutTree(b []byte) (t tree, err error) {
	be := binary.BigEndian
	if len(b) < treeHead || be.Uint32(b) != treeMagic || be.Uint32(b[20:]) != treeVersion {
		return t, errTree
	}
	part := func(offset, size uint32) []byte {
		if uint64(offset)+uint64(size) > uint64(len(b)) {
			err = fmt.Errorf("%w: it ends early", errTree)
			return nil
		}
		return b[offset : offset+size]
	}
	t.bootCPU = be.Uint32(b[28:])
	t.strings = part(be.Uint32(b[12:]), be.Uint32(b[32:]))
	t.tokens = part(be.Uint32(b[8:]), be.Uint32(b[36:]))
	// Entries of an address and a size, the last one of zeros.
	const entry = 16
	offset, size := be.Uint32(b[16:]), uint32(0)
	for {
		e := part(offset, size+entry)
		if err != nil {
			return t, err
		}
		if size += entry; bytes.Equal(e[size-entry:], make([]byte, entry)) {
			t.reserved = e
			return t, nil
		}
	}
}

// find gives the offset behind the beginning of the first node that is compatible,
// where a property can be put in.
func (t tree) find(compatible string) (int, error) {
	be := binary.BigEndian
	var begun []int // of the nodes that are open, the innermost last
	found := -1
	named := map[int]bool{} // nodes that name lines
	for at := 0; at+4 <= len(t.tokens); {
		token := be.Uint32(t.tokens[at:])
		at += 4
		switch token {
		case tokenNothing:
		case tokenDone:
			if found < 0 {
				return 0, fmt.Errorf("no node is compatible with %s", compatible)
			}
			if named[found] {
				return 0, fmt.Errorf("%s has %s already", compatible, lineNames)
			}
			return found, nil
		case tokenBegin:
			n := bytes.IndexByte(t.tokens[at:], 0)
			if n < 0 {
				return 0, fmt.Errorf("%w: a node's name has no end", errTree)
			}
			at = (at + n + 1 + 3) &^ 3
			begun = append(begun, at)
		case tokenEnd:
			if len(begun) == 0 {
				return 0, fmt.Errorf("%w: an end too many", errTree)
			}
			begun = begun[:len(begun)-1]
		case tokenProperty:
			name, value, next, err := t.property(at)
			if err != nil || len(begun) == 0 {
				return 0, errors.Join(err, fmt.Errorf("%w: a property without a node", errTree))
			}
			node := begun[len(begun)-1]
			named[node] = named[node] || name == lineNames
			if name == "compatible" && found < 0 && bytes.Contains(append([]byte{0}, value...), []byte("\x00"+compatible+"\x00")) {
				found = node
			}
			at = next
		default:
			return 0, fmt.Errorf("%w: token %d", errTree, token)
		}
	}
	return 0, fmt.Errorf("%w: its tokens have no end", errTree)
}

// property reads the one whose length stands at an offset.
func (t tree) property(at int) (name string, value []byte, next int, err error) {
	be := binary.BigEndian
	if at+8 > len(t.tokens) {
		return "", nil, 0, fmt.Errorf("%w: a property has no end", errTree)
	}
	size, offset := be.Uint32(t.tokens[at:]), be.Uint32(t.tokens[at+4:])
	at += 8
	if uint64(at)+uint64(size) > uint64(len(t.tokens)) || uint64(offset) >= uint64(len(t.strings)) {
		return "", nil, 0, fmt.Errorf("%w: a property has no end", errTree)
	}
	text, _, _ := bytes.Cut(t.strings[offset:], []byte{0})
	return string(text), t.tokens[at : at+int(size)], (at + int(size) + 3) &^ 3, nil
}

// join puts the parts together, in the order that the kernel's own tools give
// them.
func (t tree) join() []byte {
	reserved := uint32(treeHead)
	tokens := reserved + uint32(len(t.reserved))
	strings := tokens + uint32(len(t.tokens))
	be := binary.BigEndian
	var b []byte
	for _, v := range []uint32{treeMagic, strings + uint32(len(t.strings)), tokens, strings, reserved, treeVersion, 16, t.bootCPU, uint32(len(t.strings)), uint32(len(t.tokens))} {
		b = be.AppendUint32(b, v)
	}
	return bytes.Join([][]byte{b, t.reserved, t.tokens, t.strings}, nil)
}
