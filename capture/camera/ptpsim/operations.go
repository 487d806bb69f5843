package ptpsim

import (
	"encoding/binary"
	"slices"
	"time"
)

// The operations that it has (ISO 15740, 10.4).
const (
	opGetDeviceInfo     = 0x1001
	opOpenSession       = 0x1002
	opCloseSession      = 0x1003
	opGetStorageIDs     = 0x1004
	opGetStorageInfo    = 0x1005
	opGetNumObjects     = 0x1006
	opGetObjectHandles  = 0x1007
	opGetObjectInfo     = 0x1008
	opGetObject         = 0x1009
	opDeleteObject      = 0x100b
	opInitiateCapture   = 0x100e
	opResetDevice       = 0x1010
	opGetDevicePropDesc = 0x1014
	opGetDevicePropVal  = 0x1015
	opSetDevicePropVal  = 0x1016
	opGetPartialObject  = 0x101b
)

// The responses (ISO 15740, 11.4).
const (
	codeOK             = 0x2001
	codeGeneralError   = 0x2002
	codeNotOpen        = 0x2003
	codeNotSupported   = 0x2005
	codeInvalidStorage = 0x2008
	codeInvalidHandle  = 0x2009
	codeNoProperty     = 0x200a
	codeStoreFull      = 0x200c
	codeAccessDenied   = 0x200f
	codeBusy           = 0x2019
	codeInvalidValue   = 0x201c
	codeAlreadyOpen    = 0x201e
)

// The events (ISO 15740, 12.5).
const (
	eventObjectAdded     = 0x4002
	eventObjectRemoved   = 0x4003
	eventStoreFull       = 0x400a
	eventCaptureComplete = 0x400d
)

// operations lists what answer knows.
func operations() []uint16 {
	return []uint16{
		opGetDeviceInfo, opOpenSession, opCloseSession, opGetStorageIDs, opGetStorageInfo, opGetNumObjects, opGetObjectHandles,
		opGetObjectInfo, opGetObject, opDeleteObject, opInitiateCapture, opResetDevice, opGetDevicePropDesc, opGetDevicePropVal,
		opSetDevicePropVal, opGetPartialObject,
	}
}

// answer carries out a request. Its error ends the connection.
func (s *session) answer(r request) error {
	switch {
	case r.code == opGetDeviceInfo:
		return s.dataset(r, s.camera.deviceInfo())
	case r.code == opOpenSession && s.open:
		return s.respond(r, codeAlreadyOpen)
	case r.code == opOpenSession:
		s.open = true
		return s.respond(r, codeOK)
	case !slices.Contains(operations(), r.code):
		return s.respond(r, codeNotSupported)
	case !s.open:
		return s.respond(r, codeNotOpen)
	}
	switch r.code {
	case opCloseSession:
		s.open = false
		return s.respond(r, codeOK)
	case opGetStorageIDs:
		return s.dataset(r, appendArray(nil, []uint32{storage}))
	case opGetStorageInfo:
		if r.params[0] != storage {
			return s.respond(r, codeInvalidStorage)
		}
		return s.dataset(r, s.camera.storageInfo())
	case opGetNumObjects:
		return s.respond(r, codeOK, uint32(len(s.camera.handles(r.params[2]))))
	case opGetObjectHandles:
		if r.params[0] != storage && r.params[0] != rootObjects {
			return s.respond(r, codeInvalidStorage)
		}
		return s.dataset(r, appendArray(nil, s.camera.handles(r.params[2])))
	case opInitiateCapture:
		return s.initiate(r)
	case opResetDevice:
		s.camera.reset()
		s.open = false
		return s.respond(r, codeOK)
	case opGetDevicePropDesc, opGetDevicePropVal, opSetDevicePropVal:
		return s.property(r)
	}
	o := s.camera.object(r.params[0])
	if o == nil {
		return s.respond(r, codeInvalidHandle)
	}
	return s.onObject(r, o)
}

// onObject carries out a request that names an object.
func (s *session) onObject(r request, o *object) error {
	switch {
	case r.code == opGetObjectInfo:
		return s.dataset(r, o.info())
	case o.content == nil || o.isRAW() && s.camera.Faults().KeepRAW && r.code != opDeleteObject:
		return s.respond(r, codeAccessDenied)
	case r.code == opDeleteObject:
		s.camera.remove(o.handle)
		return s.respond(r, codeOK)
	case r.code == opGetObject:
		return s.file(r, o, 0, o.size())
	}
	from := int64(r.params[1])
	n := min(int64(r.params[2]), o.size()-from)
	if n <= 0 {
		return s.respond(r, codeInvalidValue)
	}
	return s.file(r, o, from, n, uint32(n))
}

