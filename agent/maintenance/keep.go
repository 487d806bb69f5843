package maintenance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"fieldcam/agent/message"
	"fieldcam/agent/statefile"
)

const (
	// keptFile is where the notices are, in Options.Dir.
	keptFile = "notices.json"
	// keptLimit bounds the file: two notices as base64, and the spans of a week.
	keptLimit = 256 << 10
	// maxSpent bounds the spans of a week: one a minute would be 10,080.
	maxSpent = 11_000
)

// kept is what survives a restart.
type kept struct {
	own, fleet *held // nil: none
	// cut is when the last notice came: nothing before it is quiet by these.
	cut time.Time
	// spent is the quiet of earlier notices in the week before cut.
	spent []span
}

// held is one accepted notice.
type held struct {
	payload []byte
	notice  message.Notice
	windows []Occurrence
}

// of is the notice for a device or the fleet.
func (k *kept) of(address string) *held {
	if address == message.Fleet {
		return k.fleet
	}
	return k.own
}

func (k *kept) set(address string, h *held) {
	if address == message.Fleet {
		k.fleet = h
		return
	}
	k.own = h
}

// onCard is the file's form.
type onCard struct {
	V     int        `json:"v"`
	Cut   int64      `json:"cut"`             // nanoseconds since 1970
	Spent [][2]int64 `json:"spent,omitempty"` // begin and end, the same
	Own   []byte     `json:"own,omitempty"`   // a notice as it came
	Fleet []byte     `json:"fleet,omitempty"`
}

// onCard is k as the file holds it.
func (k *kept) onCard() *onCard {
	f := &onCard{V: 1, Cut: k.cut.UnixNano()}
	for _, s := range k.spent {
		f.Spent = append(f.Spent, [2]int64{s.begin.UnixNano(), s.ends.UnixNano()})
	}
	if k.own != nil {
		f.Own = k.own.payload
	}
	if k.fleet != nil {
		f.Fleet = k.fleet.payload
	}
	return f
}

// save replaces the file; keeping is held.
func (c *Calendar) save(f *onCard) error {
	if c.o.Dir == "" {
		return nil
	}
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return statefile.Replace(filepath.Join(c.o.Dir, keptFile), data)
}

// open loads what was kept; a damaged file is set aside.
func (c *Calendar) open() {
	err := c.load()
	if err == nil {
		return
	}
	name := filepath.Join(c.o.Dir, keptFile)
	c.o.Log.Warn().Err(err).Str("file", name).Msg("kept notices can't be read: set aside until the cloud sends them again")
	if err := statefile.SetAside(name); err != nil {
		c.o.Log.Warn().Err(err).Str("file", name).Msg("kept notices can't be set aside")
	}
}

// load reads what was kept, if anything. A notice that does not hold any more, by
// another key or for another device, is dropped.
func (c *Calendar) load() error {
	if c.o.Dir == "" {
		return nil
	}
	f, err := readKept(filepath.Join(c.o.Dir, keptFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read kept notices: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known.cut = time.Unix(0, f.Cut).UTC()
	for _, s := range f.Spent {
		c.known.spent = append(c.known.spent, span{begin: time.Unix(0, s[0]).UTC(), ends: time.Unix(0, s[1]).UTC()})
	}
	for _, payload := range [][]byte{f.Own, f.Fleet} {
		if len(payload) == 0 {
			continue
		}
		n, all, err := c.read(payload)
		if err != nil {
			c.o.Log.Info().Err(err).Msg("kept notice dropped")
			continue
		}
		c.known.set(n.Device, &held{payload: payload, notice: n, windows: all})
	}
	c.recount()
	c.mend(c.o.Clock.Now())
	return nil
}

// readKept reads and checks the file.
func readKept(name string) (onCard, error) {
	data, err := statefile.Read(name, keptLimit)
	if err != nil {
		return onCard{}, err
	}
	var k onCard
	if err := json.Unmarshal(data, &k); err != nil {
		return onCard{}, err
	}
	if k.V != 1 {
		return onCard{}, fmt.Errorf("version %d: want 1", k.V)
	}
	if len(k.Spent) > maxSpent {
		return onCard{}, fmt.Errorf("%d spans: want at most %d", len(k.Spent), maxSpent)
	}
	for i, s := range k.Spent {
		if s[0] >= s[1] || i > 0 && s[0] <= k.Spent[i-1][1] {
			return onCard{}, fmt.Errorf("spans are out of order")
		}
	}
	return k, nil
}
