// Package gphotosim is gphoto2 with a camera on USB, as the gphoto driver sees them:
// something that runs one command line at a time, writes files into its directory, and
// talks as gphoto2 2.5.28 does.
//
// It misbehaves as both were seen to: it hangs, leaves half a file with exit code 0, or
// nothing, complains of a device that another program holds, or that is busy; a camera
// that was left in the middle of a picture is wedged until its power is taken or its
// port reset, and has another number on the bus then. It runs by package time, so
// inside testing/synctest too.
//
// Out of scope: what only the real program shows, for which there is package ptpsim.
package gphotosim
