package main

import (
	"slices"
	"strings"
	"testing"
)

func TestEachFigureIsMeasuredByOneGroup(t *testing.T) {
	var measured []string
	for _, g := range groups() {
		measured = append(measured, g.names...)
	}
	got, want := slices.Sorted(slices.Values(measured)), slices.Sorted(slices.Values(names()))
	if !slices.Equal(got, want) {
		t.Errorf("measured: %v, want those of the table: %v", got, want)
	}
}

func TestFigureNamesAreWords(t *testing.T) {
	for _, n := range names() {
		if n == "" || strings.ContainsAny(n, " ,") {
			t.Errorf("name %q: want one word", n)
		}
	}
}

func TestUnknownFiguresAreRefused(t *testing.T) {
	if _, err := parse([]string{"--only", "rebuild,lunch"}); err == nil || !strings.Contains(err.Error(), "lunch") {
		t.Errorf("lunch: %v, want an error that names it", err)
	}
	o, err := parse([]string{"--only", "rebuild,open-1000", "--dir", "x"})
	if err != nil || !slices.Equal(o.only, []string{"rebuild", "open-1000"}) {
		t.Errorf("got %v, %v", o.only, err)
	}
}
