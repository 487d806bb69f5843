// Package schedule turns a plan into slots: the instants at which something is
// due. It is pure: the same question has the same answer for ever, nothing is
// remembered, nothing waits, and every method may be called from any goroutine.
//
// A plan is a weekly schedule of sessions, events that replace it on a range of
// days, single shots, and pauses. A session's block is given in local wall time
// or by the sun, and its slots are evenly spaced in real time from the block's
// first instant on; both ends belong to the block. Slots never depend on the
// slots before them, so nothing drifts.
//
// # The clock face
//
// Where it is ambiguous, because daylight saving begins or ends or because a
// country moves to another zone, these rules hold:
//
//   - An end that the clock skips (02:30 where 02:00 becomes 03:00) is the
//     first instant after the gap. A block whose ends are both in the gap is
//     that one instant: it is not lost.
//   - From, where the clock shows it twice, is the first time; Until is the
//     last. So the block holds every instant at which the clock shows a time
//     in it, and 00:00 to 23:59:59 leaves no hour of any day out.
//   - A block of one instant (From equal to Until) is the first of two; so is
//     a shot.
//   - A day that the calendar skips (30 December 2011 in Apia) has no block. A
//     block that crosses midnight into it ends on the day after it. A shot on
//     it is taken at the first instant after.
//
// Days are those of the local calendar, and 29 February is a day like another.
//
// # The sun
//
// Sunrise and sunset are of the site's coordinates and computed to less than a
// minute (near the polar circles to some minutes). Those of a day are the ones
// before and after its noon: where the sun sets after midnight, that sunset
// still belongs to the day before.
//
// A block ends on the day after the one it belongs to where its Until lies
// before its From: of two clock times and of two times by the same of sunrise
// and sunset as they stand; else sunrise belongs to the morning and sunset to
// the afternoon. So sunset to sunrise is the night, 22:00 to sunrise and sunset to
// 12:00 end on the next day, 15:00 to sunset never does, and sunrise to 00:00 ends
// at the midnight after. On a day on which such a block would end at or before
// its beginning, because the sun sets before 15:00, there is none. An offset can move a beginning over midnight; the block still belongs to
// the day of that sunrise or sunset.
//
// Where the sun does not set, sunrise is the first instant of the day and sunset
// its end, 24:00. Where it does not rise, both are when it is highest, about noon.
// So a block from sunrise to sunset is the whole day or none, one from sunset to
// sunrise none or the whole time, and between the seasons nothing jumps. This
// holds at the poles, too, where the longitude says when noon is.
//
// # Events, shots and pauses
//
// An event is active from the first instant of its first day to the last of its
// last; blocks belong to the day on which they begin. A block of the weekly
// schedule that reaches into an event is cut off where that begins; a block of an
// event that crosses midnight after its last day runs to its end. Of overlapping
// events all sessions hold. A shot is a capture slot, whatever event there is. In
// a pause nothing is due but check-ins; a block that goes on after it keeps its
// slots as if there had been none.
//
// # Slots that coincide
//
// Sessions of one kind may overlap: their slots are then the union, and equal
// instants are one slot. That slot has the name of the session listed first
// (the weekly schedule before events, those before shots), the latest end, and,
// for each limit of an upload, none where one of the sessions has none, else the
// largest.
//
// Out of scope: what happens at a slot, and whether it happened (package
// capture and the queue's ledger).
package schedule
