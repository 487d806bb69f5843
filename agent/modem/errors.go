package modem

import (
	"errors"
	"io/fs"

	"fieldcam/agent/modem/at"
)

// The errors of the lines.
var (
	errNotOn  = errors.New("its STATUS line says that it is off, after its key was pressed")
	errNotOff = errors.New("its STATUS line says that it is on, after its key was pressed")
	errStatus = errors.New("its STATUS line says that it is off, and it answers: look at the line's wire and polarity (modem.status_line)")
	errCard   = errors.New("its STATUS line says that it is off, and its network card is there: look at the line's wire and polarity (modem.status_line)")
	errOff    = errors.New("its STATUS line says that it is off, and there is no key to press (modem.key_line)")
	errNoWay  = errors.New("there is no way to restart it: ask, key_line and power_line are empty")
)

// ErrNoModem is what a Source returns where no modem is to be seen.
var ErrNoModem = errors.New("no modem is to be seen")

// gone tells whether err says that the modem may be off: it does not answer, or its port,
// or the modem, is not there. A port that another program uses, or an answer that makes
// no sense, says nothing of the kind.
func gone(err error) bool {
	return errors.Is(err, at.ErrSilent) || errors.Is(err, ErrNoModem) || errors.Is(err, fs.ErrNotExist)
}

// asResult is the modem's own word in err.
func asResult(err error) (*at.ResultError, bool) {
	var r *at.ResultError
	ok := errors.As(err, &r)
	return r, ok
}
