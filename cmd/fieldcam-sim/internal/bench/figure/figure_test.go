package figure

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestEachFigureHasALineForScripts(t *testing.T) {
	for _, test := range []struct {
		reach Bound
		value float64
		err   error
		want  string
	}{
		{AtMost(1.02), 1.0163, nil, "figure disk-bytes 1.016 ratio reach 1.02 ok"},
		{AtMost(1.02), 1.02, nil, "figure disk-bytes 1.02 ratio reach 1.02 ok"},
		{AtMost(1.02), 1.0201, nil, "figure disk-bytes 1.02 ratio reach 1.02 SHORT"},
		{AtMost(320), 3577.4, nil, "figure disk-bytes 3577 ratio reach 320 SHORT"},
		{AtLeast(0.95), 0.9836, nil, "figure disk-bytes 0.9836 ratio reach 0.95 ok"},
		{AtLeast(0.95), 0.94, nil, "figure disk-bytes 0.94 ratio reach 0.95 SHORT"},
		{AtLeast(0.95), math.NaN(), nil, "figure disk-bytes NaN ratio reach 0.95 SHORT"},
		{AtMost(1), 0, UnavailableError{Why: errors.New("no root")}, "figure disk-bytes - ratio reach 1 SHORT"},
		{AtMost(1), 0, errors.New("broken"), "figure disk-bytes - ratio reach 1 SHORT"},
	} {
		r := Result{Figure{Name: "disk-bytes", Unit: "ratio", Reach: test.reach}, Outcome{Value: test.value}, test.err}
		if got := r.Line(); got != test.want {
			t.Errorf("%v of %v (%v): line %q, want %q", test.value, test.reach, test.err, got, test.want)
		}
	}
}

func TestNothingIsLeftOutInSilence(t *testing.T) {
	results := []Result{
		{Figure{Name: "a", What: "figure A", Unit: "ms", Reach: AtMost(20)}, Outcome{Value: 3, Beside: "floor 1", More: []Row{{"detail", "2 ms", "so"}}}, nil},
		{Figure{Name: "b", What: "figure B", Unit: "MB", Reach: AtMost(1)}, Outcome{}, UnavailableError{Why: errors.New("no TUN device")}},
		{Figure{Name: "c", What: "figure C", Unit: "MB", Reach: AtMost(1)}, Outcome{}, errors.New("the hub ended")},
	}
	var b bytes.Buffer
	if err := Report(&b, results); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"floor 1", "detail", "2 ms", "no TUN device", "the hub ended", "\nfigure a 3 ms reach 20 ok\n", "\nfigure b - MB reach 1 SHORT\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("report without %q:\n%s", want, b.String())
		}
	}
	err := Failures(results)
	if err == nil || strings.Contains(err.Error(), "TUN") || !strings.Contains(err.Error(), "measure c: the hub ended") {
		t.Errorf("failures: %v, want that of c alone", err)
	}
	if err := Failures(results[:2]); err != nil {
		t.Errorf("failures: %v, want none: what is not available is no failure", err)
	}
}

func TestJSONHoldsNoValueWhereThereIsNone(t *testing.T) {
	var b bytes.Buffer
	err := ReportJSON(&b, []Result{
		{Figure{"a", "figure A", "ms", AtMost(20)}, Outcome{Value: 3, More: []Row{{What: "detail", Measured: "2 ms"}}}, nil},
		{Figure{"b", "figure B", "MB", AtLeast(1)}, Outcome{}, UnavailableError{Why: errors.New("no root")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"value": 3,`, `"reach": "≤ 20"`, `"ok": true`, `"measured": "2 ms"`, `"value": null`, `"ok": false`, "no root"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("JSON without %s:\n%s", want, b.String())
		}
	}
}

func TestQuantilesAreValuesThatWereSeen(t *testing.T) {
	values := make([]float64, 0, 125)
	for i := range 125 {
		values = append(values, float64((i*77)%125+1)) // 1 to 125, not in order
	}
	for _, test := range []struct{ q, want float64 }{{0, 1}, {0.5, 63}, {0.99, 124}, {1, 125}} {
		if got := Quantile(values, test.q); got != test.want {
			t.Errorf("quantile %v: got %v, want %v", test.q, got, test.want)
		}
	}
	if got := Median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median: got %v, want 2.5", got)
	}
	if got := Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("quantile of nothing: got %v, want NaN", got)
	}
}
