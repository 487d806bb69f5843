package agent_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is this module's path.
const module = "fieldcam/"

// layers is the house from the ground up: a package may import packages of
// lower layers, and packages of its own directory tree in its own layer. A
// package that is in no layer fails the test: give it a place first.
func layers() [][]string {
	return [][]string{
		{"config/invalid"},
		{
			"agent/identity",
			"capture/exif", "capture/photo", "capture/schedule",
			"capture/camera/subprocess", "capture/camera/subprocess/programsim",
			"hal",
		},
		{"agent/message"},
		{
			"capture/camera/jpegstream", "capture/camera/scenesim", "capture/camera/serial",
			"capture/camera/serial/serialsim",
			"hal/i2c",
		},
		{
			"agent/health", "agent/health/journal", "agent/modem/at", "agent/reading", "agent/statefile",
			"capture/camera", "capture/picture", "capture/picture/luma",
			"capture/camera/dcf", "capture/camera/fetched", "capture/camera/ptpsim",
			"hal/bme280", "hal/bme280/bme280sim", "hal/haltest", "hal/hwmon", "hal/ina", "hal/ina/inasim", "hal/linux",
			"hal/linux/fdstore", "hal/linux/fdstore/fdstoretest", "hal/model", "hal/sht3x", "hal/sht3x/sht3xsim",
			"hal/sim", "hal/vedirect", "hal/vedirect/vedirectsim",
			"queue/boltfile", "queue/ledger", "queue/spool", "queue/thumbnail",
		},
		{
			"capture",
			"capture/camera/command", "capture/camera/ipcam", "capture/camera/ipcam/ipcamsim", "capture/camera/ucam",
			"capture/camera/ucam/ucamsim", "capture/camera/vc0706", "capture/camera/vc0706/vc0706sim",
			"capture/camera/visca", "capture/camera/visca/viscasim",
			"queue", "queue/upload", "queue/upload/tus", "queue/upload/tustest", "queue/upload/uploadtest",
		},
		{
			"agent/climate", "agent/heartbeat", "agent/link", "agent/link/linktest", "agent/maintenance", "agent/modem",
			"agent/modem/manager", "agent/modem/modemsim", "agent/panel", "agent/pause", "agent/power", "agent/proof",
			"agent/restart",
			"capture/camera/cameratest", "capture/camera/deferredtest", "capture/camera/gphoto", "capture/camera/gphoto/gphotosim",
			"capture/camera/shutter", "capture/camera/shutter/shuttersim",
			"queue/second", "queue/session",
		},
		{"agent/mqtt", "agent/mqtt/mqtttest", "agent/control", "capture/camera/serial/serialtest"},
		{"config"},
		{"agent/plan"},
		{"agent"},
		{"cmd/..."}, // programs: whatever is below is theirs
	}
}

// pins says which packages may import a third-party module, and do. A module
// that is not listed here may be imported by tests only.
func pins() map[string][]string {
	return map[string][]string{
		"periph.io/x/":                       {"hal/linux"},
		"go.etcd.io/bbolt":                   {"queue"},
		"github.com/eclipse/paho":            {"agent/mqtt", "agent/mqtt/mqtttest"},
		"github.com/spf13/cobra":             {"cmd/..."},
		"github.com/mattn/go-isatty":         {"cmd/..."},
		"github.com/pelletier/go-toml":       {"config"},
		"github.com/coreos/go-systemd":       {"cmd/fieldcam"},
		"github.com/teambition/rrule-go":     {"agent/maintenance"},
		"github.com/nathan-osman/go-sunrise": {"capture/schedule"},
		"golang.org/x/image":                 {"capture/camera/scenesim"},
		"golang.org/x/time":                  {"cmd/fieldcam-sim/..."},
		"github.com/godbus/dbus":             {"agent/modem/manager"},
		"github.com/rs/zerolog":              {"..."},
		"golang.org/x/sys":                   {"..."},
	}
}

// hubModule is where the hub's own module is, and hubImports what it may import
// of this one: the messages, the windows that they tell of, and the photos. Whatever else the hub knew of a
// controller, a cloud of another make could not know.
const hubModule = "../cmd/fieldcam-hub"

func hubImports() []string {
	return []string{"agent/message", "agent/maintenance", "capture/photo", "queue/ledger"}
}

// forbidden lists what the device's binary must not contain: simulators, test
// helpers, the hub, and the standard packages that cost megabytes there.
func forbidden(path string) bool {
	if own, ok := strings.CutPrefix(path, module); ok {
		last := own[strings.LastIndexByte(own, '/')+1:]
		return strings.HasSuffix(last, "sim") || strings.HasSuffix(last, "test") || strings.HasPrefix(own, "cmd/fieldcam-")
	}
	return path == "testing" || path == "html/template"
}

// listed is one package, as `go list -json` tells.
type listed struct {
	ImportPath string
	Imports    []string
}

