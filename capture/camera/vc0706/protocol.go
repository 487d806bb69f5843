package vc0706

import "fmt"

// The first byte of each frame. A command is CommandMark, the device number, a
// Command, the count of data bytes and these; a reply is ReplyMark, the device
// number, the Command, a Status, the count of data bytes and these [V][J].
const (
	CommandMark = 0x56
	ReplyMark   = 0x76
)

// MaxData is the most data bytes that a frame holds [V].
const MaxData = 16

// Command says what a frame is about.
type Command byte

// The commands [V][J], of which the driver uses some and the simulator knows
// all. The comment gives the data of command → reply.
const (
	CmdVersion       Command = 0x11 // → 11 characters
	CmdNumber        Command = 0x21 // new device number →
	CmdBaud          Command = 0x24 // InterfaceUART, divisor high, low →; volatile
	CmdReset         Command = 0x26 // →; then the boot text
	CmdReadRegister  Command = 0x30 // device, count, address high, low → values
	CmdWriteRegister Command = 0x31 // device, count, address high, low, values →
	CmdReadFrame     Command = 0x32 // 12 bytes, see readFrame →; then the bytes; then the reply again
	CmdFrameLength   Command = 0x34 // frame type → 4 bytes
	CmdFrameControl  Command = 0x36 // StopCurrent and so on →
	CmdMotionReport  Command = 0x37 // 1 on, 0 off →
	CmdMotionState   Command = 0x38 // → 1 on, 0 off
	CmdMotionEvent   Command = 0x39 // only ever a reply, unsolicited
	CmdPowerSave     Command = 0x3E // 00 01, 1 on, 0 off → [S]
	CmdMotionControl Command = 0x42 // 00 01, 1 on, 0 off →
	CmdMotionStatus  Command = 0x43 // → 1 on, 0 off
	CmdTVOut         Command = 0x44 // 1 on, 0 off →
	CmdDownsize      Command = 0x54 // scale →; volatile
	CmdReadDownsize  Command = 0x55 // → scale
)

// The data of CmdFrameControl. For resume and step Vimicro's text has the
// numbers the other way round [V]; every driver and the manuals [P][J][S] say so.
const (
	StopCurrent byte = 0x00
	StopNext    byte = 0x01
	Step        byte = 0x02
	Resume      byte = 0x03
)

// The first data byte of CmdReadFrame and CmdFrameLength.
const (
	CurrentFrame byte = 0x00
	NextFrame    byte = 0x01
)

// TransferUART is CmdReadFrame's control byte for a transfer by the camera's
// processor. DMA over the UART (bit 0) froze a camera [M].
const TransferUART = 0x0A

// savingCount stands in the place of the count of data bytes in the answer of a
// camera in power save; no data follows [S].
const savingCount = 0x0E

// InterfaceUART is CmdBaud's first byte.
const InterfaceUART = 0x01

// Registers: device type and address. The stored ones are taken on at reset.
const (
	DeviceChip   byte = 0x01 // volatile
	DeviceSensor byte = 0x04 // stored; 04 is the VGA sensor's type
	// DeviceLargeSensor is stored too; 05 is the type of larger sensors [A][S].
	DeviceLargeSensor byte = 0x05

	RegisterCompression       uint16 = 0x1204 // DeviceChip [A][P]
	RegisterStoredBaud        uint16 = 0x0008 // DeviceSensor, 2 bytes [J]
	RegisterStoredResolution  uint16 = 0x0019 // DeviceSensor [A][J][D]
	RegisterStoredCompression uint16 = 0x001A // DeviceSensor [J]
)

// Status says how a command went.
type Status byte

// The statuses [V][J][S].
const (
	StatusOK          Status = 0x00
	StatusNotReceived Status = 0x01
	StatusWrongLength Status = 0x02
	StatusWrongFormat Status = 0x03
	StatusNotNow      Status = 0x04
	StatusFailed      Status = 0x05
)

func (s Status) String() string {
	switch s {
	case StatusOK:
		return "00, done"
	case StatusNotReceived:
		return "01, command not received"
	case StatusWrongLength:
		return "02, wrong data length"
	case StatusWrongFormat:
		return "03, wrong data format"
	case StatusNotNow:
		return "04, cannot execute now"
	case StatusFailed:
		return "05, executed wrongly"
	}
	return fmt.Sprintf("%02X, unknown", byte(s))
}

// Divisors lists what CmdBaud takes for a rate, most likely first. For 57600
// sources differ: 1C4C [P][J][S], 1C1C [A][D][M]. The rates above 115200 are a
// SensorHD's [S]. No other rate has any.
func Divisors(baud int) []uint16 {
	switch baud {
	case 9600:
		return []uint16{0xAEC8}
	case 19200:
		return []uint16{0x56E4}
	case 38400:
		return []uint16{0x2AF2}
	case 57600:
		return []uint16{0x1C4C, 0x1C1C}
	case 115200:
		return []uint16{0x0DA6}
	case 230400:
		return []uint16{0xEEA1}
	case 460800:
		return []uint16{0xEEA2}
	case 921600:
		return []uint16{0xEEA3}
	}
	return nil
}

// searchRates are the rates at which a camera may start, most likely first: 38400
// [A][P][V] and 115200 [J] are what they are sold with.
func searchRates() []int { return []int{38400, 115200, 57600, 19200, 9600} }
