package main

import (
	"context"
	"time"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
	"fieldcam/cmd/fieldcam-hub/internal/subscriber"
)

const (
	// announceEvery is how often the book of notices is looked at: what "notice add"
	// has written is with the connected controllers so soon.
	announceEvery = 2 * time.Second
	// againAfter is when a notice is published once more: NATS shows a retained
	// message to new subscribers only some time after it has confirmed it, so that a
	// controller that was connecting would not hear of it until its next connection.
	againAfter = time.Minute
	// refreshEvery is how often notices are looked through for those to issue anew.
	refreshEvery = 6 * time.Hour
)

// announcer publishes the book's notices. It is announce's alone.
type announcer struct {
	*hub
	stamp  string             // of the book as it was published
	all    []notices.Entry    // of the book
	sent   map[string]sending // by address, on this connection
	linked int64              // the connection that was
	failed string             // what the last failure said
}

// sending is a notice that was published.
type sending struct {
	number int64
	at     time.Time
	again  bool
}

// due tells whether the notice of that number is to be published now.
func (s sending) due(number int64) bool {
	return s.number != number || !s.again && time.Since(s.at) >= againAfter
}

// announce publishes the notices of the book, at each change and anew on each
// connection, until ctx ends.
func (h *hub) announce(ctx context.Context) error {
	a := announcer{hub: h, sent: map[string]sending{}}
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	refreshed := time.Time{}
	for {
		err := a.look()
		if err == nil && time.Since(refreshed) > refreshEvery {
			refreshed = time.Now()
			err = h.book.Refresh()
		}
		switch {
		case err == nil:
			a.failed = ""
		case err.Error() != a.failed:
			a.failed = err.Error()
			h.log.Error().Err(err).Msg("maintenance notices not published")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look publishes what is not published yet.
func (a *announcer) look() error {
	if n := a.links.Load(); n != a.linked { // an external broker may have forgotten
		a.linked = n
		clear(a.sent)
	}
	stamp, err := a.book.Stamp()
	if err != nil {
		return err
	}
	if stamp != a.stamp {
		if err := a.board.Post(a.book); err != nil {
			return err
		}
		if a.all, err = a.book.Entries(); err != nil {
			return err
		}
		a.stamp = stamp
	}
	if a.linked == 0 {
		return nil
	}
	for _, e := range a.all {
		if !a.hears(e.Address) {
			delete(a.sent, e.Address) // it may come back
			continue
		}
		before := a.sent[e.Address]
		if !before.due(e.N) {
			continue
		}
		payload, err := a.book.Notice(e)
		if err != nil {
			return err
		}
		if !a.publish(subscriber.Retained{Topic: message.Topic(e.Address, message.KindNotice), Payload: payload}) {
			return nil // again at the next look
		}
		again := before.number == e.N
		a.sent[e.Address] = sending{number: e.N, at: time.Now(), again: again}
		if again {
			continue
		}
		a.log.Info().Str("to", e.Address).Int64("number", e.N).Int("windows", len(e.Windows)).Msg("maintenance notice published")
	}
	return nil
}

// hears tells whether an address is of this fleet. Who is at another's broker is
// that one's to know.
func (h *hub) hears(address string) bool {
	return address == message.Fleet || h.broker == nil || h.devices.Known(address)
}

// publish has a message retained; false where too many wait.
func (h *hub) publish(m subscriber.Retained) bool {
	select {
	case h.retain <- m:
		return true
	default:
		return false
	}
}

// link notes whether the hub is connected to its broker.
func (h *hub) link(up bool) {
	if up {
		h.links.Add(1)
		if h.broker != nil {
			h.broker.Admit()
		}
	}
	h.fleet.Link(up)
}

// openBook opens the notices of the hub's data folder.
func openBook(data string) (*notices.Book, string, error) {
	key, text, err := noticeKey(data)
	if err != nil {
		return nil, "", err
	}
	return notices.Open(data, key, time.Now), text, nil
}
