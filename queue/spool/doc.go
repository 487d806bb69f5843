// Package spool keeps whole photos as files in one directory, each with what is
// known of it, so that an index over them can be lost and made anew.
//
// A photo's file is SEQUENCE-ID.FORMAT: the sequence number in 20 digits, so
// that names sort in the order of capture whatever the clock said, the photo's
// ID, and the picture's format as the extension:
//
//	00000000000000000042-20261121T070316Z-000042-9f3ac1.jpg
//
// # Promises
//
//   - A file has its final name only when every byte of it and its metadata have
//     been written. Before, its extension is "part": a file that a camera is
//     still filling is never taken for a photo, by us or by a person's glob.
//     The name is given before the one fsync, so it costs no flush of its own;
//     it can't be given at creation since the camera tells the format last.
//   - When Commit returns nil, picture, metadata and name are on the disk:
//     fsync of the file, then of the directory (without the latter 8 of 2,241
//     photos were lost in measured power cuts).
//   - Nothing is overwritten: files are created with O_EXCL.
//   - The metadata is the JSON of photo.Meta in the extended attribute
//     "user.fieldcam.meta", or in a file of the photo's name and ".json" where
//     the file system has no user attributes. Readers accept either.
//   - Files with other names are foreign: left alone and told to the caller.
//   - Memory does not grow with a photo's size, nor with the number of photos.
//
// Out of scope: which photos are worth keeping, and in which order they go.
// That is package queue's, the only caller.
package spool

// The durable steps, in the order in which one photo meets them. Options.Fault
// is asked before each.
const (
	StepCreate   = "spool.create"  // create the .part file
	StepWrite    = "spool.write"   // write a piece of the picture
	StepMeta     = "spool.meta"    // attach the metadata
	StepName     = "spool.name"    // give the file its final name
	StepSync     = "spool.sync"    // fsync the file
	StepDirSync  = "spool.dirsync" // fsync the directory
	StepUnlink   = "spool.unlink"  // remove a photo or what is left of one
	StepSetAside = "spool.aside"   // move a damaged photo out of the spool
)

// Steps lists the names of all durable steps of this package.
func Steps() []string {
	return []string{StepCreate, StepWrite, StepMeta, StepName, StepSync, StepDirSync, StepUnlink, StepSetAside}
}
