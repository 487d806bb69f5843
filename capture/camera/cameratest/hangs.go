package cameratest

import (
	"os"
	"strconv"
	"testing"
)

// HangsVariable names the variable of the environment that says how many times a camera
// hangs in the tests of what follows a hang: scripts/test asks for 1,000.
const HangsVariable = "FIELDCAM_HANGS"

// HangCount is how many times; some where nobody asks for a number. It is even.
func HangCount(t testing.TB) int {
	t.Helper()
	const usual = 20
	text := os.Getenv(HangsVariable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 || n%2 != 0 {
		t.Fatalf("%s=%s: want an even number from 2 on", HangsVariable, text)
	}
	return n
}
