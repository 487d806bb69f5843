package vc0706sim

import (
	"context"
	"encoding/binary"
	"time"

	"fieldcam/capture/camera/serial/serialsim"
	"fieldcam/capture/camera/vc0706"
)

// defaultVersion is Options.Version.
const defaultVersion = "VC0706 1.00"

// savingStatus is what a camera in power save answers to every command but the
// one that ends it: a reply to CmdPowerSave with this as its count [S].
const savingStatus = 0x0E

// execute does one command and answers it.
func (c *Camera) execute(ctx context.Context, line serialsim.Line, f frame) error {
	s := &c.s
	faults := c.Faults()
	if (faults.StatusOf == 0 || faults.StatusOf == f.cmd) && c.chance(faults.WrongStatus) {
		return c.reply(ctx, line, f.cmd, faults.Status)
	}
	if s.saving && f.cmd != vc0706.CmdPowerSave {
		return c.send(ctx, line, []byte{vc0706.ReplyMark, s.number, byte(vc0706.CmdPowerSave), 0, savingStatus})
	}
	want, known := dataLength(f)
	if !known {
		return c.reply(ctx, line, f.cmd, vc0706.StatusNotReceived)
	}
	if len(f.data) != want {
		return c.reply(ctx, line, f.cmd, vc0706.StatusWrongLength)
	}
	switch f.cmd {
	case vc0706.CmdReset:
		var err error
		if c.opts.ShortReset {
			err = c.send(ctx, line, replyFrame(s.number, f.cmd, vc0706.StatusOK)[:4])
		} else {
			err = c.reply(ctx, line, f.cmd, vc0706.StatusOK)
		}
		if err != nil {
			return err
		}
		if c.engine.Until(ctx, time.Now().Add(resetDelay)) {
			s.restart(true, c.opts.Number)
		}
		return nil
	case vc0706.CmdBaud:
		return c.changeBaud(ctx, line, f)
	case vc0706.CmdReadFrame:
		return c.readFrame(ctx, line, f)
	case vc0706.CmdPowerSave:
		if f.data[0] != 0 || f.data[1] != 1 || f.data[2] > 1 {
			return c.reply(ctx, line, f.cmd, vc0706.StatusWrongFormat)
		}
		s.saving = f.data[2] == 1
		if !c.engine.Until(ctx, time.Now().Add(powerSaveTime)) {
			return nil
		}
		return c.reply(ctx, line, f.cmd, vc0706.StatusOK)
	}
	status, data := c.change(f)
	return c.reply(ctx, line, f.cmd, status, data...)
}

// dataLength is how much data belongs to a command.
func dataLength(f frame) (n int, known bool) {
	switch f.cmd {
	case vc0706.CmdVersion, vc0706.CmdReset, vc0706.CmdMotionState, vc0706.CmdMotionStatus, vc0706.CmdReadDownsize:
		return 0, true
	case vc0706.CmdNumber, vc0706.CmdFrameControl, vc0706.CmdFrameLength, vc0706.CmdMotionReport, vc0706.CmdTVOut, vc0706.CmdDownsize:
		return 1, true
	case vc0706.CmdBaud, vc0706.CmdPowerSave, vc0706.CmdMotionControl:
		return 3, true
	case vc0706.CmdReadRegister:
		return 4, true
	case vc0706.CmdWriteRegister:
		if len(f.data) > 1 {
			return 4 + int(f.data[1]), true
		}
		return 5, true
	case vc0706.CmdReadFrame:
		return 12, true
	}
	return 0, false
}

