package shutter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"fieldcam/agent/statefile"
)

const (
	// contactName is the file in Options.Dir of what is known of the contact that confirms
	// exposures, and contactFormat its version.
	contactName   = "contact.json"
	contactFormat = 1
	// maxContact bounds the reading of the file, in bytes; a whole one has under 300.
	maxContact = 4096
)

// evidence is what the card has shown of the contact. It is kept over a restart: a
// controller that starts anew between two looks would else never know of a broken wire.
type evidence struct {
	// Mute: the contact does not tell of exposures, as the card has shown, and its silence
	// says nothing of a shot, until it tells of one.
	Mute bool `json:"mute"`
	// Looked: the card was looked at before, and Newest was capture.Listing's then.
	Looked bool `json:"looked"`
	Newest int  `json:"newest"`
	// Shots that may have left what is new on the card at the next look: one that counted,
	// and one that the contact did not confirm.
	Counted bool `json:"counted"`
	Silent  bool `json:"silent"`
}

// contactText is the file. The evidence is of the contact on this line.
type contactText struct {
	Format     int    `json:"format"`
	Line       string `json:"line"`
	ActiveHigh bool   `json:"active_high"`
	evidence
}

// contactFile keeps the evidence. Its methods may be called from any goroutine.
type contactFile struct {
	path    string
	confirm Confirm // its Line is empty where nothing confirms, and nothing is kept

	mu     sync.Mutex // guards the following, and the file
	kept   evidence
	failed bool // the last writing did
}

func newContactFile(cfg Config, o Options) *contactFile {
	return &contactFile{path: filepath.Join(o.Dir, contactName), confirm: cfg.Confirm}
}

// read is what was kept of the configured contact; the zero evidence where nothing was. A
// file that is damaged is set aside.
func (f *contactFile) read() (evidence, error) {
	if f.confirm.Line == "" {
		return evidence{}, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	data, err := statefile.Read(f.path, maxContact)
	if errors.Is(err, fs.ErrNotExist) {
		return evidence{}, nil
	}
	if err != nil {
		return evidence{}, fmt.Errorf("read what is known of the contact: %w", err)
	}
	var t contactText
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err = d.Decode(&t); err == nil && t.Format != contactFormat {
		err = fmt.Errorf("format %d, want %d", t.Format, contactFormat)
	}
	if err != nil {
		return evidence{}, fmt.Errorf("read what is known of the contact: %w", errors.Join(err, statefile.SetAside(f.path)))
	}
	if t.Line == f.confirm.Line && t.ActiveHigh == f.confirm.ActiveHigh {
		f.kept = t.evidence
	}
	return f.kept, nil
}

// keep makes e durable, where it is not: that is seldom more than three times between two
// looks at the card. Before the first look there is nothing to keep. Its error is that of
// the first of several attempts that fail.
func (f *contactFile) keep(e evidence) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.confirm.Line == "" || !e.Looked || e == f.kept {
		return nil
	}
	data, err := json.Marshal(contactText{Format: contactFormat, Line: f.confirm.Line, ActiveHigh: f.confirm.ActiveHigh, evidence: e})
	if err == nil {
		err = statefile.Replace(f.path, append(data, '\n'))
	}
	if err == nil {
		f.kept, f.failed = e, false
		return nil
	}
	if f.failed {
		return nil
	}
	f.failed = true
	return fmt.Errorf("keep what is known of the contact: %w", err)
}

// recall takes in what was known of the contact before this process began, once. c.mu is
// locked.
func (c *Camera) recall() {
	if c.recalled {
		return
	}
	c.recalled = true
	e, err := c.contact.read()
	if err != nil {
		c.o.Log.Warn().Err(err).Msg("the contact that confirms exposures is judged anew")
	}
	c.verdict.recall(time.Now(), e)
}

// keepEvidence makes what is known of the contact durable.
func (c *Camera) keepEvidence() {
	c.mu.Lock()
	e := c.verdict.evidence
	c.mu.Unlock()
	if err := c.contact.keep(e); err != nil {
		c.o.Log.Warn().Err(err).Msg("after a restart the contact that confirms exposures is judged anew")
	}
}
