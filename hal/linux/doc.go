// Package linux is the hal of a real controller: GPIO lines over the kernel's
// character device, attribute files of sysfs, serial ports over termios, and
// the system clock.
//
// It promises what package hal states, and that nothing here waits without a
// bound. An output is never driven to a level that its user did not ask for,
// and a port closes at once, whatever is still unsent.
//
// # Which library does what
//
// Periph finds the GPIO chips and names their lines. Only its gpioioctl driver
// is imported, never package host: on a Raspberry Pi that one replaces the
// kernel's lines by memory-mapped pins that nobody owns.
//
// Chips that appear after the start are found by this package itself, since
// periph lists them once in a program's life.
//
// Lines are requested by this package itself, through the kernel's GPIO_V2_GET_LINE
// (include/uapi/linux/gpio.h), because periph v3.8.5 configures an output
// without a value and sets the value afterwards: its first Out(High) drives the
// line low for 87 µs to 3 ms (measured on a PL061), which fires an active-low
// opto-coupler and makes a camera reboot. For the same reason no line is ever
// read through periph, which would turn an output into a pulled-up input.
//
// Serial ports are termios over x/sys/unix with a non-blocking os.File, which
// gives true deadlines. Periph's serial never sets a rate; go.bug.st/serial has
// no bound for Write, and its Close can hang 30 s in the kernel.
//
// I2C is the kernel's i2c-dev: one ioctl for each transfer.
//
// Out of scope: PWM, rates that no termios constant names.
package linux
