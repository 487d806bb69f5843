package config

import (
	"fmt"
	"os"
)

// othersMayRead is the mode bit that lets every user of the machine read.
const othersMayRead = 0o004

// Warnings says what a person should change in the file at path, from which c
// was loaded, although it works: a secret in a file that every user of the
// controller may read. One sentence each, without the secret; nil where all is
// well. A file that is gone by now holds none.
func Warnings(path string, c Config) []string {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&othersMayRead == 0 {
		return nil
	}
	var all []string
	for _, k := range allKnown(c) {
		if k.field.secret && k.value.IsValid() && !k.value.IsZero() {
			all = append(all, fmt.Sprintf("%s in %s: every user of this controller can read it: chmod o= %s", k.path, path, path))
		}
	}
	return all
}
