// Package maintenance knows when the cloud is away on purpose: the windows of the
// configuration, and those that the cloud announces while the controller runs.
//
// Promises:
//   - A window is a start on the wall clock of its own time zone, a duration and
//     an RFC 5545 rule. A start that the clock skips is as long after the gap as it
//     would have come, and one that the clock shows twice is the first. A window
//     ends once its duration has passed and the clock shows the time that its end
//     has on other days, whichever is later: "22:00 for 4h" over the night in which
//     the clock goes back ends at 02:00, five hours later.
//   - After a window each device returns at its own moment within the spread. The
//     moment follows from the device's name and the window's end alone, so that it
//     is the same after a restart. Names that are numbered come evenly; others as
//     chance has it.
//   - Windows that touch, or lie no further apart than the spread, are one: nobody
//     returns into the next.
//   - Only windows of class maintenance and hot-fix are quiet. Routine work is
//     shown and changes nothing.
//   - A notice counts only if it is signed, for this device or the fleet, and newer
//     than the one that it replaces. All notices together bring at most MaxQuiet of
//     quiet, spreads included, in any 7 days, also where each is replaced by the
//     next before its windows are over; what goes beyond is not quiet. Nothing
//     counts that begins more than MaxAge after the notice.
//   - What was accepted survives a restart and a power cut (notices.json). A
//     damaged file is set aside, and said.
//   - No rule, however odd, costs more than the search through 400 years of days.
//
// Out of scope: what other parts do in quiet time, and how notices arrive
// (agent/mqtt).
package maintenance
