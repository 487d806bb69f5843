// Package export copies photos of a queue to a stick or disk that a person takes
// away, so that the copy can be checked there by standard tools.
//
// What is made below the directory that the person names:
//
//	fieldcam-cam-1-20261121T104839Z/README.txt
//	fieldcam-cam-1-20261121T104839Z/SHA256SUMS
//	fieldcam-cam-1-20261121T104839Z/20261121/20261121T070316Z-000042-9f3ac1.jpg
//	fieldcam-cam-1-20261121T104839Z/20261121/20261121T070316Z-000042-9f3ac1.json
//
// The day is that of the photo's ID, in UTC; the JSON is its photo.Meta. Where a
// day has too many photos for one directory of a FAT, others follow: 20261121-2.
//
// # Promises
//
//   - SHA256SUMS lists every other file, in the form of sha256sum, and is there
//     only when the export is whole. Until then it is called SHA256SUMS.part, and
//     lists only files that were fsynced and read back, past the page cache.
//   - An export that was broken off goes on where it was, when it is run again
//     into the same place: what is there and right is not written again.
//   - One export at a time works in a directory that a person names.
//   - No name has a character that FAT, exFAT or NTFS can't store, and nothing
//     but names, sizes and bytes is relied upon.
//   - Memory does not grow with a photo's size. Nothing is deleted at the source.
//
// Out of scope: which photos, and how they are read: Source's.
package export
