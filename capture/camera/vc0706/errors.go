package vc0706

import (
	"fmt"
	"time"
)

// StatusError is a reply that says that the command was not done.
type StatusError struct {
	Command Command
	Status  Status
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("command %02X: want status %v, got %v", byte(e.Command), StatusOK, e.Status)
}

// SilenceError is a command to which no whole reply came.
type SilenceError struct {
	Command Command
	Wait    time.Duration
	// Got is the last of what came instead.
	Got []byte
}

func (e *SilenceError) Error() string {
	want := fmt.Sprintf("command %02X: want a reply %02X … %02X within %v", byte(e.Command), ReplyMark, byte(e.Command), e.Wait)
	if len(e.Got) == 0 {
		return want + ", got nothing"
	}
	return fmt.Sprintf("%s, got … % X", want, e.Got)
}

// chunkError is a part of the picture that came damaged.
type chunkError struct{ what string }

func (e *chunkError) Error() string { return e.what }
