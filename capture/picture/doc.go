// Package picture looks at each picture on its way from the camera to the store, and
// says what is wrong with it (photo.Verdict), and what it tells of itself (photo.Look).
//
// Promises: the bytes go on as they are, as soon as they come, and no picture is ever
// refused here: what becomes of a bad one is the caller's. The memory is bounded, by
// 300 KB a picture, whatever its size. Nothing is written, and nothing lives longer than
// the process: the sizes of the last pictures come back from the photos that the store
// has (Options.Recent); what the last one looked like does not.
//
// # What is looked at
//
// Of a JPEG the structure, the data (luma), the header and Exif; of a RAW file the
// size, its first bytes, and Exif where it begins as a TIFF file, for each maker has a
// form of its own.
//
//   - Broken, Truncated, Damaged: from the structure and the data.
//   - Small: the file has less than Config.SmallPercent of the median of the last 20 of
//     that format and those dimensions, where there are 5. A dark picture is small by
//     nature, and none.
//   - Black, BlownOut: of the means of its blocks of 8 × 8 pixels, Config.SharePercent
//     are below Config.BlackLevel, or above Config.WhiteLevel. A black one at night is
//     Dark instead, and where nobody knows whether it is night: without the site's
//     coordinates, or with a clock that is not set.
//   - Unchanged: it is cut into 64 cells, and in four fifths of those in which there is
//     something to see every block has the very luminance that it had in the picture
//     before. The noise of a sensor leaves no cell alone, however still the scene; a text
//     that a camera lays over a frozen picture changes a row of eight. A picture so small
//     or so coarse that noise may not show must be the same in all cells.
//   - ClockOff: the camera's clock is off by more than Config.ClockOff, where ours is set.
package picture
