package ptpsim

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

// chunk is how much of a file one packet has.
const chunk = 64 << 10

// session is one host.
type session struct {
	camera  *Camera
	number  uint32
	command net.Conn
	busy    bool // in the middle of a capture or a file; guarded by camera.mu
	open    bool // OpenSession was called; belongs to serve

	capture sync.WaitGroup // an exposure under way

	mu    sync.Mutex // guards event, and is held while it is written to
	event net.Conn   // nil before there is one
}

// attach takes the event connection; false where it does not answer.
func (s *session) attach(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.event = conn
	return writePacket(conn, packetInitEventAck, nil) == nil
}

// setBusy says that the host is in the middle of something, or not.
func (s *session) setBusy(busy bool) {
	s.camera.mu.Lock()
	defer s.camera.mu.Unlock()
	s.busy = busy
}

// send tells an event.
func (s *session) send(code uint16, transaction, param uint32) {
	b := binary.LittleEndian.AppendUint16(nil, code)
	b = binary.LittleEndian.AppendUint32(b, transaction)
	b = binary.LittleEndian.AppendUint32(b, param)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.event != nil {
		_ = writePacket(s.event, packetEvent, b) // a host that went away is told nothing
	}
}

// tell tells of the files of an exposure, and that it is complete: after the first
// file, for libgphoto2 hears of the last one before that only.
func (s *session) tell(added []*object, transaction uint32) {
	for i, o := range added {
		s.send(eventObjectAdded, transaction, o.handle)
		if complete := i == 0; complete && !s.camera.o.Together {
			s.send(eventCaptureComplete, transaction, transaction)
		}
	}
	if s.camera.o.Together {
		s.send(eventCaptureComplete, transaction, transaction)
	}
}

// serve answers requests until the host hangs up.
func (s *session) serve() {
	defer s.capture.Wait()
	for {
		p, err := readPacket(s.command)
		if err != nil {
			return
		}
		if p.kind == packetPing {
			if writePacket(s.command, packetPong, nil) != nil {
				return
			}
			continue
		}
		if p.kind != packetRequest {
			continue // a cancel of what has ended
		}
		r, err := parseRequest(p.body)
		if err != nil {
			return
		}
		if r.sends {
			if r.data, err = s.receive(); err != nil {
				return
			}
		}
		if s.answer(r) != nil {
			return
		}
	}
}

// receive reads the data that the host sends with a request.
func (s *session) receive() (data []byte, err error) {
	for {
		p, err := readPacket(s.command)
		if err != nil {
			return nil, err
		}
		const transaction = 4
		if p.kind == packetStartData {
			continue
		}
		if p.kind != packetData && p.kind != packetEndData || len(p.body) < transaction || len(data) > maxPacket {
			return nil, errPacket
		}
		data = append(data, p.body[transaction:]...)
		if p.kind == packetEndData {
			return data, nil
		}
	}
}

// respond ends a request.
func (s *session) respond(r request, code uint16, params ...uint32) error {
	b := binary.LittleEndian.AppendUint16(nil, code)
	b = binary.LittleEndian.AppendUint32(b, r.transaction)
	for _, p := range params {
		b = binary.LittleEndian.AppendUint32(b, p)
	}
	return writePacket(s.command, packetResponse, b)
}

// startData begins the data of an answer.
func (s *session) startData(r request, size int64) error {
	b := binary.LittleEndian.AppendUint32(nil, r.transaction)
	b = binary.LittleEndian.AppendUint64(b, uint64(size))
	return writePacket(s.command, packetStartData, b)
}

// dataset answers with data and OK.
func (s *session) dataset(r request, b []byte) error {
	if err := s.startData(r, int64(len(b))); err != nil {
		return err
	}
	if err := writePacket(s.command, packetEndData, append(binary.LittleEndian.AppendUint32(nil, r.transaction), b...)); err != nil {
		return err
	}
	return s.respond(r, codeOK)
}

// file answers with a part of a file and OK, with how much that was. The faults of
// transfers strike by the place in the file.
func (s *session) file(r request, o *object, from, n int64, params ...uint32) error {
	s.setBusy(true)
	at, hang := s.camera.takeStop(o.size())
	slow := s.camera.Faults().Slow
	if err := s.startData(r, n); err != nil {
		return err
	}
	b := make([]byte, 0, chunk+4)
	for sent := int64(0); sent < n; {
		if slow > 0 {
			time.Sleep(slow)
		}
		if at >= 0 && from+sent >= at {
			if hang {
				waitClosed(s.command)
			}
			return io.ErrUnexpectedEOF
		}
		part := min(chunk, n-sent)
		if at >= 0 {
			part = min(part, at-from-sent)
		}
		b = binary.LittleEndian.AppendUint32(b[:0], r.transaction)
		b = b[:4+part]
		if _, err := o.content.ReadAt(b[4:], from+sent); err != nil {
			return err
		}
		sent += part
		kind := uint32(packetData)
		if sent == n {
			kind = packetEndData
		}
		if err := writePacket(s.command, kind, b); err != nil {
			return err
		}
	}
	if at >= 0 { // it strikes in a later part
		s.camera.putStop(at, hang)
	}
	if from+n == o.size() {
		s.camera.sent()
	}
	s.setBusy(false)
	return s.respond(r, codeOK, params...)
}
