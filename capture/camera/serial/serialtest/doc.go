// Package serialtest is the bench for cameras on a serial line: a driver with a simulated
// camera on a simulated board, a simulated camera alone, and a driver's parser alone.
//
// Out of scope: what is said. Each camera's own tests know that.
package serialtest
