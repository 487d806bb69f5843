// Package fetched remembers which files of a camera's card have become photos: a
// camera's own mark for that can't be trusted, where it has one.
//
// A List is a file with a line for each fetched file: its name, size and time on the
// card, and the photo of the shot's first file. Of a name and size the last line
// counts; a line that a power cut tore is no line. A file can be listed while it is on its
// way into the store, and a shot be noted before it has files, so that a power cut leaves
// nothing that nobody knows of. Of files that are not on the card
// any more the newest 20,000 are remembered.
package fetched
