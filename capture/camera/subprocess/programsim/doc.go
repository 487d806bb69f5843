// Package programsim is a program that takes pictures, as rpicam-still or gphoto2
// do, and misbehaves in every way that such programs were seen to: it hangs, is deaf
// to signals, leaves children behind that hold its output open, exits with 0 after
// half a picture or none, prints garbage, or writes for ever.
//
// The program is the test's own binary, run once more: TestMain calls Main first. A
// Program is the test's end: it says what the next runs do, and hears what they do
// by a Unix socket, so that no test has to guess how far a run has come. When the
// Program is closed, whatever still runs ends.
package programsim
