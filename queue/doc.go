// Package queue keeps every photo that was taken until the cloud has it, and
// accounts for every slot of the schedule that has none.
//
// The photos are files (package spool); beside them a bbolt database, the
// index, says how far each has come and holds the slot ledger. The directory:
//
//	queue.lock    locked by the process that has the queue open; its pid is inside
//	queue.db      the index
//	queue.db.new  an index in the making; what a power cut leaves of it is removed
//	spool/        the photos
//	damaged/      what was set aside, for a person to look at; never deleted here,
//	              but for indexes: the newest 3 are kept
//
// # States
//
//	waiting    the cloud has not got it
//	held       as waiting, but a person said: not now
//	refused    the cloud will refuse the same bytes again: set aside until Retry
//	kept       its kind is not uploaded
//	confirmed  the cloud has it; the file stays until its space is needed
//	lost       its file vanished or changed before the cloud had it
//
// Beside its state a photo can be copied (the second copy has it), uncopied (it
// is to go there) or away (only the second copy has it). Of photos that were
// deleted before the cloud had them the index remembers whether a person dropped
// them or the policy for a full card thinned them out.
//
// # The index
//
// It has a record of 64 bytes for each photo, and a set of numbers for each state
// and mark; all else is in the metadata that the photo carries. The upload's URL
// is there too: it costs no transaction. Each value has a checksum over itself,
// its key and its bucket. See record.go, set.go, span.go and package ledger.
//
// # Invariants
//
// Check verifies each of them:
//
//  1. A photo is accepted by one transaction, which writes its record, its state,
//     its slot's ledger entry, the counters and the sequence mark.
//     Its file was complete and durable before. So what Add returned survives
//     any power cut, and what it didn't return is there whole or not at all.
//  2. Each photo has exactly one state, each state's member a record, and the
//     counters are the sums over them.
//  3. Each photo that is neither lost nor away has a file of its size with its
//     metadata; each that is away is copied.
//  4. Each photo in the spool has a record, but those whose deletion was decided
//     (bucket "unlinking"), those that an Add is still writing, and those for
//     which Open had no room or which the card won't give (Recovery.Unadopted).
//  5. Each scheduled photo is in the ledger at its slot, a slot once. A photo in
//     the ledger is in the index or was: its number is not above the sequence
//     mark.
//  6. No sequence number of an accepted photo is given out again. The mark is in
//     the index; should that be lost, the spool, damaged/, what can be read of the
//     old index, and the spool's own mark tell, which is written before a photo is
//     deleted (spool.Mark).
//  7. The acknowledgement is durable before the file may go: deletion is a
//     transaction first and an unlink after it. Where an index of the first release
//     has no room for its migration, its own acknowledgements count for that.
//
// # The ledger
//
// It has one account for each slot, by UTC day and session: the photos, or why
// there is none. A photo stands above a miss, a failure that was seen above a gap;
// a slot that is taken again when a clock stepped back lists both photos. Gaps
// whose slots nobody can list are spans beside it, below all that is known of
// single slots. A manual photo has no slot and is not in the ledger.
//
// Trim drops what ended five years before the newest photo, by the slots' own
// time; not by a clock that isn't synced, and no day one of whose photos is in the
// index. Where the index is full of it, a month is kept.
//
// # Power and damage
//
// Open compares the newest photos with the index: what a power cut can have parted.
// It adopts whole photos without a record, and removes what never became whole.
// Sweep compares all, and Scrub reads the photos' bytes.
//
// Open reads the index before bbolt may (package boltfile), as bbolt ends the
// process on damage. A damaged index is set aside whole and made anew from the
// spool and from what of the old one still proves itself by its checksum: the
// ledger, what is confirmed, held, away or lost, and which deletions were decided.
// Of the numbers that the old index alone knew, the new one says that it doesn't
// know (see known.go): no copy is deleted for them, and photos that the second
// copy has come back (Returned). The rest waits again; the cloud knows the photos'
// IDs and says at once what it has. Where only the newest transaction is lost, all
// of the spool is compared. A photo that isn't what its metadata says goes to
// damaged/; one that lost its metadata is known by its record. Of two photos with
// one number, as where a person copied the spool of another card, the second goes
// there whole: it can't get a new number, which would be a new ID, and the cloud
// may know it by the old one. A file that the card won't give is left where it is,
// and the others are taken in.
//
// An index that turns out to be damaged in use is given up and opened as at a
// start, while all calls wait; then the call that met the damage goes on. That
// happens once a minute at most. Recovery tells all of it.
//
// An index of the first release is migrated in one transaction, for which confirmed
// photos go where the card is full; one of a newer fieldcam is refused with ErrNewer
// and left untouched. Compact puts a smaller copy in the index's place: a power cut
// leaves the one or the other.
//
// A full card does not stop Open: it deletes confirmed photos, and leaves in the
// spool what it has no room to adopt, for the next Sweep. Only where there is no
// index and no room for an empty one, or one of the first release and nothing that
// may go for its migration, it fails with ErrCardFull; no photo is lost by that.
//
// # Out of scope
//
// When photos go and how often one is tried (package session); where they go
// (package upload); what the second copy is (package second).
package queue
