package agent_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"fieldcam/agent/link/linktest"
	"fieldcam/agent/mqtt/mqtttest"
	"fieldcam/queue/upload/tustest"
)

const (
	uploadAddress = "127.0.0.1:8080"
	brokerAddress = "127.0.0.1:1883"
)

// cloud is a photo receiver and a broker, and the ways to them, which fail each
// on its own or both at once.
type cloud struct {
	receiver *tustest.Receiver
	broker   *mqtttest.Broker

	toReceiver, toBroker *linktest.Net
	stop                 []func()
	dialed               func(addr string) // is told of each try to connect; nil: nobody
	// camera is the way to an IP camera at ipCameraAddress; nil: there is none.
	camera func(ctx context.Context, network, addr string) (net.Conn, error)

	mu      sync.Mutex      // guards what follows
	off     bool            // the controller has no power: nothing leaves it
	cuts    [2]linktest.Cut // to receiver and broker
	faulty  mqtttest.Faults
	serving sync.WaitGroup // connections of the broker
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{receiver: tustest.New(), broker: mqtttest.New(nil), toReceiver: linktest.New(), toBroker: linktest.New()}
	l, err := c.toReceiver.Listen(uploadAddress)
	if err != nil {
		t.Fatal(err)
	}
	c.stop = append(c.stop, c.receiver.Serve(l))
	b, err := c.toBroker.Listen(brokerAddress)
	if err != nil {
		t.Fatal(err)
	}
	c.serving.Go(func() {
		for {
			conn, err := b.Accept()
			if err != nil {
				return
			}
			c.serving.Go(func() { c.broker.Serve(conn) })
		}
	})
	c.stop = append(c.stop, func() {
		b.Close()
		c.broker.Close()
		c.serving.Wait()
	})
	return c
}

func (c *cloud) close() {
	for _, stop := range c.stop {
		stop()
	}
}

// dial is the controller's way out.
func (c *cloud) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if c.dialed != nil {
		c.dialed(addr)
	}
	switch addr {
	case ipCameraAddress:
		if c.camera != nil {
			return c.camera(ctx, network, addr)
		}
	case uploadAddress:
		return c.toReceiver.Dial(ctx, network, addr)
	case brokerAddress:
		return c.toBroker.Dial(ctx, network, addr)
	}
	return nil, fmt.Errorf("dial %s: not of this world", addr)
}

// cut makes the ways to the receiver and to the broker fail, or work.
func (c *cloud) cut(receiver, broker linktest.Cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts = [2]linktest.Cut{receiver, broker}
	c.apply()
}

// spoil makes the broker fail, or work.
func (c *cloud) spoil(f mqtttest.Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faulty = f
	c.broker.Set(f)
}

// brokerWell tells whether messages can arrive.
func (c *cloud) brokerWell() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.off && c.cuts[1] == linktest.Whole && c.faulty == mqtttest.Faults{}
}

func (c *cloud) powerOff() { c.power(false) }
func (c *cloud) powerOn()  { c.power(true) }

func (c *cloud) power(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = !on
	c.apply()
}

// apply cuts as told; mu is held.
func (c *cloud) apply() {
	for i, n := range []*linktest.Net{c.toReceiver, c.toBroker} {
		how := c.cuts[i]
		if c.off {
			how = linktest.Severed
		}
		n.Cut(how)
	}
}

// heal makes everything work.
func (c *cloud) heal() {
	c.receiver.Heal()
	c.spoil(mqtttest.Faults{})
	c.cut(linktest.Whole, linktest.Whole)
}
