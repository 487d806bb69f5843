package camera

import "time"

// YieldError is the cause (context.Cause) with which the context of a transfer is cancelled
// for a shot that is due.
type YieldError struct {
	// Within is how long the shot can wait for the transfer's end, at least 0.
	Within time.Duration
	// Stop is closed where the shot is not to be waited for any more, as when the daemon
	// stops: then the transfer ends as if it had been cancelled for that. nil: never.
	Stop <-chan struct{}
}

func (e *YieldError) Error() string { return "a shot is due" }
