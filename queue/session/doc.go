// Package session drains the queue: it runs the upload sessions of the schedule,
// and those that a person starts.
//
// # What a session sends
//
// An upload slot of the schedule begins a session:
//
//	regular                a count: so many of the newest photos
//	as many as possible    no count: until the block ends or nothing waits
//	End of Day Uploading   one with a choice of its own (a look-back, days, the
//	                       oldest first), or the only one of its block
//	a person's             a count, or as many as possible; no choice, no end
//
// Newest first, then the backlog; a photo that is taken meanwhile is the newest. Of
// eight photos one is the oldest, where that is older than a day, so that nobody
// starves. A session that emptied the queue takes photos that come within two
// minutes of its end too. A limit ends a session, never a photo:
//
//	photos     what the cloud took counts, not what it refused
//	bytes      of the photos that the cloud took, without thumbnails. The photo that
//	           would exceed them waits for the next session, and so does what stands
//	           behind it; a session's first photo goes whatever its size
//	minutes    of the session's own turns, from its first photo on. Turns in which the
//	           cloud took nothing don't count
//	the block  one that begins at its last instant has its minutes, at least five
//
// At the end of the minutes or the block no other photo begins, and the one under way
// is finished. (Where the link breaks it off, it resumes another time at the byte
// where it was.)
//
// # What happens when
//
//	two overlap              They take turns, photo by photo, one at a time: together
//	                         they send what either may, and each has its own limits.
//	                         Slots of one instant are one session; see package schedule.
//	a slot comes while its   The earlier goes on to its limits, then the later begins.
//	  session is under way
//	one outlasts its block   Its photo is finished. What came meanwhile has its turn; an
//	                         End of Day whose block has passed is owed (below).
//	the link goes            The session is broken off, and goes on with what is left of
//	                         its limits, not with new ones. All others wait with it. The
//	                         next slot of its block takes its place with whole limits.
//	the link comes           LinkUp: it goes on at once; three times at the most
//	                         before a photo gets through.
//	a block is lost          A regular session or one of as many as possible is over: its
//	  to an outage           photos wait for the next block. An End of Day that sent
//	                         nothing is owed, as long as its block, until the next
//	                         one begins.
//	a block is lost          Whatever it is, it is owed: the time that the window took,
//	  to a window            with the limits of all slots that passed meanwhile, until
//	                         they are used up or nothing waits, also after its block.
//	a restart in a block     The last slot's session of each block begins at once, with
//	                         whole limits: what was sent is not written down. What was
//	                         owed is forgotten, but for blocks of the last 25 hours that
//	                         began in a window and have ended: they are made up for (again).
//	a person asks            It begins after the photo under way, whatever else holds.
//	                         Where it gets through, the others go on at once.
//	the budget is used up    No photo begins that is larger than what is left; looked
//	                         at again each ten minutes and at each slot.
//	the wall clock steps     A slot that was jumped over begins nothing, unless its block
//	                         lasts; one that comes again begins again.
//
// # What an Uploader's error means
//
// Package upload decides which it is:
//
//   - none: the cloud has the photo. It is acknowledged to the queue, up to
//     ackCount photos or ackDelay later in one transaction, for an
//     acknowledgement that a power cut takes costs the next session one request.
//   - RefusedError: the photo is set aside; the session goes on. In quiet time that
//     isn't believed: it counts as any other error.
//   - UnreachableError: the session is broken off, and goes on after a backoff
//     with full jitter. After ten minutes of outage that becomes one try in each
//     period of Options.Spread, at a moment of it by Options.Phase, so that a fleet's
//     returns are even over it. It never counts against the photo.
//   - any other: the photo goes behind its peers, for a growing delay of its own.
//     unwellAfter different ones in a row mean that the cloud is unwell, which is
//     as good as unreachable; in quiet time one, where no photo has just got through.
//
// # Quiet time
//
// Options.Quiet tells of maintenance windows. In one, sessions begin as ever and what
// works goes on. After a failure the next try is drawn 8 to 15 minutes later, or
// when the cloud asks to be left alone for longer; one that would fall behind the
// window's end is made at this controller's own moment of return. Between end and
// return no session begins. Nothing of it is an alarm: no warning in the log, no
// Unreachable, no Silent in State; LinkUp is not heard, a person is.
//
// # Thumbnails
//
// On a bad link, measured over the last uploads, the thumbnails of the newest
// photos that wait go before the next photo, where the Uploader can send any. One
// is sent once, whatever becomes of it; that it fails never counts against its
// photo. Where they took all of a session's time the next begins with a photo.
//
// Nothing is ever given up: what no session sent waits for the next. Advise tells
// beforehand where sessions can't send what comes.
//
// Out of scope: how bytes travel (package upload), what waits (package queue).
package session
