package modem

import (
	"errors"

	"fieldcam/agent/modem/at"
)

// The errors of the lines.
var (
	errNotOn  = errors.New("its STATUS line says that it is off, after its key was pressed")
	errNotOff = errors.New("its STATUS line says that it is on, after its key was pressed")
	errNoWay  = errors.New("there is no way to restart it: ask, key_line and power_line are empty")
)

// asResult is the modem's own word in err.
func asResult(err error) (*at.ResultError, bool) {
	var r *at.ResultError
	ok := errors.As(err, &r)
	return r, ok
}