// change does a command that changes or tells something and is over at once.
func (c *Camera) change(f frame) (vc0706.Status, []byte) {
	s := &c.s
	switch f.cmd {
	case vc0706.CmdVersion:
		return vc0706.StatusOK, []byte(c.opts.Version)
	case vc0706.CmdNumber:
		// Answered under the new number; the manuals' example does not tell.
		s.number = f.data[0]
		return vc0706.StatusOK, nil
	case vc0706.CmdReadRegister:
		return s.readRegister(c.opts.Sensor, f.data)
	case vc0706.CmdWriteRegister:
		return s.writeRegister(c.opts.Sensor, f.data), nil
	case vc0706.CmdFrameControl:
		return c.control(f.data[0]), nil
	case vc0706.CmdFrameLength:
		if f.data[0] > vc0706.NextFrame || s.frozen == nil {
			return vc0706.StatusWrongFormat, nil
		}
		return vc0706.StatusOK, binary.BigEndian.AppendUint32(nil, uint32(len(s.frozen)))
	case vc0706.CmdMotionReport:
		return flag(f.data, &s.report), nil
	case vc0706.CmdMotionState:
		return vc0706.StatusOK, []byte{asByte(s.report)}
	case vc0706.CmdMotionControl:
		if f.data[0] != 0 || f.data[1] != 1 {
			return vc0706.StatusWrongFormat, nil
		}
		return flag(f.data[2:], &s.motion), nil
	case vc0706.CmdMotionStatus:
		return vc0706.StatusOK, []byte{asByte(s.motion)}
	case vc0706.CmdTVOut:
		return flag(f.data, &s.tv), nil
	case vc0706.CmdDownsize:
		if c.opts.Sensor == vc0706.Sensor2MP && sizeOf(c.opts.Sensor, f.data[0]) == "" {
			return vc0706.StatusFailed, nil
		}
		s.downsize = f.data[0]
		return vc0706.StatusOK, nil
	case vc0706.CmdReadDownsize:
		return vc0706.StatusOK, []byte{s.downsize}
	}
	return vc0706.StatusNotReceived, nil
}

// flag sets a switch from a command's data, which must be 0 or 1.
func flag(data []byte, to *bool) vc0706.Status {
	if data[0] > 1 {
		return vc0706.StatusWrongFormat
	}
	*to = data[0] == 1
	return vc0706.StatusOK
}

func asByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// readRegister and writeRegister take device, count, address and values.
func (s *state) readRegister(sensor vc0706.Sensor, d []byte) (vc0706.Status, []byte) {
	var v []byte
	switch register(d) {
	case registerID{sensor.Device(), 1, vc0706.RegisterStoredResolution}:
		v = []byte{s.stored.resolution}
	case registerID{vc0706.DeviceSensor, 1, vc0706.RegisterStoredCompression}:
		v = []byte{s.stored.compression}
	case registerID{vc0706.DeviceSensor, 2, vc0706.RegisterStoredBaud}:
		v = binary.BigEndian.AppendUint16(nil, s.stored.divisor)
	case registerID{vc0706.DeviceChip, 1, vc0706.RegisterCompression}:
		v = []byte{s.compression}
	default:
		return vc0706.StatusWrongFormat, nil
	}
	return vc0706.StatusOK, v
}

func (s *state) writeRegister(sensor vc0706.Sensor, d []byte) vc0706.Status {
	v := d[4:]
	switch register(d) {
	case registerID{sensor.Device(), 1, vc0706.RegisterStoredResolution}:
		if sensor == vc0706.Sensor2MP || sizeOf(sensor, v[0]) == "" {
			return vc0706.StatusFailed
		}
		s.stored.resolution = v[0]
	case registerID{vc0706.DeviceSensor, 1, vc0706.RegisterStoredCompression}:
		s.stored.compression = v[0]
	case registerID{vc0706.DeviceSensor, 2, vc0706.RegisterStoredBaud}:
		d := binary.BigEndian.Uint16(v)
		if baudOf(d) == 0 {
			return vc0706.StatusFailed
		}
		s.stored.divisor = d
	case registerID{vc0706.DeviceChip, 1, vc0706.RegisterCompression}:
		s.compression = v[0]
	default:
		return vc0706.StatusWrongFormat
	}
	return vc0706.StatusOK
}

type registerID struct {
	device  byte
	count   byte
	address uint16
}

func register(d []byte) registerID {
	return registerID{d[0], d[1], binary.BigEndian.Uint16(d[2:])}
}

// changeBaud answers at the old rate and then changes.
func (c *Camera) changeBaud(ctx context.Context, line serialsim.Line, f frame) error {
	s := &c.s
	divisor := binary.BigEndian.Uint16(f.data[1:])
	baud := baudOf(divisor)
	strict := c.opts.Divisor57600
	if f.data[0] != vc0706.InterfaceUART || baud == 0 || baud > 115200 && c.opts.Sensor != vc0706.SensorHD || baud == 57600 && strict != 0 && divisor != strict {
		return c.reply(ctx, line, f.cmd, vc0706.StatusWrongFormat)
	}
	if err := c.reply(ctx, line, f.cmd, vc0706.StatusOK); err != nil {
		return err
	}
	if baud != 57600 || !c.opts.Mute57600 {
		s.baud = baud
	}
	return nil
}
