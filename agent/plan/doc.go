// Package plan looks at a configuration as a whole and says how it will play out:
// what is due on the days to come (Agenda), and what of that can't work, or isn't
// what a person can have meant (Check). It changes nothing, remembers nothing, and
// opens no file but those of the time zones.
//
// Promises:
//   - A Finding has its sums in its text: a person can follow each by hand.
//   - A figure that nobody knows is not made up. What can't be checked without it is
//     left out, and said.
//   - What a controller has measured goes before what its configuration expects.
//   - The cost is bounded for each configuration that is valid, and does not grow
//     with the density of the schedule: days are counted, slots are not listed.
//
// Every function may be called from any goroutine.
package plan
