// Package second keeps a second copy of the photos on another disk (an SSD, a
// stick, a second card) that is given by its mount point, and may be unplugged
// and plugged in at any moment.
//
// # What is on the disk
//
//	fieldcam/disk.json                                      whose disk it is
//	fieldcam/cam-1/2026-11-21/20261121T070316Z-000042-9f3ac1.jpg
//	fieldcam/cam-1/2026-11-21/20261121T070316Z-000042-9f3ac1.json
//
// The day is that of the photo's ID, in UTC; the JSON is its photo.Meta and
// whose queue it came from. Nothing but these names is relied upon: sticks with
// FAT or exFAT have no attributes, no permissions, and times of two seconds.
//
// # Promises
//
//   - Nothing is ever written to a mount point that has no disk: every write goes
//     through a handle of the disk's root, which is seen to be another file
//     system than its parent directory after it was opened.
//   - Nothing is written to a disk that isn't this controller's: an empty disk
//     is made so, one with other things on it only where Config.Adopt says so.
//   - A photo has its name only when it is whole: it is written under another
//     one, fsynced, read back past the page cache against its SHA-256, and then
//     renamed. Only when its directory is fsynced, too, is the queue told.
//   - A copy is deleted only below the free space that Config keeps, and only
//     where the cloud has that photo and this controller's queue copied it.
//   - What the queue knows to be copied is on the disk that is mounted: of another
//     one it is told before anything else.
//   - Copies that the queue knows nothing of, since its index was lost, are given
//     back to it at each start and plug-in, before any copy is deleted.
//   - Nothing waits for the disk but Run, Open of a photo that only the disk
//     has, and Missing, before the card deletes a photo that waits. Between photos
//     the disk is not in use, so that it can be unmounted.
//   - Photos are copied in bulk: 16 at a time, or what there is every 15 minutes.
//   - The card is read at half speed at most, and not while Options.Busy.
//
// Out of scope: which photos are to be copied, and what the card may delete for
// it: package queue's. Mounting is the system's.
package second

// The durable steps, in the order in which one photo meets them, and those of
// the disk itself. Options.Fault is asked before each.
const (
	StepSource  = "second.source"  // remember on the card whose queue this is
	StepMark    = "second.mark"    // write to the disk whose it is
	StepDir     = "second.dir"     // make a directory
	StepCreate  = "second.create"  // create the copy under its other name
	StepWrite   = "second.write"   // write a piece of it
	StepSync    = "second.sync"    // fsync it
	StepCheck   = "second.check"   // read it back
	StepSidecar = "second.sidecar" // write its metadata
	StepName    = "second.name"    // give it its name
	StepDirSync = "second.dirsync" // fsync a directory
	StepDelete  = "second.delete"  // delete a copy that the cloud has
)

// Steps lists the names of all durable steps.
func Steps() []string {
	return []string{StepSource, StepMark, StepDir, StepCreate, StepWrite, StepSync, StepCheck, StepSidecar, StepName, StepDirSync, StepDelete}
}
