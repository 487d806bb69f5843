// Package ptpsim is a camera that speaks PTP over TCP/IP, as digital cameras with a
// network do, and as gphoto2 takes them with a port of the form "ptpip:".
//
// It has a card with DCF folders, takes a JPEG and if wanted a RAW file at each
// InitiateCapture, tells of them by events, hands them out whole or in parts, deletes
// them, and has settings, a battery and a clock. All of it is what the standard asks
// for (ISO 15740, and CIPA DC-005 for the transport), without a maker's extensions, so
// that libgphoto2's ptp2 drives it as its generic "PTP/IP Camera".
//
// It can be wrong as cameras are (Faults): busy, hung in the middle of a file, wedged
// until its power is taken, asleep, slow, full, or silent after an exposure; its clock
// can be off, and its power can be switched (Power). It serves one host at a time, as
// they do. Pictures are made when they are read, so that a RAW file of 50 MB takes no
// memory.
//
// Out of scope: makers' extensions, USB, thumbnails, files from the host, several cards.
package ptpsim
