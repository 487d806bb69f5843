package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/health"
	"fieldcam/agent/heartbeat"
	"fieldcam/agent/identity"
	"fieldcam/agent/message"
	"fieldcam/agent/mqtt"
	"fieldcam/cmd/fieldcam-sim/internal/bench/figure"
	"fieldcam/cmd/fieldcam-sim/internal/linkemu"
	"fieldcam/hal/linux"
)

const (
	// heartbeatReach is for both ways, in bytes of IP.
	heartbeatReach = 320
	// beats are counted after the first few, which share the line with the
	// status.
	beats, firstBeats = 50, 3
	// settle is longer than a heartbeat's last acknowledgement takes (40 ms
	// delayed, 50 ms on the way), and shorter than the pause between two.
	settle = 400 * time.Millisecond
	// rivals are messages of rivalBytes that are measured beside.
	rivals, rivalBytes = 10, 250
	// pingAfter is the shortest interval of pings that the configuration allows,
	// and pingTime is enough for some.
	pingAfter = 5 * time.Second
	pingTime  = 31 * time.Second
	// upBound bounds the wait for the link.
	upBound = time.Minute
	// beatBound bounds the heartbeats of one run.
	beatBound = 3 * time.Minute
)

func heartbeatFigure() measurement {
	return measurement{figure.Figure{
		Name: "heartbeat-ip-bytes", Unit: "bytes", Reach: figure.AtMost(heartbeatReach),
		What: "IP bytes both ways per heartbeat, TLS, 50 ms",
	}, heartbeats}
}

// meter is a link with a broker at its near end.
type meter struct {
	link *linkemu.Link
	to   account
	who  *identity.Identity
}

// heartbeats counts what the real control link sends over an open connection.
func heartbeats(ctx context.Context, l *lab) (_ figure.Outcome, err error) {
	dir, err := l.room("heartbeat")
	if err != nil {
		return figure.Outcome{}, err
	}
	shape := linkemu.Shape{BitsPerSecond: downBits, Delay: 50 * time.Millisecond, QueueBytes: queueBytes}
	m := &meter{}
	if m.link, err = linkemu.Open(shape, shape); err != nil {
		return figure.Outcome{}, figure.UnavailableError{Why: err}
	}
	defer m.link.Close()
	h, err := startHub(ctx, l, filepath.Join(dir, "hub"), m.link)
	if err != nil {
		return figure.Outcome{}, err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	if m.to, err = h.add(ctx, device); err != nil {
		return figure.Outcome{}, err
	}
	if m.who, err = identity.Open(m.to.identity(), device, nil); err != nil {
		return figure.Outcome{}, err
	}
	beat, rival, err := m.beats(ctx)
	if err != nil {
		return figure.Outcome{}, fmt.Errorf("heartbeats: %w", err)
	}
	ping, err := m.pings(ctx)
	if err != nil {
		return figure.Outcome{}, fmt.Errorf("pings: %w", err)
	}
	share := pingShare(heartbeat.Default().Every, mqtt.Default().KeepAlive)
	return figure.Outcome{
		Value:  beat + share*ping,
		Beside: fmt.Sprintf("peer: %s with a payload of %d B", figure.Number(rival), rivalBytes),
		More: []figure.Row{
			{What: fmt.Sprintf("the heartbeat alone, mean of %d", beats), Measured: figure.Number(beat) + " bytes"},
			{What: "a ping", Measured: figure.Number(ping) + " bytes", Beside: fmt.Sprintf("%s per heartbeat with the default intervals", figure.Number(share))},
		},
	}, nil
}

// pingShare is how many pings there are per heartbeat: the connection is silent
// for longer than keepAlive where the interval, which is within a tenth of every
// (package heartbeat), comes out longer.
func pingShare(every, keepAlive time.Duration) float64 {
	const jitter = 0.1
	longest, spread := float64(every)*(1+jitter), float64(every)*2*jitter
	return min(max((longest-float64(keepAlive))/spread, 0), 1)
}

// open brings the real control link up, and keeps it until stop is called. sent
// counts the records that it has sent; up is told when it is up.
func (m *meter) open(ctx context.Context, keepAlive time.Duration, up func(*mqtt.Link)) (link *mqtt.Link, sent *atomic.Int64, stop func(), err error) {
	cfg := mqtt.Default()
	cfg.URL, cfg.KeepAlive = m.to.MQTTURL, keepAlive
	sent = &atomic.Int64{}
	link = mqtt.New(cfg, mqtt.Options{
		Device: device, TLS: m.who.TLS(), Username: m.who.Username(), Password: m.who.Password(),
		Clock: linux.Clock{}, OnUp: func() { up(link) }, Log: zerolog.Nop(),
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := m.link.Dial(ctx, network, addr)
			return &tally{c, sent}, err
		},
	})
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = link.Run(ctx) }) // nil (package mqtt)
	stop = func() {
		cancel()
		running.Wait()
	}
	if err := await(ctx, upBound, func() (bool, error) { return link.Connected(), nil }); err != nil {
		stop()
		return nil, nil, nil, fmt.Errorf("reach the broker: %w: %w", err, link.Err())
	}
	return link, sent, stop, nil
}

