// Package ucam drives serial JPEG cameras that speak in commands of six bytes: 4D
// Systems' uCAM-II and uCAM-III, and the OV528 boards that they descend from (the
// Grove Serial Camera Kit and others).
//
// It promises:
//   - Every wait is bounded, by Config.ReplyTimeout for each reply and by the
//     context for the whole. Ending the context ends a blocked read at once.
//   - A picture is streamed as it arrives; no more than one package of it is in
//     memory. Each package is checked, by its number, its size and its sum, and
//     asked for again where it came damaged. The sum is a byte: of packages that
//     are damaged without a change of their length one in 256 passes.
//   - A picture is passed on as a JPEG from FF D8 to FF D9; one that does not end is
//     an error.
//   - A picture is of now, and exposed: a camera that has just started or slept has
//     Config.Settle to look around first.
//   - A refusal (NAK) is a NAKError, which says why.
//   - After a failure the next Shoot first resets the camera, and after two it
//     takes the camera's power away for a while, where there is a line for that. One
//     that has fallen silent, and would hear no reset, is switched off at once.
//   - The camera's power is as camera.Power.Rest wants it after every Shoot that it was
//     not silent in.
//
// The camera sleeps after 15 s of silence, and then hears nothing but SYNC. So every
// Shoot begins with that, which also finds the rate: first at the rate where the
// camera was last, then at all that it can be at. A uCAM-III is told not to sleep
// while it is in use.
//
// The facts about the protocol are those of these sources, cited by letter in
// the code:
//
//	[D] 4D Systems, data sheets of uCAM-II and uCAM-III
//	[H] hansj66/ucam-iii
//	[L] Seeed-Studio/Grove_Serial_Camera_Kit
//	[M] os.mbed.com, ms523 uCam
//	[S] ScruffR/uCamIII
//
// Out of scope: raw formats. At most 160x120 pixels in one stream without any check are no photo of a
// site. Preview pictures, which are not those of the moment that was asked for.
package ucam
