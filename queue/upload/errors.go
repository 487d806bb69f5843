package upload

import (
	"fmt"
	"time"
)

// The outcomes of an upload. A destination decides once which it is, and
// whoever runs sessions only acts on it:
//
//	nil               the photo is durable there
//	RefusedError      the same bytes will be refused again: set the photo aside
//	UnreachableError  no answer, or the whole cloud is not well, or what answers
//	                  is not our cloud: end the session, wait, go on
//	SourceError       the photo can't be read on this side
//	MismatchError     it arrived there as other bytes: look at the card, then as any other
//	the context's     the caller gave up
//	any other         this photo failed: try it again later, behind its peers
//
// No error holds a password, nor more than a short line of what a server said.

// RefusedError says that the cloud will refuse the same bytes again.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "the cloud refuses the photo: " + e.Reason }

// UnreachableError says that no photo can be sent now.
type UnreachableError struct {
	Err error
	// Answered tells that something answered, so that the way to the cloud is
	// open: the news that the link is up says nothing new then.
	Answered bool
	// RetryAfter is how long the cloud asks to be left alone; 0 if it didn't say.
	RetryAfter time.Duration
}

func (e *UnreachableError) Error() string {
	if e.RetryAfter > 0 {
		return fmt.Sprintf("the cloud asks to wait %v: %v", e.RetryAfter, e.Err)
	}
	return e.Err.Error()
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// SourceError says that the photo could not be read on this side: its file is
// damaged, shorter than its index entry says, or gone.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return "read photo: " + e.Err.Error() }

func (e *SourceError) Unwrap() error { return e.Err }

// MismatchError says that the cloud, which has it all, got other bytes than the
// photo's SHA-256 promises. They changed on the way, or on the card.
type MismatchError struct{ Err error }

func (e *MismatchError) Error() string { return e.Err.Error() }

func (e *MismatchError) Unwrap() error { return e.Err }