// tally counts writes; the control link makes one for each of its packets.
type tally struct {
	net.Conn
	n *atomic.Int64
}

func (t *tally) Write(p []byte) (int, error) {
	t.n.Add(1)
	return t.Conn.Write(p)
}

// bytes is what has entered the link, both ways, once it is quiet.
func (m *meter) bytes(ctx context.Context) (float64, error) {
	if err := pause(ctx, settle); err != nil {
		return 0, err
	}
	up, down := m.link.Counts()
	return float64(up.Bytes + down.Bytes), nil
}

// beats measures heartbeats, and larger messages on the same connection.
func (m *meter) beats(ctx context.Context) (beat, rival float64, err error) {
	p := &aged{beat: make(chan error, 1)}
	cfg := heartbeat.Default()
	cfg.Every = time.Second
	heart := heartbeat.New(cfg, heartbeat.Options{
		Device: device, Link: p, Health: health.New(linux.Clock{}, zerolog.Nop()), Clock: linux.Clock{}, Log: zerolog.Nop(),
	})
	link, _, stop, err := m.open(ctx, mqtt.Default().KeepAlive, func(link *mqtt.Link) {
		p.link.Store(link)
		heart.LinkUp()
	})
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	beating, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = heart.Run(beating) }) // nil (package heartbeat)
	defer running.Wait()
	defer cancel()
	if err := p.wait(ctx, firstBeats); err != nil {
		return 0, 0, err
	}
	before, err := m.bytes(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := p.wait(ctx, beats); err != nil {
		return 0, 0, err
	}
	after, err := m.bytes(ctx)
	if err != nil {
		return 0, 0, err
	}
	cancel()
	running.Wait()
	rival, err = m.rival(ctx, link)
	return (after - before) / beats, rival, err
}

// rival is what a message with a larger payload costs.
func (m *meter) rival(ctx context.Context, link *mqtt.Link) (float64, error) {
	before, err := m.bytes(ctx)
	if err != nil {
		return 0, err
	}
	for range rivals {
		// The hub says that it does not understand it, and that is all.
		if err := link.Publish(ctx, message.Topic(device, message.KindHeartbeat), bytes.Repeat([]byte{'x'}, rivalBytes), false); err != nil {
			return 0, err
		}
		if err := pause(ctx, settle); err != nil {
			return 0, err
		}
	}
	after, err := m.bytes(ctx)
	return (after - before) / rivals, err
}

// pings is what a ping costs on a silent connection.
func (m *meter) pings(ctx context.Context) (float64, error) {
	_, sent, stop, err := m.open(ctx, pingAfter, func(*mqtt.Link) {})
	if err != nil {
		return 0, err
	}
	defer stop()
	before, err := m.bytes(ctx)
	if err != nil {
		return 0, err
	}
	first := sent.Load()
	if err := pause(ctx, pingTime); err != nil {
		return 0, err
	}
	after, err := m.bytes(ctx)
	if err != nil {
		return 0, err
	}
	n := sent.Load() - first
	if n == 0 {
		return 0, fmt.Errorf("none within %v", pingTime)
	}
	return (after - before) / float64(n), nil
}

// aged publishes heartbeats as they are after a year of the default interval:
// those of the bench come faster, and would have fewer digits.
type aged struct {
	link atomic.Pointer[mqtt.Link]
	beat chan error // one for each heartbeat
}

// year is how many heartbeats that is.
const year = 365 * 24 * 60 / 5

// Publish implements heartbeat.Publisher.
func (a *aged) Publish(ctx context.Context, topic string, payload []byte, retained bool) error {
	link := a.link.Load()
	if link == nil {
		return mqtt.ErrOffline
	}
	if topic != message.Topic(device, message.KindHeartbeat) {
		return link.Publish(ctx, topic, payload, retained)
	}
	h, err := message.ParseHeartbeat(payload)
	if err != nil {
		return err
	}
	h.N += year + rand.Uint64N(year)
	h.EverySeconds = uint32(heartbeat.Default().Every / time.Second)
	err = link.Publish(ctx, topic, h.Marshal(), retained)
	select {
	case a.beat <- err:
	default: // nobody counts now
	}
	return err
}

// wait waits for n heartbeats that the broker has.
func (a *aged) wait(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, beatBound)
	defer cancel()
	for range n {
		select {
		case err := <-a.beat:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
