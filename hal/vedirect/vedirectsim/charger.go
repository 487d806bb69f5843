// Package vedirectsim is a solar charger that speaks VE.Direct's text protocol,
// without hardware: it sends a block each second to the far end of a simulated
// port, with the faults that real lines have.
//
// It starts no goroutine; Run blocks.
package vedirectsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Values are what the charger sends. Zero values are sent, too.
type Values struct {
	BatteryMillivolts, BatteryMilliamps int
	PanelMillivolts, PanelWatts         int
	State, Tracker, Error               int // CS, MPPT, ERR
	LoadMilliamps                       int
	TodayCentiKWh                       int // H20
}

// Fault is what is wrong with the line.
type Fault int

// The faults.
const (
	None      Fault = iota
	Silent          // nothing comes
	Checksum        // every checksum is wrong
	Cut             // every block ends in its middle
	HexInside       // a HEX frame after each line, and one between blocks: no fault, all is to be understood
	Noise           // bytes of other values between the blocks, colons among them
)

// Block is one block as it goes over the line, its checksum at its end.
func Block(v Values, between string) []byte {
	load := "OFF"
	if v.LoadMilliamps > 0 {
		load = "ON"
	}
	var b bytes.Buffer
	var plain bytes.Buffer // without HEX frames
	for _, f := range []struct{ label, value string }{
		{"PID", "0xA053"}, {"FW", "159"}, {"SER#", "HQ2132ABCDE"},
		{"V", fmt.Sprint(v.BatteryMillivolts)}, {"I", fmt.Sprint(v.BatteryMilliamps)},
		{"VPV", fmt.Sprint(v.PanelMillivolts)}, {"PPV", fmt.Sprint(v.PanelWatts)},
		{"CS", fmt.Sprint(v.State)}, {"MPPT", fmt.Sprint(v.Tracker)}, {"OR", "0x00000000"}, {"ERR", fmt.Sprint(v.Error)},
		{"LOAD", load}, {"IL", fmt.Sprint(v.LoadMilliamps)},
		{"H19", "4213"}, {"H20", fmt.Sprint(v.TodayCentiKWh)}, {"H21", "112"}, {"H22", "38"}, {"H23", "97"}, {"HSDS", "211"},
	} {
		line := "\r\n" + f.label + "\t" + f.value
		plain.WriteString(line)
		b.WriteString(line + between)
	}
	plain.WriteString("\r\nChecksum\t")
	b.WriteString("\r\nChecksum\t")
	sum := byte(0)
	for _, c := range plain.Bytes() {
		sum += c
	}
	b.WriteByte(-sum)
	return b.Bytes()
}

// HexFrame is an answer to a HEX command, as a charger may send it unasked.
const HexFrame = ":A0102000543\n"

// Charger is one charger. Its methods may be called from any goroutine.
type Charger struct {
	mu     sync.Mutex // guards what follows
	values func() Values
	fault  Fault
}

// New makes a Charger that sends what values gives at each second.
func New(values func() Values) *Charger { return &Charger{values: values} }

// Break has the line be so from now on.
func (c *Charger) Break(f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
}

// Run sends to w until ctx ends, or w fails.
func (c *Charger) Run(ctx context.Context, w io.Writer) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := w.Write(c.next()); err != nil {
			return fmt.Errorf("send block: %w", err)
		}
	}
}

// next is what goes over the line in this second.
func (c *Charger) next() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.values()
	b := Block(v, "")
	switch c.fault {
	case None:
	case Silent:
		return nil
	case Checksum:
		b[len(b)-1]++
	case Cut:
		b = b[:len(b)/2]
	case HexInside:
		b = append([]byte(HexFrame), Block(v, HexFrame)...)
	case Noise:
		b = append(b, 0xff, ':', 0, '\t', 0x80, '\n', 'V', '\t', '9', '9', '9')
	}
	return b
}
