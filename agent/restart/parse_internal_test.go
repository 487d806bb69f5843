package restart

import "testing"

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":1,"dumps":["dmesg-ramoops-0@17"],"starts":[{"at":"2026-11-23T06:00:00Z","cause":"watchdog","unsure":true}]}`))
	f.Add([]byte(`{"format":1,"boot":"x","running":true,"starts":[{"at":"2026-11-23T06:00:00Z","cause":"crash"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parse(data)
		if err == nil && len(got.Starts) > maxStarts {
			t.Errorf("%d starts", len(got.Starts))
		}
	})
}
