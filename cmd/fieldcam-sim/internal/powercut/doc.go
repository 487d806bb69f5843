// Package powercut cuts the power of a real controller at a hundred moments, and
// looks each time at what the card would hold.
//
// The real daemon runs on an emulated arm64 board (package emulated), with a
// simulated camera on its serial port and the real hub on this machine. Every
// write to its disk is logged; meanwhile a witness notes what this machine saw
// acknowledged, each with the log's length at that moment: what an
// acknowledgement rests on is before that point of the log. Then the disk is
// rebuilt as cuts along the log leave it, and each of these states judged.
//
// # The verdict
//
// A state that a cut after the log's length p leaves must hold to this:
//
//   - The journal can be replayed, and the file system is sound after it, or can
//     be mended.
//   - The queue opens, and Check is clean. It takes a photo more, with a number
//     that no photo had before. Opened again, it is clean too.
//   - Each photo that the daemon reported before p is in the queue with its own
//     bytes, or the hub had filed it before p.
//   - Each photo in the queue has the bytes that its metadata tells, and they are
//     a picture that the camera sent: nothing half-written is visible.
//   - No picture is in the queue twice, nor under another ID than in the hub.
//   - The ledger accounts for each slot from the first photo reported to the last
//     one before p, and for each photo's slot as taken.
//
// In the end the controller gets its power back, from the cut that is the hardest
// on the cloud: the hub has filed a photo, and the daemon's note of that is not on
// the disk. The hub must have all photos then, and none twice.
//
// # That it can fail
//
// A sweep that finds nothing proves something only if it would have found
// something. The self-test sweeps a writer that leaves out the directory's fsync,
// which must be caught, and one that does not, which must pass; and each daemon's
// log is judged once more as that of a drive that says too early that it has
// flushed, in which the verdict above must find losses. ext4 writes a new file's
// directory entry with the file, so that leaving out the directory's fsync in the
// daemon itself would not show here. (A mount with "nobarrier", under which no
// fsync reaches the drive, is caught.)
//
// # Out of scope
//
// A card without room, and what the queue deletes for it: package queue's tests.
package powercut
