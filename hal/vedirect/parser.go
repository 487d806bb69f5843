package vedirect

import "bytes"

// The bounds of the text protocol (Victron, VE.Direct protocol 3.33, "Text mode").
const (
	maxLabel = 8
	maxValue = 32
	// maxFields is more than the 22 that a block has today: a newer firmware's
	// charger should not fall silent.
	maxFields = 32
	// maxHex is more than the longest HEX frame, 34 bytes of data as digits.
	maxHex = 128

	checksumLabel = "Checksum"
)

// Field is one line of a block.
type Field struct{ Label, Value string }

// state is where in a block the parser is.
type state int

const (
	outside  state = iota // it waits for a line to begin
	label                 // in a label, or before its first byte
	value                 // in a value
	checksum              // the next byte is the checksum, whatever it is
	hex                   // in a HEX frame
	lost                  // in a block that is wrong: until its checksum is passed
)

// Parser finds the blocks in what a charger sends: lines of label, tab and value,
// of which the last is the checksum, one raw byte that makes the sum of all the
// block's bytes 0. HEX frames, from a colon to the line's end, may come anywhere
// else and belong to no sum.
//
// The zero Parser is ready. What comes before the first checksum is not told: it is
// the rest of a block. The Parser holds at most maxFields fields.
type Parser struct {
	state  state
	before state // the state that a HEX frame interrupted
	hexLen int
	synced bool // a checksum was passed
	broken bool // the block has broken a bound
	sum    byte
	text   []byte // the label, then the value, under way
	label  string
	fields []Field
	// Bad counts the blocks whose checksum was wrong, or that broke a bound.
	Bad int
}

// Write takes what was received, and calls block with each whole block's fields,
// which the callee may keep.
func (p *Parser) Write(b []byte, block func([]Field)) {
	for _, c := range b {
		if fields := p.next(c); fields != nil {
			block(fields)
		}
	}
}

// next takes a byte, and gives the fields of the block that it ends.
func (p *Parser) next(c byte) []Field {
	if c == ':' && p.state != checksum && p.state != hex {
		p.before, p.state, p.hexLen = p.state, hex, 0
		return nil
	}
	if p.state == hex {
		p.inHex(c)
		return nil
	}
	p.sum += c
	switch p.state {
	case checksum:
		return p.end()
	case outside:
		if c == '\n' {
			p.state = label
		}
	case label:
		p.inLabel(c)
	case value:
		p.inValue(c)
	case lost:
		p.search(c)
	}
	return nil
}

// inHex ends a frame at the line's end, and gives up one that has no end: it was
// noise, and the block's sum is wrong then.
func (p *Parser) inHex(c byte) {
	if p.hexLen++; c == '\n' || p.hexLen > maxHex {
		p.state = p.before
	}
}

func (p *Parser) inLabel(c byte) {
	switch {
	case c == '\t' && string(p.text) == checksumLabel:
		p.state, p.text = checksum, p.text[:0]
	case c == '\t':
		p.label, p.text, p.state = string(p.text), p.text[:0], value
	case c == '\r' || c == '\n':
		if len(p.text) > 0 { // a line without a value
			p.lose(c)
		}
	case len(p.text) == maxLabel:
		p.lose(c)
	default:
		p.text = append(p.text, c)
	}
}

func (p *Parser) inValue(c byte) {
	switch {
	case c == '\n' && len(p.fields) == maxFields:
		p.lose(c)
	case c == '\n':
		p.fields = append(p.fields, Field{p.label, string(p.text)})
		p.text, p.state = p.text[:0], label
	case c == '\r':
	case len(p.text) == maxValue:
		p.lose(c)
	default:
		p.text = append(p.text, c)
	}
}

// lose gives the block up at the byte c.
func (p *Parser) lose(c byte) {
	p.state, p.broken, p.fields = lost, true, nil
	p.text = append(p.text[:0], c)
}

// search looks for the checksum of a block that is wrong: its label at a line's
// beginning, and a tab.
func (p *Parser) search(c byte) {
	switch {
	case c == '\t' && bytes.HasSuffix(p.text, []byte("\n"+checksumLabel)):
		p.state, p.text = checksum, p.text[:0]
	default:
		if len(p.text) > len(checksumLabel) {
			p.text = append(p.text[:0], p.text[1:]...)
		}
		p.text = append(p.text, c)
	}
}

// end judges the block by its sum. The first one's beginning was not seen.
func (p *Parser) end() []Field {
	fields, whole, good := p.fields, p.synced, p.sum == 0 && !p.broken
	p.fields, p.sum, p.state, p.synced, p.broken = nil, 0, outside, true, false
	switch {
	case whole && good && len(fields) > 0:
		return fields
	case whole:
		p.Bad++
	}
	return nil
}
