// Package ipcamsim is an IP camera: a snapshot behind Basic or Digest authentication,
// found by its address or by ONVIF, over http or https, with the faults that such
// cameras have.
//
// It is an http.Handler, and by Dial a network of its own without a socket, so that it
// works in simulated time. It checks user, password, nonces and their counts by its
// own reading of RFC 7616, not by the driver's.
package ipcamsim
