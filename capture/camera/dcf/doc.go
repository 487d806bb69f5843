// Package dcf knows the card of a camera as the Design rule for Camera File system has
// it (JEITA CP-3461): how folders and files are called, which files are of one exposure
// and in which order they were taken, and whether a file is a whole picture.
//
// It opens nothing and believes nothing: what makes no sense is no picture.
package dcf
