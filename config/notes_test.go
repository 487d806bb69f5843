package config

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests' machine may have no zone files

	"fieldcam/agent/climate"
	"fieldcam/agent/maintenance"
	"fieldcam/capture/camera/visca"
	"fieldcam/capture/schedule"
	"fieldcam/config/invalid"
	"fieldcam/hal/model"
)

func TestEveryKeyIsExplained(t *testing.T) {
	var keys, explained []string
	for _, k := range allKnown(Default()) {
		keys = append(keys, k.path)
		if shapeOf(k.field.typ) == unsupported {
			t.Errorf("%s: a file cannot hold a %v", k.path, k.field.typ)
		}
	}
	for _, n := range notes() {
		explained = append(explained, n.path)
		if n.text == "" || !strings.HasSuffix(n.text, ".") {
			t.Errorf("%s: got the text %q, want sentences", n.path, n.text)
		}
	}
	slices.Sort(keys)
	slices.Sort(explained)
	if !slices.Equal(keys, explained) {
		t.Errorf("got notes on\n%s\nwant notes on\n%s", strings.Join(explained, "\n"), strings.Join(keys, "\n"))
	}
}

func TestEveryFieldHasAKey(t *testing.T) {
	var check func(typ reflect.Type)
	check = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.IsExported() && !f.Anonymous && f.Tag.Get("toml") == "" {
				t.Errorf("%v.%s has no toml tag", typ, f.Name)
			}
		}
		for _, f := range fields(typ) {
			switch shapeOf(f.typ) {
			case aTable:
				check(f.typ)
			case aTableArray:
				check(f.typ.Elem())
			}
		}
	}
	check(reflect.TypeFor[Config]())
}

// rowForm finds the lists in a path.
var rowForm = regexp.MustCompile(`\b(session|event|shot|pause|window|view|line)\.`)

