// Package cameratest is the conformance suite of the cameras that deliver each
// picture when they are asked: what every driver promises, whatever it speaks.
//
// It promises of a driver that passes:
//   - A picture arrives whole, in parts of MaxPart bytes at most, and a new one
//     each time.
//   - A camera that is silent, hangs in mid-picture or breaks its picture off is
//     an error that says so; it never passes for a picture. Shoot ends by itself,
//     within Rig.Limit.
//   - The end of the context ends Shoot and Prepare within Grace, whatever the
//     camera does then.
//   - The camera is as its power's configuration wants it whenever a call has
//     returned: off, or on where it is kept on; off for good after Close.
//   - Once the fault is over the next Shoot brings a picture. A camera that only
//     its power line brings back is back within Rungs more.
//   - A fault of the writer comes back as it is, and leads to no recovery.
//   - Close ends within CloseWait though a Shoot is under way; a Shoot after it is an error.
//
// Run runs in simulated time or in real: it compares times, and sleeps where a
// moment within a picture is meant.
//
// Slots promises of a driver behind the capture service, which asks it at each slot:
//   - A hang costs the photos of the slots in which the camera hangs, and no other.
//   - A camera that is well again is back on time within a few slots, also where its
//     recovery takes more time than a slot has.
//
// Out of scope: what a picture looks like, rates, and which faults a protocol has of
// its own. Each driver's own tests hold those.
package cameratest
