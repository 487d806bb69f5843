package export

import (
	"fmt"
	"time"
)

// readme is the text for whoever finds the stick.
func readme(device string, made time.Time) string {
	return fmt.Sprintf(`Photos of the field camera %q, copied from its memory card.
This copy was begun on %s UTC with "fieldcam queue export".

WHAT IS HERE

One directory for each UTC day, and in it each photo with a text file (.json)
of the same name: when it was due and taken, by which camera, how large it is,
and its SHA-256. The times in names and text files are UTC.

HOW TO CHECK THAT NOTHING IS MISSING OR DAMAGED

SHA256SUMS lists every file with its SHA-256. In this directory:

  Linux:    sha256sum -c SHA256SUMS
  macOS:    shasum -a 256 -c SHA256SUMS
  Windows:  certutil -hashfile FILE SHA256
            for one file; compare it with its line in SHA256SUMS

Every line must end with "OK". A file that is not listed does not belong here.

If there is no SHA256SUMS but a SHA256SUMS.part, the copy was broken off. Plug
the stick into the controller and run the same command again: it goes on.

When this copy was begun, the photos were in the camera's memory, too. Each stays
there until the camera's cloud has it or a person deletes it: this copy can be
the only one.
`, device, made.UTC().Format("2006-01-02 15:04:05"))
}
