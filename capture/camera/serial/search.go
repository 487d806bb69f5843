package serial

import (
	"errors"
	"fmt"
	"time"
)

// SilenceError is a command to which no whole answer came.
type SilenceError struct {
	// Want is what was to come, with the command, such as "SYNC: want a reply".
	Want string
	Wait time.Duration
	// Got is the last of what came instead, at most ShownBytes.
	Got []byte
}

func (e *SilenceError) Error() string {
	want := fmt.Sprintf("%s within %v", e.Want, e.Wait)
	if len(e.Got) == 0 {
		return want + ", got nothing"
	}
	return fmt.Sprintf("%s, got … % X", want, e.Got)
}

// Search looks for a camera at rates, so many times at each, and leaves the port at the
// one where ask had an answer. A SilenceError of ask leads to the next, any other error
// ends the search. want is the answer, for the error that there was none.
func (c *Conn) Search(rates []int, times int, want string, ask func(baud int) error) (baud int, err error) {
	var heard []byte
	for range times {
		for _, baud := range rates {
			err := c.SetBaud(baud)
			if err == nil {
				err = ask(baud)
			}
			var silent *SilenceError
			switch {
			case err == nil:
				return baud, nil
			case !errors.As(err, &silent):
				return 0, fmt.Errorf("look for the camera: %w", err)
			case len(silent.Got) > 0:
				heard = silent.Got
			}
		}
	}
	if heard != nil {
		return 0, fmt.Errorf("look for the camera: want %s at %v baud, got … % X", want, rates, heard)
	}
	return 0, fmt.Errorf("look for the camera: want %s at %v baud, got nothing at any", want, rates)
}
