// Package trial puts the real daemon, built for ARM, through what happens to a
// controller in the field, on an emulated one (package emulated): a stock kernel
// with a GPIO controller, a UART, a USB serial adapter, a hardware watchdog, a
// battery-backed clock, a network and a card. This machine plays the world: the
// camera at the other end of the line, the hand that pulls a cable, the cloud.
//
// Each scenario has a machine of its own and says what it found: faults, facts, and
// figures. What every one with a cloud must hold to at its end:
//
//   - Each photo that the daemon reported is in the hub, with bytes that the camera
//     sent.
//   - No picture is in the hub under two names.
//   - Nothing is in the hub that the daemon did not report, but for a photo that
//     was on its way when the power was cut.
//   - Each slot from the first to the last is accounted for in the ledger.
//
// # Time
//
// The guest's time goes by what it executes, and with this machine's while it waits:
// a busy machine makes a scenario longer, and changes nothing in it. The times of
// edges are this machine's, taken by the emulator as the guest's driver writes to the
// controller, so that what is timed is told, and only what noise can't spoil is
// judged: a pulse is never shorter than configured, whatever the load.
//
// # Out of scope
//
// What the real silicon does: pull resistors, the level of a line that nobody
// holds, bounce, baud rates (QEMU does not pace a UART; the simulated camera does).
// States of the card that only a cache without power leaves: package powercut.
package trial
