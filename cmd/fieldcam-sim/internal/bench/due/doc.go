// Package due measures whether what is due happens when it is due: the figures of
// the schedules, each beside a peer of the same run. docs/figures.md says what
// each means.
//
// Promises are those of package bench: a figure that falls short is a result, one
// that this machine cannot give is said to be so, and nothing stays behind but
// the programs that were built: the peers, cron and systemd, have namespaces of
// their own, in which they find their jobs alone, and end with the run, also
// where it is killed.
//
// What must be a process of its own is this same program again, called with the
// name of a part; see Part.
package due
