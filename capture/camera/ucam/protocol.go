package ucam

import "fmt"

// FrameBytes is the length of every command: Mark, an ID, four parameters [D].
const FrameBytes = 6

// Mark is every command's first byte.
const Mark = 0xAA

// Command is what a frame is about; on boards with an address, together with that.
type Command byte

// The commands [D]. The comment gives the parameters.
const (
	CmdInitial  Command = 0x01 // 00, FormatJPEG, raw size, JPEG size
	CmdGet      Command = 0x04 // a Picture
	CmdSnapshot Command = 0x05 // SnapshotJPEG, frames to skip low, high
	CmdPackage  Command = 0x06 // 08, size low, high
	CmdBaud     Command = 0x07 // two dividers
	CmdReset    Command = 0x08 // ResetAll or ResetState, 00, 00, ResetNow
	CmdData     Command = 0x0A // camera: a Picture, length in three bytes, low first
	CmdSync     Command = 0x0D
	CmdAck      Command = 0x0E // the command, a counter, package low, high
	CmdNAK      Command = 0x0F // camera: 00, a counter, a Code
	CmdLight    Command = 0x13 // Light50 or Light60
	CmdImage    Command = 0x14 // contrast, brightness, exposure, 0 to 4 each; uCAM-III
	CmdSleep    Command = 0x15 // seconds, 0 for never; uCAM-III
)

func (c Command) String() string {
	name, ok := map[Command]string{
		CmdInitial: "INITIAL", CmdGet: "GET PICTURE", CmdSnapshot: "SNAPSHOT", CmdPackage: "SET PACKAGE SIZE",
		CmdBaud: "SET BAUD RATE", CmdReset: "RESET", CmdData: "DATA", CmdSync: "SYNC", CmdAck: "ACK", CmdNAK: "NAK",
		CmdLight: "LIGHT", CmdImage: "CONTRAST/BRIGHTNESS/EXPOSURE", CmdSleep: "SLEEP",
	}[c]
	if !ok {
		return fmt.Sprintf("command %02X", byte(c))
	}
	return name
}

// The parameters of commands [D].
const (
	FormatJPEG   byte = 0x07 // of CmdInitial
	RawUnused    byte = 0x07 // of CmdInitial: any, where the format is JPEG
	SnapshotJPEG byte = 0x00 // of CmdSnapshot
	PackageMark  byte = 0x08 // of CmdPackage
	PictureShot  byte = 0x01 // of CmdGet and CmdData: the snapshot
	ResetAll     byte = 0x00 // of CmdReset: the whole camera starts anew
	ResetState   byte = 0x01 // of CmdReset: its state machines alone
	ResetNow     byte = 0xFF // of CmdReset: at once
	Light50      byte = 0x00 // of CmdLight
	Light60      byte = 0x01 // of CmdLight
)

// LastPackage is the number that ends the transfer of packages.
const LastPackage = 0xF0F0

// The parts of a package besides its data [D]: number and size before it, low byte
// first; behind it the sum of all bytes before, modulo 256, and 00.
const (
	PackageHead = 4
	PackageTail = 2
)

// The bounds of a package's size, with head and tail [D].
const (
	MinPackage = 64
	MaxPackage = 512
)

// MaxAddress is the largest address of an OV528 board: it has three bits [L].
const MaxAddress = 7

// Frame is one command as it stands on the line.
type Frame [FrameBytes]byte

// NewFrame is the command for the board at an address: id | address<<5 [L].
func NewFrame(address byte, c Command, p ...byte) Frame {
	f := Frame{Mark, byte(c) | address<<5}
	copy(f[2:], p)
	return f
}

// Command is the frame's, without the address.
func (f Frame) Command() Command { return Command(f[1] & 0x1F) }

// Address is the board's.
func (f Frame) Address() byte { return f[1] >> 5 }

// Resolutions gives the value of each JPEG size (all sources).
func Resolutions() map[string]byte {
	return map[string]byte{"160x128": 0x03, "320x240": 0x05, "640x480": 0x07}
}

// Bauds are the rates that a camera can be told to take and a port can do.
func Bauds() []int { return []int{9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600} }

// Dividers lists what CmdBaud takes for a rate, most likely first [H]. They fit
// 3,686,400/((d1+1)(d2+1)), but for the second pair of 115200 [M]. No other rate has
// any.
func Dividers(baud int) [][2]byte {
	switch baud {
	case 9600:
		return [][2]byte{{0x1F, 0x0B}}
	case 19200:
		return [][2]byte{{0x1F, 0x05}}
	case 38400:
		return [][2]byte{{0x1F, 0x02}}
	case 57600:
		return [][2]byte{{0x1F, 0x01}}
	case 115200:
		return [][2]byte{{0x1F, 0x00}, {0x01, 0x0F}}
	case 230400:
		return [][2]byte{{0x07, 0x01}}
	case 460800:
		return [][2]byte{{0x07, 0x00}}
	case 921600:
		return [][2]byte{{0x01, 0x01}}
	}
	return nil
}

// AutoBauds are the rates that a camera which has just started finds by itself, most
// likely first [D]; it keeps to the first one at which it was spoken to. 14400 and
// 56000 are not among them, because few ports can do those.
func AutoBauds() []int { return []int{115200, 57600, 9600, 921600} }
