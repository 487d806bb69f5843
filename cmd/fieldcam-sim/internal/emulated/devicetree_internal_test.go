package emulated

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// source makes a tree by hand: a node is a name, its properties, and its nodes.
type source struct {
	name       string
	properties map[string]string
	nodes      []source
}

func (s source) tokens(names *[]byte) []byte {
	be := binary.BigEndian
	b := be.AppendUint32(nil, tokenBegin)
	b = append(b, s.name...)
	b = append(b, make([]byte, 4-len(s.name)&3)...)
	for name, value := range s.properties {
		b = be.AppendUint32(b, tokenNothing)
		b = be.AppendUint32(b, tokenProperty)
		b = be.AppendUint32(b, uint32(len(value)))
		b = be.AppendUint32(b, uint32(len(*names)))
		*names = append(*names, name+"\x00"...)
		b = append(b, value...)
		b = append(b, make([]byte, -len(value)&3)...)
	}
	for _, n := range s.nodes {
		b = append(b, n.tokens(names)...)
	}
	return be.AppendUint32(b, tokenEnd)
}

func (s source) tree() []byte {
	var names []byte
	tokens := binary.BigEndian.AppendUint32(s.tokens(&names), tokenDone)
	return tree{reserved: make([]byte, 16), tokens: tokens, strings: names, bootCPU: 7}.join()
}

func board() source {
	return source{nodes: []source{
		{name: "memory@40000000", properties: map[string]string{"device_type": "memory\x00"}},
		{name: "pl061@9030000", properties: map[string]string{"compatible": "arm,pl061\x00arm,primecell\x00"}, nodes: []source{{name: "inner"}}},
		{name: "other", properties: map[string]string{"compatible": "arm,pl0611\x00"}},
	}}
}

func TestTheControllersNodeNamesItsLines(t *testing.T) {
	before := board().tree()
	after, err := nameLines(before, controller, []string{"FOCUS", "", "RELAY"})
	if err != nil {
		t.Fatal(err)
	}
	cut, err := cutTree(after)
	if err != nil {
		t.Fatal(err)
	}
	at, err := cut.find(controller)
	if err == nil {
		t.Fatalf("found the node at %d, want that it has the names already", at)
	}
	old, err := cutTree(before)
	if err != nil {
		t.Fatal(err)
	}
	if at, err = old.find(controller); err != nil {
		t.Fatal(err)
	}
	name, value, next, err := cut.property(at + 4)
	if err != nil || name != lineNames || string(value) != "FOCUS\x00\x00RELAY\x00" {
		t.Errorf("the node's first property: %q %q, %v", name, value, err)
	}
	if !bytes.Equal(old.tokens, append(bytes.Clone(cut.tokens[:at]), cut.tokens[next:]...)) || cut.bootCPU != 7 {
		t.Error("something else has changed")
	}
	// A second opinion, where the kernel's own tool is there.
	if program, err := exec.LookPath("fdtget"); err == nil {
		file := filepath.Join(t.TempDir(), "tree")
		if err := os.WriteFile(file, after, 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), program, "-t", "s", file, "/pl061@9030000", lineNames).CombinedOutput()
		if got := strings.TrimRight(string(out), "\n"); err != nil || got != "FOCUS  RELAY" {
			t.Errorf("fdtget: %q, %v", got, err)
		}
	}
}

func TestWhatIsNoTreeIsRefused(t *testing.T) {
	whole := board().tree()
	for n := range whole { // cut anywhere
		if _, err := nameLines(whole[:n], controller, []string{"A"}); err == nil {
			t.Fatalf("the first %d of %d bytes were taken", n, len(whole))
		}
	}
	if _, err := nameLines(whole, "maker,none", []string{"A"}); err == nil {
		t.Error("a tree without the controller was taken")
	}
	if same, err := nameLines(whole, controller, nil); err != nil || !bytes.Equal(same, whole) {
		t.Errorf("no names: changed, or %v", err)
	}
}

func FuzzNameLines(f *testing.F) {
	f.Add(board().tree())
	f.Add([]byte{0xd0, 0x0d, 0xfe, 0xed})
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := nameLines(b, controller, []string{"A", "B"})
		if err != nil {
			return
		}
		if _, err := nameLines(out, controller, []string{"A"}); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("named a second time: %v", err)
		}
	})
}
