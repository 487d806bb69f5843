// Package capture takes each photo that is due, or says why there is none.
//
// # Slots
//
// The schedule gives the slots: instants of wall time. The Service sleeps until
// the next one, but never longer than 10 s, or 30 s where it is told of steps
// (Options.Told), and not past 10 s before the slot; then it asks the clock again. So
// a step of the clock is noticed at once, or within 10 s. When nothing else is in hand
// the camera is asked within milliseconds of the slot; with Options.Approach the
// clock is watched for the last of them, and the Store begins with the photo before
// its slot, so that neither a timer nor the card makes it late. At each turn every slot
// since the turn before is handled:
//
//   - The newest one is photographed, if it is at most Config.Late old.
//   - All others are reported to the Store as missed, each with a cause:
//     NotRunning for those before the daemon started (or while the whole process
//     was held up), ClockStep for those that the clock jumped over, Busy for
//     those that passed while the camera was at an earlier one, Paused for those
//     that a person did not want, PowerLow for those that the battery was too low
//     for.
//
// Before the first start of all nothing was due. A ledger that ends before the
// year 2025 was written by a clock that was not set, and counts as none.
//
// The Store is told of missed slots exactly: as progressions, each of one session
// and one UTC day. Only a range of more than half a million slots or five years is
// a span. Where two sessions are due at the same instant, that is one slot, of the
// session listed first.
//
// The Store hears of slots in their order: the missed ones before the photo that
// follows them, and those of one day together, whatever their sessions. So after a
// power cut the next start goes on after the last slot that the Store knows, and
// nothing is lost between. A miss that the Store cannot write is kept in memory
// and tried again at each turn; the others and the next photo are written all the
// same. Where there are many of them they are joined into spans rather than
// dropped. Only a power cut while the card takes photos but no misses can lose
// them.
//
// The service can report a slot more than once, where the clock showed its time
// more than once. The Store keeps one account of each: a photo stands above a
// failure, that above a gap, a span below all; of two gaps the newest counts.
//
// # The clock
//
// Photos are taken whether or not the clock is synced; the Shot says which.
//
// A gap, which is the slots before the start or those that a step forward jumped
// over, is true only if the clock is. While nobody vouches for the clock it is
// held in memory, and reckoned by the clock of the moment when it is synced. One
// of up to 31 days is held only until something is to be written behind it, for
// then a power cut would lose it; a longer one is lost by a power cut, if the
// clock was right.
//
// Forward: the slots jumped over are ClockStep. Where the clock was not synced
// in this run before, those from before the service's start by the corrected
// clock are NotRunning, or, where there is no ledger, were never due. So a board
// that boots in 1970 and is set a minute later does not report decades of missed
// photos. Slots of the future that a wrong clock jumped over are reported too;
// when they come after all, what becomes of them takes the place.
//
// Backward by up to a minute: the slots that come again are not taken again.
// By more: they are photographed again and the Store has both, for a photo too
// many is cheap and a missing one can't be retaken. Where one fails the second
// time, the photo that the Store has stands.
//
// Backward to before the start, by the clock until then: then the gap at the start
// was too long, or never was. What it holds up to now is reported anew:
// NotRunning before the start, ClockStep since, while the clock showed another
// time. Slots of the future that the ledger has by then hide nothing: from then on
// only photos count, and failures and gaps are reported again.
//
// A clock that is more than a minute before the ledger's end, at a start or after
// a step: the service goes on after the newest of the last 20,000 slots that the
// Store accounts for. Where the next slot counts as missed already, which is by a
// clock that was wrong, it goes on after the newest one with a photo: those
// since are reported as a gap, and a failure that was seen stands above that. If
// the clock steps forward after all, the ledger's end counts again.
//
// # Attempts
//
// A slot's photo is tried up to Config.Attempts times, a quarter of a second
// apart, all of them within Config.Timeout and so that the camera is free again
// before the next slot; but for at least 2 s, or the interval where that is
// shorter. One attempt may use all of this time: a driver knows better than the
// service when its camera will not answer any more. Then the slot is missed as
// CameraFault or StoreFault with the last error. A full card is not tried
// again: CardFull.
//
// An attempt whose context has ended and that has not returned half a second
// later is left to itself: the camera does not come back, or the card, whoever's
// turn it was. Until it returns, no other attempt starts, slots are missed as
// Busy, and nothing is reported to the Store, because the attempt may yet turn
// into the photo of its own slot. It is never counted as both.
//
// # Bad pictures
//
// With Options.Checks each picture is looked at on its way to the store. One that is not
// whole counts as a failed attempt: it is tried again, up to Config.Attempts. One that is
// black, blown out, unchanged or far too small is taken once more, though not where that
// did not help the last time. Both only where there is time for another that takes as
// long, and a quarter more.
//
// Meanwhile the store has the first one, written but not yet a photo. It becomes one
// where the second is worse, or none comes; else the second does, and nothing is left of
// the first. So a slot has one photo, and no picture is dropped for its looks: the last
// one is kept with what is wrong with it, and with its shot's other files, as RAW. The
// time for all this is what the slot leaves, less what the store took for the photo
// before. Only a power cut, or a camera that never comes back, while a bad picture is
// taken again costs the bad one; a camera that keeps it, as a Several does, brings it
// after the next start.
//
// The pictures of a Deferred are looked at as they are fetched; they can't be taken again.
//
// A panic in a driver is not caught: systemd starts the daemon again, and the
// slot is then taken late or reported as NotRunning.
//
// When Run is stopped in the middle of an attempt, the attempt is cancelled and
// the slot left open: the next start takes it late or reports it. Run waits
// 3 s at most for the attempt; if it is still not back, Run says so in its error
// and leaves the goroutine behind. Its slot and those after it stay open: the next
// start finds the photo, if it became one, and reports the others as NotRunning.
//
// # Pause
//
// Slots at which Options.Paused says so are not photographed but reported as Paused,
// which is no problem; those at which Options.PowerLow does, as PowerLow. While
// nothing else happens they are written every 10 min; a power cut in between loses
// nothing, for the next start reports them.
//
// # Low Power Mode
//
// A Deferred camera keeps its pictures. At a slot it is only fired, and nothing
// durable is written: the shot is held in memory. The slot counts as taken once
// Fetch has brought its picture. Fetch runs beside the loop, which goes on firing.
//
// Nothing is lost by a power cut all the same. Before the Store is told of any slot
// or photo that comes after open shots, it is told of those, as NotFetched; so at the
// end of each UTC day, before each fetch, and at a stop. Shots of which it had not
// been told are in the gap before the next start, as NotRunning. A photo of the slot
// takes the place of either. So at every moment each slot up to the Store's last one
// is either taken or missed with a cause.
//
// A picture belongs to the shot whose time is nearest, at most 10 s away, when the
// difference of the two clocks is taken off. Where that is not known it is the one
// by which most pictures make sense, of equals the one nearest to that known before;
// then the median of what the pairs say. One that was not known counts only where
// three shots or more fit, and most of all. Shots are compared by package time, so
// that a step of this clock does not matter; a camera's clock that was set between
// two pictures does not either, where both parts have three. Pictures of an earlier
// run, whose shots nobody remembers, belong to the nearest slot that has no photo,
// those first that are within 3 s of one: others were fired late. A picture that belongs to no slot becomes a manual photo, at its own time.
//
// A shot that has no picture a minute later is NotFetched for good, or until its
// picture comes after all. An error of Fetch says that nobody looked, and leaves the
// shots open.
//
// # Manual photos
//
// Shoot takes one photo now, in the same loop: never during another, never in
// the way of a slot. It starts only where 3 s are left before the next slot,
// and is cut off for it.
//
// Out of scope: what a camera is (capture/camera), when something is due
// (capture/schedule), what becomes of a photo (queue).
package capture
