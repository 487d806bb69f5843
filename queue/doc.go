// Package queue keeps every photo that was taken until the cloud has it, and
// accounts for every slot of the schedule that has none.
//
// The photos are files (package spool); beside them a bbolt database, the
// index, says how far each has come and holds the slot ledger. The directory:
//
//	queue.lock   locked by the process that has the queue open; its pid is inside
//	queue.db     the index
//	spool/       the photos
//	damaged/     what was set aside, for a person to look at; never deleted here
//
// # States
//
//	waiting    the cloud has not got it
//	refused    the cloud will refuse the same bytes again: set aside until Retry
//	confirmed  the cloud has it; the file stays until its space is needed
//	lost       its file vanished or changed before the cloud had it
//
// # Invariants
//
// Check verifies each of them:
//
//  1. A photo is accepted by one transaction, which writes its item, its state,
//     its slot's ledger entry, the counters and the sequence mark.
//     Its file was complete and durable before. So what Add returned survives
//     any power cut, and what it didn't return is there whole or not at all.
//  2. Each item has exactly one state, each state an item, and the counters are
//     the sums over them.
//  3. Each waiting, refused or confirmed item has a file of its size.
//  4. Each photo in the spool has an item, but those whose deletion was decided
//     (bucket "unlinking"), those that an Add is still writing, and those for
//     whose items Open had no room (Recovery.Unadopted).
//  5. Each scheduled item is in the ledger at its slot. A photo in the ledger is
//     an item or was one: its number is not above the sequence mark.
//  6. No sequence number of an accepted photo is given out again. The mark is in
//     the index; should that be lost, the spool tells, since Trim never deletes
//     the newest photo.
//  7. The acknowledgement is durable before the file may go: deletion is a
//     transaction first and an unlink after it.
//
// # The ledger
//
// It is about slots. A slot is accounted for when a scheduled photo of it was
// accepted, or when a Miss names it or spans it. Nothing in it is overwritten:
// when a clock stepped back and a slot is taken again, the slot lists both
// photos; a photo of a slot that was missed stands beside the miss, and a miss
// beside a longer one that spans it. A manual photo has no slot and is not in the
// ledger.
//
// Trim drops what ended 400 days before the newest photo, by the slots' own time;
// not after the slot of the photo that waits longest, and not by a clock that
// isn't synced. Where the index is full of it, a month is kept. A slot keeps its
// photos as long as they have items, and the last slot stays.
//
// # Power and damage
//
// Open adopts whole photos without an item, removes what never became whole,
// and sets aside what is damaged. An index that Options.Probe finds damaged is
// set aside whole and made anew from the spool; then confirmed photos are
// waiting again (the cloud knows their IDs and says so at once), refused ones
// are tried once more, and the ledger holds the photos but not the misses.
// Recovery tells all of it. A single damaged item, which the probe may not have
// read, is written anew from its photo when it is met.
//
// A full card does not stop Open: it deletes confirmed photos, and leaves in the
// spool what it has no room to adopt. Only where there is no index, and no room
// for an empty one, it fails with ErrCardFull.
//
// # Out of scope
//
// In which order photos go and how often one is tried (package session); where
// they go (package upload).
package queue
