package config

import (
	"reflect"
	"strings"
)

// nearest finds the known key that key, unknown in the table of type t at
// prefix, was probably meant to be: one of the same table first, else one of
// the whole file. Empty: none is near.
func nearest(prefix string, t reflect.Type, key string) string {
	var here []string
	if t != nil {
		for _, f := range fields(t) {
			here = append(here, f.key)
		}
	}
	if near := closest(key, here); near != "" {
		return join(prefix, near)
	}
	// The right key in the wrong table, or a table's own name misspelt. Exact
	// names only: short names of other tables are near to everything.
	for _, k := range allKnown(Config{}) {
		if same(lastOf(k.path), key) || same(k.path, join(prefix, key)) {
			return k.path
		}
	}
	return ""
}

// closest is the name that is fewest edits away from key, if those are few
// enough for a slip of the finger: a third of its length, and at least one.
func closest(key string, names []string) string {
	best, fewest := "", max(1, len(key)/3)+1
	for _, name := range names {
		if d := distance(fold(key), fold(name)); d < fewest {
			best, fewest = name, d
		}
	}
	return best
}

// same compares names without regard to capitals, '-' and '_'.
func same(a, b string) bool { return fold(a) == fold(b) }

func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}

// lastOf is the last part of a path.
func lastOf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// distanceLimit bounds the work for a key of absurd length, which is near to
// nothing.
const distanceLimit = 64

// distance counts the bytes to insert, drop, replace or swap with their
// neighbour to make a of b (the optimal string alignment distance).
func distance(a, b string) int {
	if len(a) > distanceLimit || len(b) > distanceLimit {
		return distanceLimit
	}
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
