// Package spool keeps whole photos as files, each with what is known of it, so
// that an index over them can be lost and made anew.
//
// A photo's file is THOUSAND/SEQUENCE-ID.FORMAT: the sequence number in 20
// digits, so that names sort in the order of capture whatever the clock said,
// the photo's ID, and the picture's format as the extension. A thousand numbers
// share a directory, named by the number without its last three digits, so that
// a start needs to look at the newest one only, and no directory grows for years:
//
//	00000000000000000/00000000000000000042-20261121T070316Z-000042-9f3ac1.jpg
//
// The first release kept all photos in the spool's own directory; they are found
// there still.
//
// # Promises
//
//   - A photo has its final name from the start: a rename would cost two flushes
//     of the card. What makes it whole is its metadata, which is attached when
//     every byte has been written. A file without is never taken for a photo.
//   - When Commit returns nil, picture, metadata and name are on the disk:
//     fsync of the file, then of the directory (without the latter 8 of 2,241
//     photos were lost in measured power cuts).
//   - Nothing is overwritten: files are created with O_EXCL.
//   - The metadata is the JSON of photo.Meta in the extended attribute
//     "user.fieldcam.meta", or in a file of the photo's name and ".json" where
//     the file system has no user attributes. Readers accept either.
//   - What Mark was told outlives the photos, and an index over them: it is the
//     attribute "user.fieldcam.sequence" of the directory, or its file "sequence".
//   - Files with other names are foreign: left alone and told to the caller.
//   - Memory does not grow with a photo's size, nor with the number of photos.
//
// Out of scope: which photos are worth keeping, and in which order they go.
// That is package queue's, the only caller.
package spool

// The durable steps, in the order in which one photo meets them. Options.Fault
// is asked before each.
const (
	StepShard    = "spool.shard"   // make a directory for the next thousand
	StepCreate   = "spool.create"  // create the file
	StepWrite    = "spool.write"   // write a piece of the picture
	StepMeta     = "spool.meta"    // attach the metadata
	StepName     = "spool.name"    // correct the extension, where the camera surprised
	StepSync     = "spool.sync"    // fsync the file
	StepDirSync  = "spool.dirsync" // fsync the directory
	StepUnlink   = "spool.unlink"  // remove a photo or what is left of one
	StepSetAside = "spool.aside"   // move a damaged photo out of the spool
)

// Steps lists the names of all durable steps of this package.
func Steps() []string {
	return []string{StepShard, StepCreate, StepWrite, StepMeta, StepName, StepSync, StepDirSync, StepUnlink, StepSetAside}
}
