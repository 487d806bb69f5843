package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
	"fieldcam/cmd/fieldcam-hub/internal/subscriber"
)

const (
	// expectEvery is how often new devices and photo folders are looked for: what
	// "device add" has registered appears on the page so soon.
	expectEvery = 2 * time.Second
	// retainQueue is how many retained messages wait to be published or removed:
	// those of a few devices. What finds no place is tried again.
	retainQueue = 64
)

// expect keeps the fleet's list of systems until ctx ends.
func (h *hub) expect(ctx context.Context) error {
	tick := time.NewTicker(expectEvery)
	defer tick.Stop()
	before := map[string]bool{}
	registered := false // a device was, since the hub's start
	for {
		if now, err := h.expected(); err != nil {
			h.log.Warn().Err(err).Msg("list systems")
		} else {
			for name := range before {
				if !now[name] {
					h.fleet.Forget(name)
				}
			}
			h.forgetRemoved()
			registered = registered || slices.ContainsFunc(slices.Collect(maps.Keys(now)), h.devices.Known)
			if registered { // else the registry may not have been restored yet, beside all accounts
				h.forgetAccounts()
			}
			for name := range now {
				h.fleet.Expect(name)
			}
			before = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (h *hub) expected() (map[string]bool, error) {
	names := map[string]bool{}
	devices, err := h.devices.Devices()
	for _, d := range devices {
		names[d.Name] = true
	}
	folders, err2 := h.archive.Devices()
	for _, name := range folders {
		names[name] = true
	}
	return names, errors.Join(err, err2)
}

// forgetRemoved drops what devices said, here and at the hub's own broker, that
// are struck off since. Their photos stay.
func (h *hub) forgetRemoved() {
	for _, s := range h.fleet.Systems() {
		// Asked after the list was made: one that was added meanwhile is known.
		if h.broker != nil && s.State != fleet.Fresh && !h.devices.Known(s.Name) {
			h.fleet.Forget(s.Name)
			h.purge(s.Name, append(message.Kinds(), message.KindNotice)...)
		}
	}
}

// forgetAccounts removes the accounts of devices that are struck off, also of
// those that were while the hub did not run. With another's broker a device need
// not be registered here.
func (h *hub) forgetAccounts() {
	for _, name := range h.accounts.Systems() {
		if h.broker == nil || h.devices.Known(name) {
			continue
		}
		if err := h.accounts.Forget(name); err != nil {
			h.log.Warn().Err(err).Str("device", name).Msg("accounts not forgotten")
		}
	}
}

// hear takes one message from the broker. The hub's own can still hold what a
// device said that is struck off by now: that is removed, not shown. Who may
// speak on another's is that one's to decide.
func (h *hub) hear(topic string, payload []byte, retained bool) {
	if name, kind, err := message.ParseTopic(topic); err == nil && h.broker != nil && !h.devices.Known(name) {
		if len(payload) > 0 { // else it is removed already
			h.purge(name, kind)
		}
		return
	}
	if err := h.fleet.Handle(topic, payload, retained); err != nil {
		h.log.Warn().Err(err).Msg("message not understood")
		return
	}
	if err := h.account(topic, payload); err != nil {
		h.log.Warn().Err(err).Msg("account of a day not kept")
	}
}

// account keeps what a system proves of its due photos.
func (h *hub) account(topic string, payload []byte) error {
	name, kind, err := message.ParseTopic(topic)
	if err != nil || kind != message.KindLedger || len(payload) == 0 {
		return err
	}
	l, err := message.ParseLedger(payload)
	if err != nil {
		return err
	}
	return h.accounts.Keep(name, l)
}

// purge has retained messages of a device removed. It does not wait.
func (h *hub) purge(name string, kinds ...message.Kind) {
	for _, kind := range kinds {
		h.publish(subscriber.Retained{Topic: message.Topic(name, kind)}) // or when it is heard again
	}
}
