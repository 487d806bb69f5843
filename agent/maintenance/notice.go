package maintenance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"fieldcam/agent/message"
)

// inboxSize is how many notices may wait: one for each address, and some that are
// sent again meanwhile.
const inboxSize = 8

// early is how far the cloud's clock may be ahead of ours.
const early = day

// parcel is a message as it came.
type parcel struct {
	topic   string
	payload []byte
}

// Topics lists the topics on which this device's notices come.
func (c *Calendar) Topics() []string {
	return []string{message.Topic(c.o.Device, message.KindNotice), message.Topic(message.Fleet, message.KindNotice)}
}

// Receive hands a message from one of Topics to Run. It never waits: a flood is
// cut off, and the broker keeps the newest.
func (c *Calendar) Receive(topic string, payload []byte) {
	select {
	case c.inbox <- parcel{topic, bytes.Clone(payload)}:
	default:
	}
}

// Run reads what Receive was given until ctx ends, and then returns nil. Call it
// once.
func (c *Calendar) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-c.inbox:
			c.receive(p)
		}
	}
}

func (c *Calendar) receive(p parcel) {
	if c.config.NoticeKey == "" || len(p.payload) == 0 {
		return // nobody's word is good here; or no notice is kept for the address
	}
	changed, err := c.Accept(p.payload)
	c.mu.Lock()
	again := err != nil && err.Error() == c.said
	switch {
	case changed:
		c.said = ""
	case err != nil:
		c.said = err.Error()
	}
	c.mu.Unlock()
	switch {
	case changed:
		c.o.Log.Info().Str("topic", p.topic).Msg("maintenance calendar changed by a notice")
		if err != nil {
			c.o.Log.Error().Err(err).Msg("notice not kept: it counts until the next start")
		}
		if c.o.Changed != nil {
			c.o.Changed()
		}
		err = nil
	case err == nil, again:
		return
	default:
		c.o.Log.Warn().Err(err).Str("topic", p.topic).Msg("notice ignored")
	}
	if c.o.Rejected != nil {
		c.o.Rejected(err)
	}
}

// Accept takes a notice's payload into the calendar and keeps it, or says why not:
// nothing of a refused notice counts. changed is false, without an error, for the
// notice that is kept already. Where it could not be kept on the card it counts
// all the same, until the next start, and err says so beside changed.
func (c *Calendar) Accept(payload []byte) (changed bool, err error) {
	n, all, err := c.read(payload)
	if err != nil {
		return false, fmt.Errorf("accept notice: %w", err)
	}
	c.keeping.Lock()
	defer c.keeping.Unlock()
	file, err := c.take(n, all, payload)
	if err != nil || file == nil {
		return false, err
	}
	if err := c.save(file); err != nil {
		return true, fmt.Errorf("keep notice %q: %w", n.ID, err)
	}
	return true, nil
}

// take makes n count, and gives the file to be kept for it; nil where n is known
// already.
func (c *Calendar) take(n message.Notice, all []Occurrence, payload []byte) (file *onCard, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.o.Clock.Now()
	before := c.known.of(n.Device)
	if before != nil && n.N <= before.notice.N {
		if bytes.Equal(before.payload, payload) {
			c.mend(now)
			return nil, nil
		}
		return nil, fmt.Errorf("accept notice %q: number %d is not newer than %d", n.ID, n.N, before.notice.N)
	}
	if before != nil && n.Issued <= before.notice.Issued {
		return nil, fmt.Errorf("accept notice %q: issued before %q, which has a smaller number", n.ID, before.notice.ID)
	}
	if err := c.timely(n, now); err != nil {
		return nil, fmt.Errorf("accept notice %q: %w", n.ID, err)
	}
	c.known.spent = past(c.grant, c.known.spent, now)
	c.known.cut = now
	c.known.set(n.Device, &held{payload: bytes.Clone(payload), notice: n, windows: all})
	c.recount()
	return c.known.onCard(), nil
}

// read checks what a notice says, whatever the time.
func (c *Calendar) read(payload []byte) (message.Notice, []Occurrence, error) {
	key, err := c.config.key()
	if err != nil || key == nil {
		return message.Notice{}, nil, errors.New("no notice_key is configured")
	}
	n, err := message.OpenNotice(payload, key)
	if err != nil {
		return n, nil, err
	}
	if n.Device != c.o.Device && n.Device != message.Fleet {
		return n, nil, fmt.Errorf("notice %q is for %q", n.ID, n.Device)
	}
	if year := n.Issued.Time().Year(); year < firstYear || year > lastYear {
		return n, nil, fmt.Errorf("notice %q: issued in the year %d", n.ID, year)
	}
	all, err := c.expand(n)
	return n, all, err
}

// timely tells whether n may count now. A clock that nobody vouches for judges
// nothing.
func (c *Calendar) timely(n message.Notice, now time.Time) error {
	if !c.o.Clock.Synced() {
		return nil
	}
	switch issued := n.Issued.Time(); {
	case issued.After(now.Add(early)):
		return fmt.Errorf("issued in the future, at %s", issued.Format(time.RFC3339))
	case issued.Add(MaxAge).Before(now):
		return fmt.Errorf("too old: issued at %s", issued.Format(time.RFC3339))
	}
	return nil
}

// expand counts all windows of n.
func (c *Calendar) expand(n message.Notice) ([]Occurrence, error) {
	spread := c.config.Spread
	if n.SpreadSeconds > 0 {
		spread = time.Duration(n.SpreadSeconds) * time.Second
	}
	issued := n.Issued.Time()
	var all []Occurrence
	for i, w := range n.Windows {
		s, err := Window{
			Name: w.Name, Class: w.Class, Start: w.Start, Rule: w.Rule, TimeZone: w.Zone,
			Duration: time.Duration(w.DurationSeconds) * time.Second,
		}.compile(spread, n.ID)
		if err != nil {
			return nil, fmt.Errorf("notice %q: windows[%d]: %w", n.ID, i, err)
		}
		found := between([]series{s}, issued, issued.Add(MaxAge))
		if len(all)+len(found) > maxNoted {
			return nil, fmt.Errorf("notice %q: more than %d windows within %d days", n.ID, maxNoted, MaxAge/day)
		}
		all = append(all, found...)
	}
	return all, nil
}

// recount makes the notices' part of the calendar anew; mu is held.
func (c *Calendar) recount() {
	c.noted, c.view = nil, nil
	for _, h := range []*held{c.known.own, c.known.fleet} {
		if h != nil {
			c.noted = append(c.noted, h.windows...)
		}
	}
	var wanted []span
	for _, s := range quiet(c.noted) {
		if s.begin.Before(c.known.cut) {
			s.begin = c.known.cut
		}
		if s.begin.Before(s.ends) {
			wanted = append(wanted, s)
		}
	}
	c.grant = within(wanted, c.known.spent)
}

// mend is for a notice that came while the clock was ahead: until then nothing of
// it would be quiet. mu is held.
func (c *Calendar) mend(now time.Time) {
	if c.o.Clock.Synced() && now.Before(c.known.cut) {
		c.known.cut = now
		c.recount()
	}
}
