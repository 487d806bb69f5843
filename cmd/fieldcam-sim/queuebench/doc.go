// Command queuebench measures the product's queue beside its peers and a floor,
// all in the same run: "make bench-queue". docs/figures.md says what each figure
// means.
//
// It is a Go module of its own, since the peers must never be in the product's
// go.mod.
//
// Promises:
//   - Every store does its real work on an ext4 file system of its own: an image
//     on a loop device, whose counters tell what reached it. Without root it is a
//     plain directory, and the figures of the device have no value.
//   - What is measured runs in a fresh process, so that memory and caches do not
//     mix. Where a store is only filled, the kernel answers its syncs at once
//     (see fill.go), and the table says so; nothing is measured meanwhile.
//   - Nothing stays behind: mounts and loop devices end with the run, also where
//     it is killed, and images have no name while they are in use.
package main
