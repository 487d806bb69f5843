// Package vc0706 drives serial JPEG cameras that speak the VC0706 protocol
// (Adafruit 397, LinkSprite LS-Y201, JC425M, Spinel and many more).
//
// It promises:
//   - Every wait is bounded, by Config.ReplyTimeout for each reply and by the
//     context for the whole. Ending the context ends a blocked read at once.
//   - A picture is streamed as it arrives; no more than one chunk of it (Config.Chunk) is in
//     memory. Each chunk is checked by the reply that frames it and asked for
//     again, at its address, where it came damaged. The protocol has no
//     checksum: a byte that changed its value is passed on, and so is a chunk
//     that lost one byte and got another twice.
//   - A picture is passed on as a JPEG from FF D8 to FF D9, without the padding
//     that cameras add; one that does not end is an error.
//   - A picture is of now: the camera is told to resume, and given the time to
//     expose, before each shot.
//   - After a failure the next Shoot first resets the camera, and after two it
//     takes the camera's power away for a while, where there is a line for that. One
//     that has fallen silent, and would hear no reset, is switched off at once.
//   - The camera's power is as Power.Rest wants it after every Shoot that it was not
//     silent in.
//
// The camera is looked for at every rate each time, beginning where it was seen
// last, so that a brown-out between two photos needs no special case. One that was
// left in power save is woken.
//
// The facts about the protocol are those of these sources, cited by letter in
// the code:
//
//	[A] adafruit/Adafruit-VC0706-Serial-Camera-Library
//	[D] dewyatt/vc0706
//	[J] Jiahe JC425M-Q01 protocol manual
//	[M] SergeyMSV/LIB.Module.CameraVC0706
//	[N] Lantronix/vc0706-module
//	[O] OutsideTheBoxProject/N, Arduino/Headset (LS-Y201-2MP)
//	[P] LinkSprite LS-Y201 manual
//	[S] Spinel SC30MPA manual
//	[V] Vimicro VC0706 protocol
//
// Out of scope: motion detection (its unsolicited events are skipped), TV out,
// the stored rate and compression, DMA.
package vc0706
