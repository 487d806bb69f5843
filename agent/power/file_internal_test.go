package power

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAFileThatIsDamagedIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	for _, text := range []string{
		"", "{}", `{"format":2,"rung":"normal"}`, `{"format":1,"rung":"asleep"}`, `{"format":1,"rung":"dormant"}`, `{"format":1,"rung":"normal","more":1}`,
		`{"format":1,"rung":"normal","dormant":{"from":"2026-01-02T00:00:00Z"}}`,
		`{"format":1,"rung":"normal","dormant":{"from":"2026-01-02T00:00:00Z","until":"2026-01-01T00:00:00Z"}}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := readFile(path); err == nil || f.rung != Normal {
			t.Errorf("%s: got %+v, %v, want an error and normal", text, f, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the file is there still, want it set aside", text)
		}
	}
}

func TestAFileGivesBackWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	at := time.Date(2026, 11, 23, 5, 50, 0, 0, time.UTC)
	for _, want := range []file{
		{}, {rung: UploadLess, since: at}, {rung: Dormant, since: at, spell: spell{From: at}},
		{rung: CaptureOnly, since: at.Add(time.Hour), spell: spell{From: at, Until: at.Add(time.Hour)}},
	} {
		if err := writeFile(path, want); err != nil {
			t.Fatal(err)
		}
		if got, err := readFile(path); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte(`{"format":1,"rung":"dormant","dormant":{"from":"2026-01-02T00:00:00Z"}}`))
	f.Add([]byte(`{"format":1,"rung":"normal"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseFile(data)
		if err == nil && (got.rung == Dormant) != got.spell.lasts() {
			t.Errorf("%s: got %+v", data, got)
		}
	})
}
