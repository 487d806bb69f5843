package second

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sourceFile is where the card says whose queue it holds. It is on the card, so
// that a new card, whose sequence numbers begin anew, is another source: what
// the cloud has of its numbers says nothing of the photos of the old one.
const sourceFile = "second.id"

// sourceBytes is the length of rand.Text, base32 of 128 bits.
const sourceBytes = 26

// readSource is the source's name, which it makes where there is none.
func (w *Worker) readSource() (string, error) {
	name := filepath.Join(w.o.Dir, sourceFile)
	data, err := os.ReadFile(name)
	if text := strings.TrimSpace(string(data)); err == nil && len(text) == sourceBytes {
		return text, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read source: %w", err)
	}
	return w.newSource() // none, or damaged: a new one only means that old copies stay
}

// newSource gives the source another name, so that what was copied before counts as
// another's.
func (w *Worker) newSource() (string, error) {
	name := filepath.Join(w.o.Dir, sourceFile)
	if err := w.o.Fault(StepSource); err != nil {
		return "", fmt.Errorf("%s: %w", StepSource, err)
	}
	text := rand.Text()
	if err := writeDurably(name, text+"\n"); err != nil {
		return "", fmt.Errorf("write source: %w", err)
	}
	return text, nil
}

// writeDurably writes a file under another name, fsyncs it, renames it, and
// fsyncs the directory.
func writeDurably(name, text string) error {
	f, err := os.Create(name + partExt)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+partExt, name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
