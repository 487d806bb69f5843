// Package bench measures the figures that the project promises, each beside a
// floor or a peer that is measured in the same run. docs/figures.md says what
// each means.
//
// Promises:
//   - A figure that falls short is a result, not an error. One that this machine
//     cannot give (no root, no tool, no TUN device) is printed as short, without
//     a value, and the table says why: nothing is left out in silence. Only a
//     measurement that went wrong is an error.
//   - No packet leaves this machine: traffic is on loopback, or in network
//     namespaces without a way out.
//   - Nothing stays behind but the programs that were built: processes, mounts,
//     loop devices and namespaces end with the run, also where it is killed.
//
// What must be a process of its own (to be traced, to have a mount namespace, to
// have its memory to itself) is this same program again, called with the name of
// a part; see Part.
package bench
