package message

import (
	"fmt"
	"strings"

	"fieldcam/capture/photo"
)

// Kind is the last level of a topic: which message it carries.
type Kind string

// The kinds.
const (
	KindHeartbeat Kind = "heartbeat" // Heartbeat, not retained
	KindStatus    Kind = "status"    // Status, retained
	KindCondition Kind = "condition" // Condition, not retained
	KindLink      Kind = "link"      // Link, retained; the will
	KindLedger    Kind = "ledger"    // Ledger, not retained
	KindNotice    Kind = "notice"    // Notice, retained; from the cloud, to a device or to Fleet
)

// Kinds lists all kinds that a controller of this version sends; KindNotice comes
// the other way.
func Kinds() []Kind { return []Kind{KindHeartbeat, KindStatus, KindCondition, KindLink, KindLedger} }

// topicRoot is what all topics of this version of the topic tree begin with.
const topicRoot = "fieldcam/1/"

// maxTopic bounds a topic in bytes: the root, a device name of 63, a slash and
// the longest kind, with room for kinds to come.
const maxTopic = 128

// Topic is the topic for a message of that kind of device, whose name
// photo.CheckDevice has accepted.
func Topic(device string, kind Kind) string {
	return topicRoot + device + "/" + string(kind)
}

// Filter is the subscription for a message kind of all devices.
func Filter(kind Kind) string { return Topic("+", kind) }

// ParseTopic takes a topic from the wire apart. The device's name is safe as a
// path element. It fails for a topic of another tree or version, a name that
// photo.CheckDevice refuses, and a kind that is not in Kinds.
func ParseTopic(s string) (device string, kind Kind, err error) {
	if len(s) > maxTopic {
		return "", "", fmt.Errorf("parse topic: %d bytes: want at most %d", len(s), maxTopic)
	}
	rest, ok := strings.CutPrefix(s, topicRoot)
	if !ok {
		return "", "", fmt.Errorf("parse topic %q: want %sDEVICE/KIND", s, topicRoot)
	}
	device, last, _ := strings.Cut(rest, "/")
	if err := photo.CheckDevice(device); err != nil {
		return "", "", fmt.Errorf("parse topic %q: device: %w", s, err)
	}
	for _, k := range Kinds() {
		if last == string(k) {
			return device, k, nil
		}
	}
	return "", "", fmt.Errorf("parse topic %q: unknown kind", s)
}
