package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestCallsAreCountedInTheirPhases(t *testing.T) {
	const text = `101   fsync(5</data/early>) = 0
101   write(4</dev/null<char 1:3>>, "queuebench phase put.", 21) = 21
101   write(7</data/spool/1.jpg>, "\1\2"..., 65536) = 65536
101   fsync(7</data/spool/1.jpg>) = 0
102   pwrite64(8</data/queue.db>, "\0\0"..., 4096, 8192 <unfinished ...>
101   fdatasync(8</data/queue.db> <unfinished ...>
102   <... pwrite64 resumed>)           = 4096
101   <... fdatasync resumed>)          = 0
101   write(4</dev/null>, "queuebench phase drain.", 23) = 23
101   pwrite64(8</data/queue.db>, "fsync(\") = 3"..., 100, 0) = 100
101   pwrite64(8</data/queue.db>, "x"..., 100, 0) = -1 ENOSPC (No space left on device)
101   write(9</database/other>, "x", 1) = 1
101   write(2<pipe:[1234]>, "x", 1)     = 1
103   +++ exited with 0 +++
101   write(4</dev/null>, "queuebench phase end.", 21) = 21
101   sync()                            = 0
101   fdatasync(8</data/queue.db>)      = ?
`
	got, err := readTrace(strings.NewReader(text), "/data")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]phase{"put": {syncs: 2, indexBytes: 4096}, "drain": {indexBytes: 100}, "end": {syncs: 1}}
	for name, p := range want {
		if got[name] == nil || *got[name] != p {
			t.Errorf("phase %s: got %+v, want %+v", name, got[name], p)
		}
	}
	if len(got) != len(want) {
		t.Errorf("phases %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestATraceThatIsNoneIsAnError(t *testing.T) {
	if got, err := readTrace(strings.NewReader("101   fsync(3</data/x>) = many\n"), "/data"); err == nil {
		t.Errorf("got %v, want an error", got)
	}
}

func TestMarksAreRead(t *testing.T) {
	if m := markForm.FindStringSubmatch(`, "` + markPrefix + addPhase(3) + `.", 22) = 22`); m == nil || m[1] != addPhase(3) {
		t.Errorf("mark: got %q, want %q", m, addPhase(3))
	}
}
