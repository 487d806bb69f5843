// Package emulated is an ARM controller in QEMU's software emulation: Debian's own
// kernel, a disk with ext4, serial ports, GPIO lines, a watchdog, a battery-backed
// clock, a network to this machine's loopback.
//
// # A hand in the machine
//
// With Options.Control this machine has a hand in it: Monitor pulls cables, Shell runs
// commands in the guest, and Pins records what the guest's GPIO driver does to its
// outputs, and drives its inputs. The time of an edge is the emulator's own, taken
// while the driver's write is in hand: however late this process reads of it, a pulse
// is as long as the guest made it.
//
// # The disk's log
//
// QEMU writes down every write and flush that reaches the disk, so
// that the states that a power cut could have left can be built afterwards,
// without a further boot, and read with e2fsprogs alone: no root, no loop
// device.
//
// scripts/emulated fetches what the guest boots from.
//
// # What a power cut leaves
//
// A drive keeps in its own volatile cache what came since the last flush that it
// completed. After a cut at some entry of the log, each write before that flush
// is on the medium, and of each later one nothing, all, or some blocks. A state
// here is such a choice (Keep). A write never reaches the medium before one that
// was flushed ahead of it, and a block of 4 KiB is there whole or not at all.
//
// # Out of scope
//
// Blocks that are torn between their sectors: ext4 itself does not survive that
// where it is the superblock's (its checksum is wrong then, and neither the kernel
// nor e2fsck opens it). Blocks that a cut destroys, though nobody wrote to them.
// Drives that lie about flushes.
package emulated
