package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/cmd/fieldcam-hub/internal/accounts"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/authority"
	"fieldcam/cmd/fieldcam-hub/internal/broker"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
	"fieldcam/cmd/fieldcam-hub/internal/page"
	"fieldcam/cmd/fieldcam-hub/internal/preview"
	"fieldcam/cmd/fieldcam-hub/internal/receiver"
	"fieldcam/cmd/fieldcam-hub/internal/registry"
	"fieldcam/cmd/fieldcam-hub/internal/subscriber"
	"fieldcam/cmd/fieldcam-hub/internal/thumb"
)

// hub is all parts, opened and not yet running.
type hub struct {
	log      zerolog.Logger
	devices  *registry.Registry
	archive  *archive.Archive
	previews *preview.Store
	accounts *accounts.Accounts
	fleet    *fleet.Fleet
	broker   *broker.Broker // nil: an external one
	book     *notices.Book
	board    *notices.Board
	links    atomic.Int64             // connections to the broker so far
	retain   chan subscriber.Retained // for the broker to keep
	ready    map[string]string
	jobs     []job
	closers  []func()
}

// open opens every part; after an error nothing stays open.
func open(s settings, log zerolog.Logger) (*hub, error) {
	h := &hub{log: log, board: notices.NewBoard(), retain: make(chan subscriber.Retained, retainQueue), ready: map[string]string{}}
	h.fleet = fleet.New(fleet.Options{Away: h.board.Away})
	if err := h.openAll(s); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *hub) openAll(s settings) error {
	if err := os.MkdirAll(s.data, dirMode); err != nil {
		return fmt.Errorf("open data folder: %w", err)
	}
	unlock, err := holdData(s.data)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, unlock)
	if h.devices, err = registry.Open(s.data); err != nil {
		return err
	}
	if h.accounts, err = accounts.Open(accounts.Options{Dir: s.path("accounts"), Log: h.log}); err != nil {
		return err
	}
	h.closers = append(h.closers, h.accounts.Close) // after the ear has ended
	if h.archive, err = archive.Open(s.path("photos"), nil); err != nil {
		return err
	}
	h.previews = preview.Open(s.path("previews"), h.archive)
	own, err := authority.Open(s.path("tls"), s.names(), time.Now)
	if err != nil {
		return err
	}
	if h.book, h.ready["notice_key"], err = openBook(s.data); err != nil {
		return err
	}
	forDevices, err := deviceTLS(s, own)
	if err != nil {
		return err
	}
	here := place{CAFile: absolute(own.CAFile()), Plain: s.plain, Host: s.names()[0]}
	if !s.plain {
		h.ready["ca_file"] = here.CAFile
	}
	if here.Upload, err = h.openReceiver(s, forDevices); err != nil {
		return err
	}
	if here.MQTT, err = h.openBroker(s, own, forDevices); err != nil {
		return err
	}
	if err := h.openPage(s, own); err != nil {
		return err
	}
	h.jobs = append(h.jobs, h.expect, h.announce, h.accounts.Run)
	return here.write(s.data)
}

// deviceTLS is what devices meet; nil for plain.
func deviceTLS(s settings, own *authority.Authority) (*tls.Config, error) {
	if s.plain {
		return nil, nil
	}
	c := own.TLS()
	if s.clientCA == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.clientCA)
	if err != nil {
		return nil, fmt.Errorf("read --client-ca: %w", err)
	}
	c.ClientCAs = x509.NewCertPool()
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read --client-ca %s: no certificate in it", s.clientCA)
	}
	c.ClientAuth = tls.VerifyClientCertIfGiven
	return c, nil
}

// openReceiver gives the address where photos arrive.
func (h *hub) openReceiver(s settings, cfg *tls.Config) (addr string, err error) {
	r, err := receiver.Open(receiver.Options{Dir: s.path("uploads"), Archive: h.archive, Previews: h.previews, Devices: h.devices, Log: h.log})
	if err != nil {
		return "", err
	}
	h.jobs = append(h.jobs, r.Run)
	addr, err = h.serve("listen", s.listen, cfg, r)
	h.ready["listen"] = addr
	return addr, err
}

// openBroker opens the hub's own broker, unless another is used, and listens to
// it. It gives the address for devices; empty: not ours to know.
func (h *hub) openBroker(s settings, own *authority.Authority, cfg *tls.Config) (addr string, err error) {
	ear := subscriber.Options{Handle: h.hear, Link: h.link, Retain: h.retain, Log: h.log}
	if s.external.url != "" {
		if err := s.external.fill(&ear, s.data); err != nil {
			return "", err
		}
		h.ready["broker"] = s.external.url
	} else {
		h.broker, err = broker.Open(broker.Options{Dir: s.path("nats"), Listen: s.mqtt, TLS: cfg, Devices: h.devices, Gate: true, Log: h.log})
		if err != nil {
			return "", err
		}
		h.closers = append(h.closers, h.broker.Close)
		h.jobs = append(h.jobs, func(ctx context.Context) error {
			defer h.broker.Close() // beside the last requests: each takes a second or so
			return h.broker.Run(ctx)
		})
		addr = h.broker.Addr()
		h.ready["mqtt"] = addr
		ear.URL, ear.TLS = "tls://"+reachable(addr), &tls.Config{RootCAs: own.Pool(), ServerName: "localhost", MinVersion: tls.VersionTLS12}
		if cfg == nil {
			ear.URL, ear.TLS = "tcp://"+reachable(addr), nil
		}
		ear.ClientID, ear.Username, ear.Password = broker.HubUser, broker.HubUser, h.broker.HubPassword()
	}
	h.jobs = append(h.jobs, func(ctx context.Context) error { return subscriber.Run(ctx, ear) })
	return addr, nil
}

func (h *hub) openPage(s settings, own *authority.Authority) error {
	o := page.Options{
		Fleet: h.fleet, Windows: h.board.Shown, Archive: h.archive, Accounts: h.accounts, Previews: h.previews, Thumbs: thumb.Open(s.path("small")), Hosts: s.names(), Log: h.log,
		AddCommand: "fieldcam-hub device add NAME --data " + s.data,
	}
	has, err := h.devices.HasOperator()
	if err != nil {
		return err
	}
	var cfg *tls.Config
	if !isThisMachine(s.page) {
		cfg = own.TLS()
		if !has {
			return fmt.Errorf("--page %s can be reached from elsewhere: set a password first, with \"fieldcam-hub operator set --data %s\"",
				s.page, s.data)
		}
	}
	if has {
		o.Authenticate = h.devices.AuthenticateOperator
	}
	p, err := page.New(o)
	if err != nil {
		return err
	}
	addr, err := h.serve("page", s.page, cfg, withoutBody(p))
	scheme := "http://"
	if cfg != nil {
		scheme = "https://"
	}
	h.ready["page"] = scheme + reachable(addr) + "/"
	return err
}

// run runs all parts until ctx ends or one fails, and closes the hub.
func (h *hub) run(ctx context.Context) error {
	defer h.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	failed := make(chan error, len(h.jobs))
	for _, run := range h.jobs {
		all.Go(func() {
			if err := run(ctx); err != nil {
				failed <- err
				cancel()
			}
		})
	}
	e := h.log.Info()
	for what, where := range h.ready {
		e = e.Str(what, where)
	}
	e.Msg("hub is ready")
	<-ctx.Done()
	h.log.Info().Msg("hub stops")
	all.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// close closes what open opened, the last first.
func (h *hub) close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		h.closers[i]()
	}
	h.closers = nil
}
