package queue

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
)

// asideIndexes is how many damaged indexes are kept: each can have hundreds of
// megabytes that photos want, and nobody asks for the fourth last.
const asideIndexes = 3

// asideForm is what setIndexAside calls them: its groups are the time and the number.
var asideForm = regexp.MustCompile(`^queue-([0-9]{8}T[0-9]{6}Z)(?:-([0-9]+))?\.db$`)

// pruneAside deletes all but the newest of the indexes in damaged/, by their names;
// never the one that was set aside now, which a clock at 1970 gives an old name. What
// it can't delete is for the next time.
func (q *Queue) pruneAside() {
	type aside struct {
		name, at string
		n        int
	}
	var all []aside
	dir, err := os.ReadDir(q.path(damagedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		q.o.Log.Warn().Err(err).Msg("damaged indexes can't be listed")
	}
	for _, e := range dir {
		m := asideForm.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() || e.Name() == filepath.Base(q.recovery.SetAside) {
			continue
		}
		n, _ := strconv.Atoi(m[2]) // the first of a second has none
		all = append(all, aside{e.Name(), m[1], n})
	}
	sort.SliceStable(all, func(i, j int) bool {
		return cmp.Or(cmp.Compare(all[j].at, all[i].at), cmp.Compare(all[j].n, all[i].n)) < 0
	})
	for _, old := range all[min(len(all), asideIndexes-1):] {
		if err := os.Remove(filepath.Join(q.path(damagedName), old.name)); err != nil {
			q.o.Log.Warn().Err(err).Str("file", old.name).Msg("old damaged index can't be deleted")
			continue
		}
		q.o.Log.Info().Str("file", old.name).Msg("old damaged index deleted")
	}
}
