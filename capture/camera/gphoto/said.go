package gphoto

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"

	"fieldcam/capture/camera/dcf"
)

// maxLine is the longest line of gphoto2's output that is read, in bytes.
const maxLine = 4 << 10

// remote is a file on the camera.
type remote struct {
	dcf.Name
	path string // as gphoto2 calls it: "/store_00010001/DCIM/100CANON/IMG_0042.JPG"
	size int64  // bytes
	// time is the camera's, as if its clock showed UTC; zero where it is not known.
	time time.Time
}

// where is a camera that was found.
type where struct{ port, model string }

// said is what gphoto2 printed, of whatever it was asked.
type said struct {
	added   []string // the files of the shot, by their path on the camera
	found   []where
	clock   time.Time // the camera's, as if it showed UTC; zero where nothing told
	battery int       // percent; -1 where nothing told
	serial  string

	onFile   func(remote) // told of each file of a listing; nil: they are not wanted
	onFolder func(string) // told of each folder of a listing; nil: they are not wanted
	info     remote       // the file that --show-info tells of; its path is empty before
	line     []byte       // begun
	label    string       // of the setting that is being told
	kind     string       // its type
	table    bool         // behind the head of what was detected
}

func newSaid() *said { return &said{battery: -1} }

// Write implements io.Writer: it takes what gphoto2 prints apart. It keeps no line that
// means nothing here, and none that is longer than maxLine.
func (s *said) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.begin(p)
			return n, nil
		}
		s.begin(p[:i])
		s.end(string(s.line))
		s.line, p = s.line[:0], p[i+1:]
	}
}

// begin takes a part of a line in.
func (s *said) begin(p []byte) {
	s.line = append(s.line, p[:min(len(p), maxLine-len(s.line))]...)
}

var (
	addedForm = regexp.MustCompile(`^New file is in location (/.*) on the camera$`)
	infoForm  = regexp.MustCompile(`^Information on file '([^']+)' \(folder '(/[^']*)'\):$`)
	sizeForm  = regexp.MustCompile(`^  Size: +([0-9]{1,12}) byte`)
	fileForm  = regexp.MustCompile(`^FILENAME='(/[^']+)'(?: [A-Z]+=[^=]*)*? FILESIZE= *([0-9]{1,12})(.*)$`)
	mtimeForm = regexp.MustCompile(` FILEMTIME=([0-9]{1,12})`)
	foundForm = regexp.MustCompile(`^(.+?)\s+(usb:[0-9]{3},[0-9]{3}|ptpip:\S+)\s*$`)
)

// end takes a whole line.
func (s *said) end(line string) {
	line = strings.TrimRight(line, "\r ")
	switch {
	case strings.HasPrefix(line, "New file is in location "):
		if m := addedForm.FindStringSubmatch(line); m != nil {
			s.added = append(s.added, m[1])
		}
	case strings.HasPrefix(line, "FILENAME="):
		s.file(line)
	case strings.HasPrefix(line, "Information on file "):
		s.info = remote{}
		if m := infoForm.FindStringSubmatch(line); m != nil {
			s.info, _ = remoteAt(m[2] + "/" + m[1])
		}
	case strings.HasPrefix(line, "  Size: ") && s.info.size == 0:
		if m := sizeForm.FindStringSubmatch(line); m != nil {
			s.info.size, _ = strconv.ParseInt(m[1], 10, 64) // its form says that it is one
		}
	case strings.HasPrefix(line, "  Time: ") && s.info.time.IsZero():
		s.info.time, _ = time.Parse(time.ANSIC, strings.TrimSpace(strings.TrimPrefix(line, "  Time:"))) // C's asctime
	case strings.HasPrefix(line, "Thumbnail:"): // what follows is not of the file itself
		if s.onFile != nil && s.info.path != "" {
			s.onFile(s.info)
		}
		s.info = remote{}
	case strings.HasPrefix(line, "/") && s.onFolder != nil:
		s.onFolder(line)
	case strings.HasPrefix(line, "-----"):
		s.table = true
	case strings.HasPrefix(line, "Label: "):
		s.label, s.kind = strings.TrimPrefix(line, "Label: "), ""
	case strings.HasPrefix(line, "Type: "):
		s.kind = strings.TrimPrefix(line, "Type: ")
	case strings.HasPrefix(line, "Current: "):
		s.setting(strings.TrimPrefix(line, "Current: "))
	case s.table:
		if m := foundForm.FindStringSubmatch(line); m != nil {
			s.found = append(s.found, where{port: m[2], model: m[1]})
		}
	}
}

// file takes a line of --parsable --list-files.
func (s *said) file(line string) {
	m := fileForm.FindStringSubmatch(line)
	if m == nil || s.onFile == nil {
		return
	}
	f, ok := remoteAt(m[1])
	if !ok {
		return
	}
	f.size, _ = strconv.ParseInt(m[2], 10, 64) // its form says that it is one
	if t := mtimeForm.FindStringSubmatch(m[3]); t != nil {
		if n, _ := strconv.ParseInt(t[1], 10, 64); n > 0 {
			f.time = time.Unix(n, 0).UTC()
		}
	}
	s.onFile(f)
}

// remoteAt is the file at a path on the camera; false where it is no picture's of a
// card.
func remoteAt(path string) (remote, bool) {
	parts := strings.Split(path, "/")
	if len(parts) < 3 || strings.ContainsAny(path, "\x00\n") {
		return remote{}, false
	}
	name, ok := dcf.Parse(parts[len(parts)-2], parts[len(parts)-1])
	return remote{Name: name, path: path}, ok
}

// setting takes the value of a setting in.
func (s *said) setting(value string) {
	switch {
	case s.kind == "DATE":
		const latest = 253402300799 // the end of the year 9999
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 && n <= latest {
			s.clock = time.Unix(n, 0).UTC()
		}
	case strings.HasPrefix(s.label, "Battery"):
		if n, err := strconv.Atoi(strings.TrimSuffix(value, "%")); err == nil && n >= 0 && n <= 100 {
			s.battery = n
		}
	case strings.HasPrefix(s.label, "Serial"):
		if len(value) <= maxText {
			s.serial = value
		}
	}
}
