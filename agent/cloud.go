package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"fieldcam/agent/health"
	"fieldcam/agent/identity"
	"fieldcam/config"
	"fieldcam/queue/upload"
)

// silenceBound is how long the cloud may be silent before that is a condition:
// longer than a mobile link's usual outages.
const silenceBound = 15 * time.Minute

// steadyLink is how long the control link must have lasted for its end to say
// something of the way to the cloud. A broker that takes connections and ends
// them is there: were it an outage, each would be over at once, and the broker
// be tried again at the shortest wait for ever.
const steadyLink = time.Minute

// brokerUp and brokerDown are called by the control link, from one goroutine.
func (a *Agent) brokerUp() {
	a.linked = time.Now()
	a.heart.LinkUp()
	a.prover.Nudge()
	if a.monitor != nil {
		a.monitor.Succeeded()
	}
}

func (a *Agent) brokerDown(err error) {
	if err != nil && a.monitor != nil && time.Since(a.linked) >= steadyLink {
		a.monitor.Failed(err)
	}
}

// cloudAnswered and cloudSilent are called by the upload sessions.
func (a *Agent) cloudAnswered() {
	a.monitor.Succeeded()
	a.health.Clear(health.UploadFailing)
}

func (a *Agent) cloudSilent(err error) {
	var silent *upload.UnreachableError
	if errors.As(err, &silent) && !silent.Answered {
		a.monitor.Failed(err)
		return
	}
	// The way is open and the cloud takes nothing: somebody must look there.
	a.health.Raise(health.UploadFailing, health.UploadFailing.Severity(), err.Error())
}

// upload runs the upload sessions, once the prover knows which days are open: what it
// never saw open it would not tell as settled. It is a part of the agent.
func (a *Agent) upload(ctx context.Context) error {
	select {
	case <-a.prover.Surveyed():
		return a.sessions.Run(ctx)
	case <-ctx.Done():
		return nil
	}
}

// cloudUp is called by the monitor of the link.
func (a *Agent) cloudUp() {
	if a.sessions != nil {
		a.sessions.LinkUp()
	}
	a.mqtt.Nudge()
}

// watchCloud reports an outage that lasts; what a maintenance window has of it does
// not count.
func (a *Agent) watchCloud() {
	if a.monitor == nil {
		return
	}
	now := a.clock.Now()
	if _, returns, quiet := a.windows.Quiet(now); quiet {
		a.quietUntil = time.Now().Add(returns.Sub(now))
	} else if now := time.Now(); a.quietUntil.After(now) { // called off, or the clock was set
		a.quietUntil = now
	}
	since, cause := a.monitor.Outage()
	// A link that comes and goes without a photo getting through is as bad.
	if a.sessions != nil {
		if s := a.sessions.State(); !s.Silent.IsZero() && (since.IsZero() || s.Silent.Before(since)) {
			since, cause = s.Silent, errors.New(s.LastError)
		}
	}
	if since.IsZero() {
		a.health.Clear(health.CloudUnreachable)
	} else if time.Since(since) > silenceBound && time.Since(a.quietUntil) > silenceBound {
		a.health.Raise(health.CloudUnreachable, health.CloudUnreachable.Severity(), cause.Error())
	}
}

// cloudAddress is the host and port that tell whether the cloud can be reached:
// the receiver's, else the broker's; empty where there is neither.
func cloudAddress(c config.Config) string {
	for _, s := range []string{c.Upload.URL, c.MQTT.URL} {
		u, err := url.Parse(s)
		if s == "" || err != nil {
			continue
		}
		port := u.Port()
		switch {
		case port != "":
		case u.Scheme == "http":
			port = "80"
		default:
			port = "443"
		}
		return net.JoinHostPort(u.Hostname(), port)
	}
	return ""
}

// openIdentity reads the certificates and the password.
func (a *Agent) openIdentity() (*identity.Identity, error) {
	who, err := identity.Open(a.o.Config.Identity, a.o.Config.Device, a.clock.Now)
	if err != nil {
		return nil, fmt.Errorf("open identity: %w", err)
	}
	for _, w := range who.Warnings() {
		a.log.Warn().Msg(w)
	}
	return who, nil
}