// initiate begins a capture: it is answered at once, and the files come as events.
func (s *session) initiate(r request) error {
	c := s.camera
	c.mu.Lock()
	c.count.Captures++
	f := c.faults
	code := uint16(codeOK)
	switch {
	case f.Busy > 0:
		c.faults.Busy--
		code = codeBusy
	case f.NoFocus:
		code = codeAccessDenied
	case f.Full || c.full() && !f.FullAfter:
		code = codeStoreFull
	default:
		s.busy = true
	}
	c.mu.Unlock()
	if code == codeOK {
		s.capture.Go(func() { s.expose(f, r.transaction) })
	}
	return s.respond(r, code)
}

// expose is one exposure.
func (s *session) expose(f Faults, transaction uint32) {
	time.Sleep(s.camera.o.Exposure)
	if f.FullAfter {
		s.send(eventStoreFull, transaction, storage)
		s.setBusy(false)
		return
	}
	c := s.camera
	c.mu.Lock()
	added := c.expose()
	s.busy = f.NoObject
	c.mu.Unlock()
	if !f.NoObject {
		s.tell(added, transaction)
	}
}

// handles are those of the objects below a parent.
func (c *Camera) handles(parent uint32) []uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.card.children(parent)
}

// object is the one with a handle; nil for none.
func (c *Camera) object(handle uint32) *object {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.card.objects[handle]
}

func (c *Camera) remove(handle uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.card.objects, handle)
	c.count.Deleted++
}

func (c *Camera) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count.Resets++
}

// deviceInfo is the DeviceInfo dataset (ISO 15740, 5.5.1).
func (c *Camera) deviceInfo() []byte {
	const version = 100 // hundredths
	b := binary.LittleEndian.AppendUint16(nil, version)
	b = binary.LittleEndian.AppendUint32(b, 0) // no vendor's extension
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = appendString(b, "")
	b = binary.LittleEndian.AppendUint16(b, 0) // standard mode
	b = appendArray(b, operations())
	b = appendArray(b, []uint16{eventObjectAdded, eventObjectRemoved, eventStoreFull, eventCaptureComplete})
	b = appendArray(b, []uint16{propBattery, propISO, propDateTime})
	b = appendArray(b, []uint16{formatEXIF})
	b = appendArray(b, []uint16{formatEXIF, formatUndefined, formatFolder})
	b = appendString(b, "fieldcam")
	b = appendString(b, c.o.Model)
	b = appendString(b, "1.0")
	return appendString(b, c.o.Serial)
}

// storageInfo is the StorageInfo dataset (ISO 15740, 5.5.3): a removable card with DCF.
func (c *Camera) storageInfo() []byte {
	const removable, dcf, writable = 4, 3, 0
	c.mu.Lock()
	free := max(0, c.o.CardBytes-c.card.used())
	c.mu.Unlock()
	b := binary.LittleEndian.AppendUint16(nil, removable)
	b = binary.LittleEndian.AppendUint16(b, dcf)
	b = binary.LittleEndian.AppendUint16(b, writable)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.o.CardBytes))
	b = binary.LittleEndian.AppendUint64(b, uint64(free))
	b = binary.LittleEndian.AppendUint32(b, 0xffffffff) // free space in pictures: not told
	b = appendString(b, "card")
	return appendString(b, "FIELD")
}

// info is the ObjectInfo dataset (ISO 15740, 5.5.2).
func (o *object) info() []byte {
	b := binary.LittleEndian.AppendUint32(nil, storage)
	b = binary.LittleEndian.AppendUint16(b, o.format)
	b = binary.LittleEndian.AppendUint16(b, 0) // not protected
	b = binary.LittleEndian.AppendUint32(b, uint32(o.size()))
	// libgphoto2 downloads no file of an unknown format that has no thumbnail either,
	// so that of a RAW file is said to be a JPEG.
	b = binary.LittleEndian.AppendUint16(b, formatJFIF)
	for range 3 { // no thumbnail: its size, width and height
		b = binary.LittleEndian.AppendUint32(b, 0)
	}
	width, height, association := uint32(pictureWidth), uint32(pictureHeight), uint16(0)
	if o.content == nil {
		width, height, association = 0, 0, 1 // a generic folder
	}
	b = binary.LittleEndian.AppendUint32(b, width)
	b = binary.LittleEndian.AppendUint32(b, height)
	b = binary.LittleEndian.AppendUint32(b, 24) // bits of a pixel
	b = binary.LittleEndian.AppendUint32(b, o.parent)
	b = binary.LittleEndian.AppendUint16(b, association)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 0) // sequence number: none
	b = appendString(b, o.name)
	at := ""
	if !o.at.IsZero() {
		at = o.at.Format(timeForm)
	}
	b = appendString(b, at)
	b = appendString(b, at)
	return appendString(b, "")
}
