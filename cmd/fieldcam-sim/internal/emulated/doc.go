// Package emulated is an arm64 controller in QEMU's software emulation: Debian's
// own kernel, a disk with ext4, a serial port, a network to this machine's
// loopback. QEMU writes down every write and flush that reaches the disk, so
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
