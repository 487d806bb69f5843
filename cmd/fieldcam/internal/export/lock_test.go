package export_test

import (
	"errors"
	"os"
	"testing"

	"fieldcam/cmd/fieldcam/internal/export"
)

func TestTwoExportsDoNotWorkInOneDirectory(t *testing.T) {
	for name, resumed := range map[string]bool{"begun": false, "gone on with": true} {
		t.Run(name, func(t *testing.T) {
			dir, p := t.TempDir(), photos(4)
			if resumed {
				broken(t, dir, p)
			}
			asked := 0
			p.before = func() error { // while the first is at its work
				asked++
				o := options(dir, photos(4))
				if _, err := export.Run(t.Context(), o); !errors.Is(err, export.ErrBusy) {
					t.Errorf("the second: got %v, want ErrBusy", err)
				}
				return nil
			}
			r := run(t, options(dir, p))
			if r.Photos+r.There != 4 || asked == 0 {
				t.Errorf("the first: got %+v, want all four photos", r)
			}
			judge(t, r.Dir, p)
			if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
				t.Errorf("got %v, %v, want one directory", all, err)
			}
		})
	}
}
