// Package visca aims a block or PTZ camera before a photo: zoom, focus and stored
// positions, over Sony's VISCA on a serial line. The picture itself comes another way.
//
// It promises:
//   - Aim is bounded by Config.Timeout and its context, whatever is on the line; each
//     reply has its own bound. A line that is silent, noisy or shared is an error.
//   - A command is over when the camera says that it is complete, so that a photo is
//     not taken on the way to a position. A camera that is busy, or moving, is asked
//     again; what fails is tried once more, from the line's address on.
//   - The port is held only while the camera is aimed.
//
// The bytes are those of Sony's command lists for the EVI-H100S, BRC-Z300, SRG-H40UH
// and FCB-EH4300; they agree in what is used here.
//
// Out of scope: pan and tilt by angle, colours, exposure, VISCA over IP, and more than
// one camera on a line to be aimed (others may be there).
package visca
