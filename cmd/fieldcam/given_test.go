package main

import (
	"strings"
	"testing"
)

// As in a script whose variable is not set: without the flag the command would be
// about more photos.
func TestAnEmptyFlagIsAUsageError(t *testing.T) {
	s := newSite(t)
	s.fill()
	for _, line := range []string{
		"queue drop --yes --only waiting --to=", "queue drop --yes --only waiting --from=", "queue drop --yes --only= --to 2026-11-21", "queue drop --yes --only waiting --kind=",
		"queue export --only= " + t.TempDir(), "queue list --kind=", "queue days --from=", "queue days --to=", "queue days --slots=", "status --state=", "config check --config=",
	} {
		r := s.run(nil, strings.Fields(line)...)
		if r.code != exitUsage || !strings.Contains(r.err, "empty") {
			t.Errorf("%s: exit code %d, %s; want that a flag is empty", line, r.code, r.err)
		}
	}
	if r := s.run(nil, "queue", "drop", "--yes", "--only", "waiting", "--to", " "); r.code != exitUsage {
		t.Errorf("a blank day: exit code %d, %s; want %d", r.code, r.err, exitUsage)
	}
	if got := s.do("queue list --only lost"); !strings.Contains(got, "in all: 3 waiting, 1 held, 1 refused, 1 confirmed\n") {
		t.Errorf("after that: got %s, want all photos there", got)
	}
}
