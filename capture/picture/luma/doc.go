// Package luma reads a JPEG (ITU T.81) as it streams by: whether it is whole, what
// its header says, and its luminance at an eighth of its size.
//
// The eighth is for the price of the Huffman codes alone: the first coefficient of each
// block, DC, is eight times the mean of its 64 samples (T.81, A.3.3). Of a baseline
// picture the other coefficients must be decoded to be passed over; of a progressive
// one only the first scan is read, whose low bits may be missing.
//
// Promises: Write takes any bytes, in pieces of any size, and never fails or panics; the
// memory is bounded, by 200 KB, whatever the picture's size, of which 100 KB are for
// segments that are as long as can be; the same bytes give the same Result, however they
// are cut. A picture of 24 megapixels and 6.8 MB takes 20 ns a byte on the host, a tenth
// of image/jpeg's time, and 66 ns a byte as ARMv6 code under qemu.
//
// What follows the end of the picture is ignored: cameras put zeros or a preview there.
//
// Out of scope: pictures with arithmetic codes, lossless or hierarchical ones, and more
// than 8 bits a sample: their structure is read, and Unseen says why no more is. The
// first component counts as the luminance, as cameras write it (JFIF, Exif).
package luma
