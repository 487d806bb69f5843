// Package gphoto drives a DSLR or mirrorless camera by the program gphoto2, over USB or
// the camera's network.
//
// # A shot
//
// Each shot is one run of gphoto2, in a directory of its own on the photos' file
// system, with an empty home, no terminal and English messages; package subprocess
// bounds it and leaves nothing behind. It makes the configured settings, shoots, fetches
// all files of the exposure and keeps them on the camera. Its exit code means nothing:
// most captures that failed end with 0, and many that succeeded end with 1 for what
// came after. A file that is there and whole makes the shot good; else what gphoto2 said
// on stderr is the error, with what a person can do about it where that is known.
//
// The JPEG, where there is one, is the picture that Shoot delivers; Others brings the
// RAW beside it. Files are copied from disk, 64 KiB at a time: gphoto2 has written them
// through the page cache, and they are gone before the kernel writes most of them to
// the card.
//
// # What was fetched
//
// A durable list of this driver's own says which files of the camera's card became
// photos, by name, size and time; the camera's mark for that exists with Canon alone. A
// file that did not come, or that libgphoto2 did not tell of, is fetched later, as the
// file of the shot that it belongs to: at the first shot after a start, daily, and after
// a fault, 10 min apart. Pictures that no Shoot took are left alone; List and Fetch bring
// them where the camera is fired by something else (package shutter).
//
// A card that cannot be listed at once is listed folder by folder, over several slots or
// fetches if need be, the folders that pictures go into last. So a List needs as much time
// as these: the newest of each of the camera's cards.
//
// Each file of each shot becomes a photo once, wherever the power goes. While gphoto2
// opens the camera the list gets a note that the shot begins, with the camera's time; the
// file's line comes before the store can have the file, and says so once it has. After a
// start Options.Find tells which of the files under way the store has; the others, and
// those of shots that have a note alone, are fetched from the camera, and become photos of
// their own slots. A shot of the same run that was taken again, because it was bad or did
// not come whole, becomes none: another one of its slot did.
//
// Files are deleted from the camera only where Config.DeleteFetched says so, and only
// after the queue and the list have them, or the list says that they are to be no photos.
// Just before that the camera is asked again what it has by that name: a card that was
// changed or formatted has other files of the same names.
//
// # Recovery
//
// After a failure the next use begins one rung higher: retry, reset of the USB port,
// power cycle, and then the camera is looked for anew, for its number on the bus is
// another. After a run that had to be ended the reset comes at once: the camera may be
// in the middle of a capture. One that hung though it had the time that shots need is
// switched off at once. A power cycle that a slot has no time for goes on in the next
// one, and a shot for which a recovery has left too little time is put off to it: one that
// is ended in the middle leaves some cameras wedged. A camera that says it is busy is
// asked three times in one Shoot. One that does not take its settings shoots without them.
//
// # The clock
//
// Each shot reads the camera's clock. Where it is off by more than two seconds from the
// site's wall time, it is set with the next run, at most once an hour, and only while
// the board's clock is synced. It has no zone: gphoto2 runs as in UTC.
//
// Where something else fires the camera, its clock is read by a List, once an hour, and set
// after the listing. The times of the pictures are told by the clock as it is then. So that
// those from before keep theirs, however long they stay on the card, it is written down before
// the setting by which clock each of them is; one of which that is not known, and which cannot
// be by the clock as it is, is by the clock as the last setting left it, or by that of before.
// Where nobody heard whether a setting came about, the camera is asked until it tells; where
// it is not taken, it is tried ever more rarely, at least once a day. A picture may appear on
// the card a minute after its shot: before a clock is set back a List waits so long, and the
// clock stays where a shot ends that. Clocks that are less than 5 s apart are not told apart.
//
// Out of scope: live view, bulb exposures of gphoto2's own, and mounting anything.
package gphoto
