// Package blockdev measures on block devices of a benchmark's own: ext4 images on
// loop devices, whose kernel counters tell what reached the device. It needs
// root; what this machine or user has not got comes back as
// figure.UnavailableError.
package blockdev
