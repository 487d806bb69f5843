// Package subprocess runs one program for a camera's driver, and leaves nothing
// of it behind.
//
// It promises:
//   - Every run is bounded: by its context, and in what it may write. A program
//     that is not wanted any more gets SIGINT, then SIGTERM, then SIGKILL, with
//     the times of Spec between them; where the context has a deadline, so early
//     that the last one comes before it. When the context has ended, Run returns
//     within 450 ms, whatever the program does, unless Spec.Stdout holds it up.
//   - The program runs in a session and process group of its own, and the signals
//     go to all of the group. When the program ends, what it has started and left
//     in the group is killed, before its number can be given to another. A child
//     that made a group of its own stays (systemd ends it with the daemon), but it
//     cannot hold Run up by holding the output open.
//   - Output is streamed to Spec.Stdout; of stderr the end is kept. Memory does
//     not grow with either.
//   - The program sees no terminal, an empty input, a private directory as home
//     and for temporary files, English messages, and nothing of the daemon's
//     environment. It gets no core file, and is the first to go where memory is
//     short.
//   - No error text has the arguments, or user and password of an address that the
//     program printed.
//
// A program that the kernel holds even against SIGKILL, waiting for a device, is
// left behind with its goroutine; the Runner starts no other until it has gone.
//
// Out of scope: what a program's exit code means, and whether the output is worth
// anything.
package subprocess
