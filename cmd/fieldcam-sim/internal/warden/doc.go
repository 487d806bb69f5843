// Package warden does for one service what systemd does on a controller, so that an
// emulated one needs no systemd: it starts the service again whenever that ends,
// hears how it is doing (sd_notify(3)), ends it where it is silent for too long
// (WatchdogSec), keeps files for it from one life to the next
// (FileDescriptorStoreMax), and feeds the hardware's watchdog as long as it is well
// itself (RuntimeWatchdogSec).
//
// It says each of these on a line of its own, for who watches it.
//
// Out of scope: whatever the unit says besides: users, limits, dependencies.
package warden
