package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// scanBatch bounds how many names are in memory at once.
const scanBatch = 256

// Scan calls visit for each entry of the directory, in no order, until it
// returns an error. visit may remove or set aside the entry it is given.
func (s *Spool) Scan(visit func(Entry) error) error {
	d, err := os.Open(s.dir)
	if err != nil {
		return fmt.Errorf("scan spool: %w", err)
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(scanBatch)
		for _, e := range entries {
			entry := Entry{Name: e.Name()}
			if e.Type().IsRegular() {
				entry = parse(e.Name())
			}
			if err := visit(entry); err != nil {
				return fmt.Errorf("scan spool: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("scan spool: %w", err)
		}
	}
}