// full is a valid configuration with a row in each list, whatever the kind of camera.
func full() Config {
	c := Default()
	c.Device = "x"
	row := schedule.NewSession()
	row.Name, row.Kind = "a", schedule.Upload
	c.Camera.HTTP.URL = "http://192.0.2.9/x.jpg"
	c.Camera.Shutter.Line, c.Camera.Shutter.Path = "GPIO17", "/media/camera"
	c.Sessions = []schedule.Session{row}
	c.Site = schedule.Site{Latitude: schedule.DegreesOf(52), Longitude: schedule.DegreesOf(13)}
	c.Events = []schedule.Event{{Name: "a", FirstDay: "2026-06-01", LastDay: "2026-06-30", Sessions: []schedule.Session{row}}}
	noon := schedule.WallTimeOf(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	c.Shots = []schedule.Shot{{Name: "a", At: noon}}
	c.Pauses = []schedule.Pause{{Name: "a", From: noon, Until: noon + 1}}
	c.Camera.VISCA.Views = []visca.SessionView{{Session: "a"}}
	w := maintenance.NewWindow()
	w.Name, w.Start, w.Duration = "a", "2026-06-01 12:00:00", time.Hour
	c.Maintenance.Windows = []maintenance.Window{w}
	c.HAL.Lines = []model.LineConfig{{Use: model.Heater, Line: "GPIO5"}}
	return c
}

// TestNotesSayWhatValidateSays gives each key an impossible value and compares
// the complaint with the note.
func TestNotesSayWhatValidateSays(t *testing.T) {
	for _, n := range notes() {
		c := full()
		for _, k := range kinds() {
			if strings.HasPrefix(n.path, "camera."+k.name+".") {
				c.Camera.Kind = k.name
			}
		}
		at := rowForm.ReplaceAllString(n.path, "$1[0].")
		v := reflect.ValueOf(&c).Elem()
		for _, key := range strings.Split(at, ".") {
			key, isRow := strings.CutSuffix(key, "[0]")
			f, _ := find(v.Type(), key)
			if v = v.FieldByIndex(f.index); isRow {
				v = v.Index(0)
			}
		}
		mustComplain := true
		switch s := shapeOf(v.Type()); {
		case s == aTable, s == aTableArray, s == aBool:
			continue
		case s == aList:
			v.Set(reflect.ValueOf([]string{""}))
		case s == aString:
			v.SetString("\x00 is impossible")
			mustComplain = false
			if strings.HasSuffix(n.path, ".name") {
				v.SetString("")
			}
		case v.Type() == reflect.TypeFor[schedule.Moment]():
			v.Set(reflect.ValueOf(schedule.At(-1)))
		case v.Type() == reflect.TypeFor[schedule.Degrees]():
			v.Set(reflect.ValueOf(schedule.DegreesOf(1000)))
		case v.Type() == reflect.TypeFor[climate.Celsius]():
			v.SetInt(1000)
		case v.CanInt():
			v.SetInt(-1)
		case v.CanUint():
			v.SetUint(0)
		}
		var wants []string
		for _, bad := range invalid.Values(c.Validate()) {
			if bad.Key == at {
				wants = append(wants, bad.Want)
			}
		}
		if len(wants) == 0 && !mustComplain {
			continue
		}
		if len(wants) != 1 || !strings.Contains(wants[0], n.allowed) {
			t.Errorf("%s: the note says %q, Validate wants %q", n.path, n.allowed, wants)
		}
	}
}

// referenceFile is the table for technicians, relative to this package.
const referenceFile = "../docs/config.md"

// TestTheReferenceIsCurrent compares docs/config.md with the notes and the
// defaults. With UPDATE_REFERENCE=1 it writes the file.
func TestTheReferenceIsCurrent(t *testing.T) {
	want := reference()
	if os.Getenv("UPDATE_REFERENCE") == "1" {
		if err := os.WriteFile(referenceFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/config.md differs from the notes; write it anew: UPDATE_REFERENCE=1 go test ./config")
	}
}

const referenceHead = `# The configuration file

One TOML file tells a controller what to do. This alone is a complete one:

` + "```toml" + `
device = "pole-17"
` + "```" + `

Every other key has the default given here. To begin with a file in which each key is explained, and to check one:

` + "```" + `
fieldcam config default > fieldcam.toml
fieldcam config check fieldcam.toml
` + "```" + `

Texts stand in double quotes. Durations are texts: ` + "`\"90s\"`, `\"15m\"`, `\"1h30m\"`" + `. Numbers, ` + "`true` and `false`" + ` stand without
quotes. Everything that is wrong with a file is reported at once, with line and column; such a file is refused whole.

This page is written by a test from the same notes as the comments in the default file.
`

// reference is docs/config.md.
func reference() []byte {
	w := newWriter(Default(), true)
	var b strings.Builder
	b.WriteString(referenceHead)
	table := func(title, text string) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| key | allowed | default | meaning |\n| --- | --- | --- | --- |\n", title, text)
	}
	rows := func(prefix string, typ reflect.Type) {
		for _, f := range fields(typ) {
			if !isValue(f.typ) {
				continue
			}
			path := join(prefix, f.key)
			n, standard := w.notes[path], w.standard(path)
			switch {
			case standard == "":
				standard = "required"
			case n.zero != "":
				standard = "`" + standard + "`: " + n.zero
			default:
				standard = "`" + standard + "`"
			}
			cells := []string{"`" + f.key + "`", n.allowed, standard, n.text}
			for i := range cells {
				cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
	}
	table("The top of the file", "These stand before the first table.")
	rows("", reflect.TypeFor[Config]())
	for _, k := range allKnown(Default()) {
		switch shapeOf(k.field.typ) {
		case aTable:
			table("`["+k.path+"]`", w.notes[k.path].text)
			rows(k.path, k.field.typ)
		case aTableArray:
			table("`[["+k.path+"]]`", w.notes[k.path].text)
			rows(k.path, k.field.typ.Elem())
		}
	}
	return []byte(b.String())
}

// TestTheTablesOfOtherKindsOfCamerasDoNotMatter: a file that was a camera's before need
// not be cleaned up, and the defaults of a kind need not be complete.
func TestTheTablesOfOtherKindsOfCamerasDoNotMatter(t *testing.T) {
	c := full()
	c.Camera.Kind = KindShutter
	c.Camera.VC0706.Baud = 1
	if err := c.Validate(); err != nil {
		t.Errorf("a bad table of a kind that is not chosen: got %v, want nil", err)
	}
	c.Camera.Kind = KindVC0706
	if got := invalid.Values(c.Validate()); len(got) != 1 || got[0].Key != "camera.vc0706.baud" {
		t.Errorf("a bad table of the chosen kind: got %v, want camera.vc0706.baud", got)
	}
}

// TestTheExamplesOfTheDefaultFileCanBeUsed takes off their comment signs.
func TestTheExamplesOfTheDefaultFileCanBeUsed(t *testing.T) {
	text := regexp.MustCompile(`(?m)^#(\[\[|[a-z_]+ = )`).ReplaceAll(DefaultFile(), []byte("$1"))
	text = bytes.Replace(text, []byte(`device = ""`), []byte(`device = "x"`), 1)
	c, err := Parse("examples", text)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Events) != 1 || len(c.Events[0].Sessions) != 1 || len(c.Shots) != 1 || len(c.Pauses) != 1 || len(c.Maintenance.Windows) != 1 {
		t.Errorf("got %+v, want one of each", c.Plan())
	}
}

// TestAModelHasItsOwnBattery, whose usual alerts are those of its chemistry, unless the
// file has another.
func TestAModelHasItsOwnBattery(t *testing.T) {
	for _, m := range model.Models() {
		c, err := Parse("x", []byte("device = \"x\"\nmodel = \""+m.Name+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		b := c.Power.Battery.Full()
		if got := (model.Battery{Chemistry: b.Chemistry, Cells: b.Cells, AlertMillivolts: b.AlertMillivolts, MainsMillivolts: b.MainsMillivolts}); got != m.Battery {
			t.Errorf("%s: got %+v, want %+v", m.Name, got, m.Battery)
		}
		c, err = Parse("x", []byte("device = \"x\"\nmodel = \""+m.Name+"\"\n[power.battery]\nchemistry = \"lead\"\ncells = 6\n"))
		if b := c.Power.Battery; err != nil || b.Chemistry != "lead" || b.Cells != 6 {
			t.Errorf("%s with a battery of its own: got %+v, %v", m.Name, b, err)
		}
	}
}

// TestAModelHasItsOwnDefaultSchedule, unless the file has sessions.
func TestAModelHasItsOwnDefaultSchedule(t *testing.T) {
	for _, model := range Models() {
		c, err := Parse("x", []byte("device = \"x\"\nmodel = \""+model+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if want := schedule.DefaultFor(model); !slices.Equal(c.Sessions, want) {
			t.Errorf("%s: got %+v, want %+v", model, c.Sessions, want)
		}
	}
}
