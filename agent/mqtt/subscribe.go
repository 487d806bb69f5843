package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// subscribeRefused is a SUBACK's return code for a topic that this client may not
// read (MQTT 3.1.1, table 3.9.3).
const subscribeRefused = 0x80

// errRefused is a broker that lets this client read less than it asked for.
var errRefused = errors.New("the broker refuses a subscription")

// subscribe asks for the topics' messages and waits for the answer. It is done at
// each connect: a broker may have forgotten, and it sends what is retained anew.
func (s *session) subscribe(topics []string, stop <-chan struct{}) error {
	filters := map[string]byte{}
	for _, t := range topics {
		filters[t] = qos
	}
	token := s.client.SubscribeMultiple(filters, nil).(*paho.SubscribeToken)
	timer := time.NewTimer(ackTimeout)
	defer timer.Stop()
	select {
	case <-token.Done():
	case <-s.lost:
		return ErrOffline
	case <-stop:
		return ErrOffline
	case <-timer.C:
		err := fmt.Errorf("subscribe: %w within %v", errNoAck, ackTimeout)
		s.drop(err)
		return err
	}
	if err := token.Error(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for topic, code := range token.Result() {
		if code >= subscribeRefused {
			return fmt.Errorf("subscribe %s: %w", topic, errRefused)
		}
	}
	return nil
}

// subscribe does it for a new connection. A broker that refuses is not left for
// that: what the device has to say goes out all the same.
func (l *Link) subscribe(s *session, stop <-chan struct{}) {
	if len(l.o.Subscribe) == 0 {
		return
	}
	err := s.subscribe(l.o.Subscribe, stop)
	switch {
	case err == nil:
		l.deaf = false
	case errors.Is(err, errRefused) && !l.deaf:
		l.deaf = true
		l.o.Log.Warn().Err(err).Str("broker", l.url.Host).Msg("nothing can be heard from the cloud")
	}
}

// receive hands a message on. Others come too: a broker keeps the subscriptions of
// an earlier software.
func (l *Link) receive(topic string, payload []byte) {
	if l.o.Received != nil && len(payload) <= MaxReceived && slices.Contains(l.o.Subscribe, topic) {
		l.o.Received(topic, payload)
	}
}
