// Package invalid describes configuration values that cannot be used.
//
// Every package that owns a Config reports what is wrong with it as Values, so
// that package config can point at the line and column of each, all at once.
// It imports nothing of this module: it is the bottom of the house.
package invalid

import (
	"errors"
	"fmt"
	"strconv"
)

// Value is one configuration value that cannot be used. It is an error.
type Value struct {
	// Key is the path of the value below the Config that was validated, with
	// dots between tables and [n] for the nth (from 0) of an array:
	// "session[2].every".
	Key string
	// Want says what was expected, as a phrase that follows "want":
	// "a duration from 5s to 24h".
	Want string
	// Got is the value found, as its user would write it; empty where there is
	// none.
	Got string
}

func (v *Value) Error() string {
	if v.Got == "" {
		return fmt.Sprintf("%s: want %s", v.Key, v.Want)
	}
	return fmt.Sprintf("%s: %s: want %s", v.Key, v.Got, v.Want)
}

// List collects Values. The zero List is empty and ready.
type List struct{ errs []error }

// Add records that the value at key is got where want was expected.
func (l *List) Add(key string, got any, want string) {
	s := fmt.Sprint(got)
	if t, ok := got.(string); ok && t != "" {
		s = strconv.Quote(t)
	}
	l.errs = append(l.errs, &Value{Key: key, Want: want, Got: s})
}

// Under records every Value in err, a result of some Validate, with its key
// below prefix. Errors that are not Values are recorded under prefix itself.
func (l *List) Under(prefix string, err error) {
	for _, v := range Values(err) {
		key := prefix
		switch {
		case v.Key == "":
		case v.Key[0] == '[' || prefix == "":
			key += v.Key
		default:
			key += "." + v.Key
		}
		l.errs = append(l.errs, &Value{Key: key, Want: v.Want, Got: v.Got})
	}
}

// Err is nil where nothing was recorded, else an error from which Values gives
// back every Value in the order of recording.
func (l *List) Err() error { return errors.Join(l.errs...) }

// Values lists the Values in err, which a Validate method returned. An error
// that holds none becomes one Value without a key.
func Values(err error) []*Value {
	if err == nil {
		return nil
	}
	if v, ok := err.(*Value); ok {
		return []*Value{v}
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Value
		for _, e := range j.Unwrap() {
			all = append(all, Values(e)...)
		}
		return all
	}
	return []*Value{{Want: err.Error()}}
}
