package broker

import (
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"fieldcam/capture/photo"
)

// Check tells NATS whether a connection may be, and what it may do.
func (b *Broker) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if o.Username == HubUser {
		if subtle.ConstantTimeCompare([]byte(o.Password), []byte(b.password)) != 1 {
			return false
		}
		c.RegisterUser(&server.User{Username: HubUser})
		return true
	}
	device, ok := b.device(c)
	if !ok {
		return false
	}
	if id, ok := clientID(c); !ok || id != device {
		b.log.Warn().Str("device", device).Str("client_id", id).Msg("connection refused: the client ID must be the device's name")
		return false
	}
	c.RegisterUser(&server.User{Username: device, Permissions: permissions(device)})
	return true
}

// device tells who connects, by password or by a certificate that the TLS layer
// has verified.
func (b *Broker) device(c server.ClientAuthentication) (string, bool) {
	o := c.GetOpts()
	if o.Username != "" && o.Password != "" {
		if photo.CheckDevice(o.Username) != nil || !b.devices.Authenticate(o.Username, o.Password) {
			b.log.Warn().Str("device", o.Username).Msg("connection refused: unknown name or wrong password")
			return "", false
		}
		return o.Username, true
	}
	state := c.GetTLSConnectionState()
	if state == nil || len(state.VerifiedChains) == 0 {
		return "", false
	}
	name := state.VerifiedChains[0][0].Subject.CommonName
	return name, photo.CheckDevice(name) == nil && b.devices.Known(name)
}

// permissions lets a device use its own topics. In NATS' words a topic's '/' is
// a '.', and '>' is the rest of it. "$MQTT.sub.>" is where NATS delivers QoS 1
// messages to the subscriber; an MQTT client cannot subscribe to it
// (nats-server v2.12.2, server/mqtt.go, processSubs).
func permissions(device string) *server.Permissions {
	root := "fieldcam.1." + device
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{root + ".>"}},
		// An MQTT filter that ends in "#" covers its parent, too (MQTT 3.1.1, 4.7.1.2).
		Subscribe: &server.SubjectPermission{Allow: []string{root, root + ".>", "$MQTT.sub.>"}},
	}
}

// clientID is the MQTT client ID of a connection. NATS tells it only in the
// connection's description, as its last part, quoted as Go quotes
// (nats-server v2.12.2, server/mqtt.go, mqttParse). Where that changes, nobody
// gets in, and the tests fail.
func clientID(c server.ClientAuthentication) (string, bool) {
	s, ok := c.(fmt.Stringer)
	if !ok {
		return "", false
	}
	_, quoted, ok := strings.Cut(s.String(), ` - "`)
	if !ok {
		return "", false
	}
	id, err := strconv.Unquote(`"` + quoted)
	return id, err == nil
}
