package gphoto

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The codes that something is known to do about (libgphoto2, gphoto2-port-result.h and
// gphoto2-result.h).
const (
	codeTimeout      = -10
	codeNoUSB        = -52
	codeClaim        = -53
	codeLock         = -60
	codeUnknownModel = -105
	codeNoFile       = -108
	codeBusy         = -110
	codeNoSpace      = -115
)

// Fault is what gphoto2 said went wrong.
type Fault struct {
	// Code is libgphoto2's; 0 where only the text is known.
	Code int
	// Text is what gphoto2 said, in one line.
	Text string
}

// Error says what went wrong, and what a person can do where something is known.
func (f *Fault) Error() string {
	text := f.Text
	if f.Code != 0 {
		text = fmt.Sprintf("%s (gphoto2: %d)", text, f.Code)
	}
	if advice := adviceFor(f.Code); advice != "" {
		text += ": " + advice
	}
	return text
}

// adviceFor is what a person can do about a code; empty where nothing is known.
func adviceFor(code int) string {
	switch code {
	case codeClaim, codeLock:
		return "another program holds the camera; on a system with a desktop mask gvfs-gphoto2-volume-monitor, and end every other gphoto2"
	case codeNoUSB, codeUnknownModel:
		return "no camera on USB that gphoto2 knows; is it switched on, its cable in, and its USB mode PTP (PC remote), not mass storage?"
	case codeNoSpace:
		return "the camera's card is full: empty it, or set delete_fetched"
	case codeBusy:
		return "it may show a menu, write its card, or have no focus"
	}
	return ""
}

var (
	// codedForm is the line with which gphoto2 ends after an error (gphoto2/main.c,
	// report_failure).
	codedForm = regexp.MustCompile(`\*\*\* Error \((-[0-9]{1,4}): '([^'\n]*)'\) \*\*\*`)
	// spokenForm is what a camera's driver says on its own (gphoto2/gp-params.c).
	spokenForm = regexp.MustCompile(`\*\*\* Error \*\*\*[ ]*\n[ ]*([^\n]+)`)
	// missingForm is what is said where nothing was detected.
	missingForm = regexp.MustCompile(`\*\*\* Error: ([^*\n]+) \*\*\*`)
)

// texts are the codes of what drivers say without one: gphoto2 ends with 0 after most
// captures that failed.
var texts = []struct {
	text string
	code int
}{
	{"Could not claim the USB device", codeClaim},
	{"Could not lock the device", codeLock},
	{"Could not find the requested device", codeNoUSB},
	{"No camera found", codeUnknownModel},
	{"I/O in progress", codeBusy},
	{"Device Busy", codeBusy},
	{"Store Full", codeNoSpace},
	{"ran full", codeNoSpace},
	{"Not enough space", codeNoSpace},
	{"Timeout", codeTimeout},
}

// faultIn is the last fault in what gphoto2 said on stderr; nil for none.
func faultIn(stderr string) *Fault {
	var f Fault
	if all := spokenForm.FindAllStringSubmatch(stderr, -1); len(all) > 0 {
		f.Text = strings.TrimSpace(all[len(all)-1][1])
	} else if m := missingForm.FindStringSubmatch(stderr); m != nil {
		f.Text = strings.TrimSpace(m[1])
	}
	if all := codedForm.FindAllStringSubmatch(stderr, -1); len(all) > 0 {
		m := all[len(all)-1]
		f.Code, _ = strconv.Atoi(m[1]) // its form says that it is one
		if f.Text == "" {
			f.Text = m[2]
		}
	}
	const general = -1 // which says nothing
	if f.Code == 0 || f.Code == general {
		for _, t := range texts {
			if strings.Contains(stderr, t.text) {
				f.Code = t.code
				break
			}
		}
	}
	if f.Text == "" {
		_, line, ok := strings.Cut(stderr, "ERROR: ")
		if !ok {
			return nil
		}
		line, _, _ = strings.Cut(line, "\n")
		f.Text = strings.TrimSpace(line)
	}
	return &f
}
