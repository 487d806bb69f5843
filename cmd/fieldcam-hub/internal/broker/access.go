package broker

import (
	"crypto/subtle"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
)

// maxLogged cuts in the log what a stranger calls itself, in characters: a
// device's name has 63.
const maxLogged = 64

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
		b.refused.Warn().Str("device", device).Str("client_id", fmt.Sprintf("%.*s", maxLogged, id)).Msg("connection refused: the client ID must be the device's name")
		return false
	}
	if !b.gate.wait() { // holds up this connection alone
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
			b.refused.Warn().Str("device", fmt.Sprintf("%.*s", maxLogged, o.Username)).Msg("connection refused: unknown name or wrong password")
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

// permissions lets a device publish on its topics of today, one for each kind
// of message, and hear maintenance notices, its own and the fleet's, on exactly
// these two topics: whatever else it could publish retained, or have kept for a
// session of its own (NATS keeps what a QoS 1 subscription has not acknowledged),
// would fill the store that all devices share. Notices are few, and the hub's
// alone to publish. In NATS' words a topic's '/' is a '.'.
func permissions(device string) *server.Permissions {
	root := "fieldcam.1."
	var own []string
	for _, kind := range message.Kinds() {
		own = append(own, root+device+"."+string(kind))
	}
	notice := "." + string(message.KindNotice)
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: own},
		Subscribe: &server.SubjectPermission{Allow: []string{root + device + notice, root + message.Fleet + notice}},
	}
}

// clientID is the MQTT client ID of a connection. NATS tells it only in the
// connection's description, as its last part, quoted as Go quotes
// (nats-server v2.12.12, server/mqtt.go, mqttParse). Where that changes, nobody
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
