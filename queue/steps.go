package queue

import "fieldcam/queue/spool"

// The durable steps of the index, beside those of package spool. Options.Fault
// is asked before each; a transaction's step is its commit.
const (
	StepIndexCreate   = "index.create"   // put a new index in its place
	StepIndexSetAside = "index.aside"    // move a damaged index out of the way
	StepIndexAdopt    = "index.adopt"    // accept photos found in the spool
	StepIndexAdd      = "index.add"      // accept a photo
	StepIndexMiss     = "index.miss"     // account for slots without a photo
	StepIndexAck      = "index.ack"      // the cloud has photos
	StepIndexRefuse   = "index.refuse"   // the cloud refuses a photo
	StepIndexHand     = "index.hand"     // a person retries, holds or releases photos
	StepIndexDrop     = "index.drop"     // a person deletes photos
	StepIndexTrim     = "index.trim"     // decide on deletions, drop what is old from the ledger
	StepIndexCopied   = "index.copied"   // the second copy has photos
	StepIndexMend     = "index.mend"     // write a photo's record anew
	StepIndexScrub    = "index.scrub"    // remember how far the photos were read
	StepIndexProved   = "index.proved"   // remember how far the ledger is proved
	StepIndexMigrate  = "index.migrate"  // bring an older index to this schema
	StepIndexCompact  = "index.compact"  // put a smaller index in its place
	StepIndexUnlinked = "index.unlinked" // forget deletions that were carried out
	StepIndexLose     = "index.lose"     // a photo's file is gone or damaged
)

// Steps lists the names of all durable steps, those of package spool included.
func Steps() []string {
	return append(spool.Steps(),
		StepIndexCreate, StepIndexSetAside, StepIndexAdopt, StepIndexAdd, StepIndexMiss, StepIndexAck,
		StepIndexRefuse, StepIndexHand, StepIndexDrop, StepIndexTrim, StepIndexCopied, StepIndexMend, StepIndexScrub, StepIndexProved,
		StepIndexUnlinked, StepIndexLose, StepIndexMigrate, StepIndexCompact)
}
