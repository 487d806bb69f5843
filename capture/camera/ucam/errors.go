package ucam

import "fmt"

// Code is why a camera refuses a command.
type Code byte

// The codes that drivers branch on; Code.String knows all.
const (
	CodeUnexpected  Code = 0x06
	CodeFormat      Code = 0x09
	CodeSize        Code = 0x0A
	CodeParameter   Code = 0x0B
	CodeUnknown     Code = 0x0D
	CodeNotReady    Code = 0x0F
	CodePackage     Code = 0x10
	CodePackageSize Code = 0x11
)

// String is the data sheets' text [D].
func (c Code) String() string {
	text, ok := map[Code]string{
		0x01: "picture type error", 0x02: "picture up-scale", 0x03: "picture scale error", 0x04: "unexpected reply",
		0x05: "send-picture time-out", CodeUnexpected: "unexpected command", 0x07: "SRAM JPEG type error", 0x08: "SRAM JPEG size error",
		CodeFormat: "picture format error", CodeSize: "picture size error", CodeParameter: "parameter error", 0x0C: "send-register time-out",
		CodeUnknown: "command id error", CodeNotReady: "picture not ready", CodePackage: "transfer package number error",
		CodePackageSize: "set transfer package size wrong", 0xF0: "command header error", 0xF1: "command length error",
		0xF5: "send picture error", 0xFF: "send command error",
	}[c]
	if !ok {
		text = "unknown"
	}
	return fmt.Sprintf("%02X, %s", byte(c), text)
}

// NAKError is a refusal.
type NAKError struct {
	Command Command // that was refused; CmdAck for a package that was asked for
	Code    Code
}

func (e *NAKError) Error() string {
	return fmt.Sprintf("%v: want an ACK, got NAK %v", e.Command, e.Code)
}

// packageError is a package that came damaged.
type packageError struct{ what string }

func (e *packageError) Error() string { return e.what }
