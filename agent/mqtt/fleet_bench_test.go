package mqtt_test

import "testing"

// BenchmarkFleetReturnsAfterAWindow is the figure that the project promises: the
// busiest second that a broker sees of 10,000 controllers after one window with 10
// minutes of spread, and that as a multiple of the mean. It takes a minute or so.
func BenchmarkFleetReturnsAfterAWindow(b *testing.B) {
	const links = 10_000
	for b.Loop() {
		peak, all := 0, 0
		// A bubble needs a test around it.
		ok := testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{
			Name: "Fleet", F: func(t *testing.T) { peak, all = peakOf(afterTheWindow(t, links)) },
		}})
		if !ok || all != links {
			b.Fatalf("%d connects, want %d", all, links)
		}
		b.ReportMetric(float64(peak), "peak/s")
		b.ReportMetric(float64(peak)*600/links, "peak/mean")
	}
}
