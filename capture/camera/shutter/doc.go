// Package shutter drives a DSLR or mirrorless camera by its remote shutter socket
// alone (Low Power Mode): a full-press line and, as a rule, a half-press line fire
// it, and its pictures stay on its card until they are fetched in bulk. Camera is a
// capture.Deferred.
//
// # Firing
//
// Both lines are off from the moment they are taken, and off again after each shot,
// on every path, the full press first. The camera is woken by a half-press where it
// may have gone to sleep. Then half-press, wait for the meter and the focus, full
// press as well, and release. The times are those of the maker (Makers), or the
// configuration's. Nothing tells whether the camera exposed: the pictures do, when
// they are fetched. Where three shots or more left none within a minute, the next one
// begins with a power cycle, if there is a power line. So does the next shot or look
// where two looks or transfers of a Fetcher failed in a row, by the camera's fault: also
// where a shot ended them, if the Fetcher's program did not heed that, or a look was ended
// so often that it has no end. Else the camera keeps its power: what is in its buffer would
// be lost.
//
// A contact that does not close, as with a broken wire, is found out by the card: it has
// pictures of shots of which the contact told nothing. That is kept in contact.json, over
// restarts, until the contact tells of a shot.
//
// # Fetching
//
// The card is a directory: a USB mass storage or a card reader that the system
// mounts, with the folders and names of DCF (DCIM/100CANON/IMG_0001.JPG). It must
// show the card as it is now: the kernel keeps what it has read of a mounted FAT, so
// that it is mounted anew for each fetch, as by an automount with a short idle time.
//
// A file is left for the next time unless it is whole: a JPEG has the end of its
// picture; another file stands beside a whole JPEG, or before a later number, or has
// not changed since the List before. The time is that of EXIF, DateTimeOriginal with
// SubSecTimeOriginal and OffsetTimeOriginal, or the file's; without an offset it is
// meant in the site's time zone. No file is believed: sizes, counts and names are
// bounded, links and special files are not followed, nothing outside of the path is
// opened.
//
// What was fetched is in a durable list (fetched.list), by name, size, time and
// SHA-256. A file that has a listed one's name and size but another time, as where a
// zone changed, is compared by its bytes. Of files that are not on the card any more
// the newest 20,000 are remembered. A file is deleted from the card only where
// Config.DeleteFetched says so, and only after the queue and the list have it.
//
// # The plan
//
// Config.Check says where a schedule asks for more than the camera can do.
//
// Out of scope: which slot a picture is of (capture), mounting the card, and PTP.
package shutter
