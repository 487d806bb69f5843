package vc0706

import "fmt"

// StatusError is a reply that says that the command was not done.
type StatusError struct {
	Command Command
	Status  Status
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("command %02X: want status %v, got %v", byte(e.Command), StatusOK, e.Status)
}

// chunkError is a part of the picture that came damaged.
type chunkError struct{ what string }

func (e *chunkError) Error() string { return e.what }