// list runs `go list` in the module's root.
func list(t *testing.T, args ...string) []listed {
	t.Helper()
	return listIn(t, "..", args...)
}

// listIn runs `go list` in dir.
func listIn(t *testing.T, dir string, args ...string) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports"}, args...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, stderr.Bytes())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list %v: %v", args, err)
		}
		all = append(all, p)
	}
}

// matches tells whether the package own is pattern, or in its tree where the
// pattern ends with "...".
func matches(pattern, own string) bool {
	tree, isTree := strings.CutSuffix(pattern, "...")
	if !isTree {
		return own == pattern
	}
	return strings.HasPrefix(own+"/", tree)
}

func matchesAny(patterns []string, own string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, own) })
}

// layerOf is the layer of a package of this module; -1 for one without a place.
func layerOf(own string) int {
	return slices.IndexFunc(layers(), func(layer []string) bool { return matchesAny(layer, own) })
}

// related tells whether one of the packages is in the other's directory tree;
// below cmd, whether they are of the same program.
func related(a, b string) bool {
	if pa, pb := strings.Split(a, "/"), strings.Split(b, "/"); pa[0] == "cmd" && pb[0] == "cmd" {
		return len(pa) > 1 && len(pb) > 1 && pa[1] == pb[1]
	}
	return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, p := range list(t, "./...") {
		own := strings.TrimPrefix(p.ImportPath, module)
		layer := layerOf(own)
		if layer < 0 {
			t.Errorf("%s is in no layer: give it a place in the table", own)
		}
		for _, path := range p.Imports {
			lower, isOwn := strings.CutPrefix(path, module)
			if !isOwn {
				continue
			}
			if to := layerOf(lower); to > layer || to == layer && !related(own, lower) {
				t.Errorf("%s (layer %d) imports %s (layer %d): imports go down only", own, layer, lower, to)
			}
		}
	}
}

func TestThirdPartyCodeStaysInItsPlace(t *testing.T) {
	for _, p := range list(t, "./...") {
		own := strings.TrimPrefix(p.ImportPath, module)
		for _, path := range p.Imports {
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				continue // this module, or the standard library
			}
			if !pinned(path, own) {
				t.Errorf("%s imports %s, which has no place there", own, path)
			}
		}
	}
}

// pinned tells whether the package own may import path of a third party.
func pinned(path, own string) bool {
	for prefix, places := range pins() {
		if strings.HasPrefix(path, prefix) {
			return matchesAny(places, own)
		}
	}
	return false
}

func TestTheDeviceCarriesNoSimulator(t *testing.T) {
	deps := list(t, "-deps", "./cmd/fieldcam")
	if len(deps) < 2 {
		t.Fatalf("go list -deps: got %d packages, want them all", len(deps))
	}
	for _, p := range deps {
		if forbidden(p.ImportPath) {
			t.Errorf("cmd/fieldcam contains %s", p.ImportPath)
		}
	}
}

func TestTheHubKnowsOnlyTheWire(t *testing.T) {
	used := map[string]bool{}
	for _, p := range listIn(t, hubModule, "./...") {
		for _, path := range p.Imports {
			own, isOwn := strings.CutPrefix(path, module)
			if !isOwn || strings.HasPrefix(own+"/", "cmd/fieldcam-hub/") {
				continue
			}
			used[own] = true
			if !slices.Contains(hubImports(), own) {
				t.Errorf("%s imports %s: the hub may know %v of the controller", p.ImportPath, own, hubImports())
			}
		}
	}
	for _, own := range hubImports() {
		if !used[own] {
			t.Errorf("the hub may import %s, but does not", own)
		}
	}
}

func TestTheTableHoldsNoGhosts(t *testing.T) {
	known := map[string]bool{}
	imports := map[[2]string]bool{} // package and what it imports
	for _, p := range list(t, "./...") {
		own := strings.TrimPrefix(p.ImportPath, module)
		known[own] = true
		for _, path := range p.Imports {
			imports[[2]string{own, path}] = true
		}
	}
	for _, layer := range layers() {
		for _, pattern := range layer {
			if !strings.HasSuffix(pattern, "...") && !known[pattern] {
				t.Errorf("%s is in the table but not in the module", pattern)
			}
		}
	}
	for prefix, places := range pins() {
		for _, pattern := range places {
			if !imported(imports, pattern, prefix) {
				t.Errorf("%s may be imported in %s, but is not", prefix, pattern)
			}
		}
	}
}

// imported tells whether a package that matches pattern imports a path that
// begins with prefix; imports holds such pairs.
func imported(imports map[[2]string]bool, pattern, prefix string) bool {
	for pair := range imports {
		if matches(pattern, pair[0]) && strings.HasPrefix(pair[1], prefix) {
			return true
		}
	}
	return false
}
