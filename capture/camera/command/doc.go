// Package command takes pictures by a program that writes a JPEG to a file or to its
// standard output: rpicam-still, libcamera-still, raspistill, fswebcam, ffmpeg, or a
// script.
//
// It promises:
//   - Each photo is a fresh process, run as package subprocess promises: bounded in
//     time and output, with all that it started ended after it.
//   - A picture is judged by its bytes: it is passed on from FF D8 to FF D9, and one
//     that does not end is an error, whatever the exit code. A whole one is taken
//     though the program failed, or had to be ended, after it: some programs crash
//     when they close the camera, and the photo can't be taken again. That is logged.
//   - What goes to standard output is streamed; no more than one part of it is in
//     memory. A file is read when the program has ended. It is in a private directory
//     on the file system of the photos, which is gone when Shoot returns.
//   - Power is as camera.Power.Rest wants it after every Shoot, or off after a program
//     that had to be stopped, though not where the time went with starting the camera.
//     After two failures, or where the kernel holds a program that was killed, the next
//     Shoot takes the camera's power away for a while, where there is a line for that;
//     the one after it goes on with what it had no time for.
//
// There is nothing to reset between a retry and the power line: every run begins
// anew.
//
// Out of scope: what the arguments mean, and formats other than JPEG.
package command
