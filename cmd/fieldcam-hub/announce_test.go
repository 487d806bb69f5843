package main

import (
	"context"
	"crypto/ed25519"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/agent/message"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
	"fieldcam/cmd/fieldcam-hub/internal/subscriber"
)

// TestEachNoticeIsPublishedTwiceAndOnEachConnection, and again where it is old:
// never before the hub is connected.
func TestEachNoticeIsPublishedTwiceAndOnEachConnection(t *testing.T) {
	key, _, err := noticeKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(30 * 24 * time.Hour) // no window is of the years before 2000
		var ahead atomic.Int64          // how far the wall time is, beside the bubble's
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		h := &hub{log: zerolog.Nop(), fleet: fleet.New(fleet.Options{}), board: notices.NewBoard(), book: notices.Open(t.TempDir(), key, now),
			retain: make(chan subscriber.Retained, retainQueue)}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- h.announce(ctx) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("announce: %v", err)
			}
		}()
		wantPublished := func(n int, least int64) (number int64) {
			t.Helper()
			synctest.Wait()
			if len(h.retain) != n {
				t.Fatalf("%d published, want %d", len(h.retain), n)
			}
			for range n {
				m := <-h.retain
				got, err := message.OpenNotice(m.Payload, key.Public().(ed25519.PublicKey))
				if err != nil || got.N < least || number > 0 && got.N != number || m.Topic != message.Topic(message.Fleet, message.KindNotice) {
					t.Errorf("got %+v on %s, %v, want number %d or more, all the same", got, m.Topic, err, least)
				}
				number = got.N
			}
			return number
		}
		w := message.NoticeWindow{Name: "winter", Class: message.Maintenance, Start: "2000-12-03 19:00", Rule: "FREQ=YEARLY", DurationSeconds: 3600}
		if err := h.book.Add(message.Fleet, w, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		wantPublished(0, 0)
		h.link(true)
		time.Sleep(announceEvery)
		first := wantPublished(1, 1)
		time.Sleep(time.Hour)
		wantPublished(1, first)
		h.link(false)
		h.link(true)
		time.Sleep(time.Hour)
		if n := wantPublished(2, first); n != first {
			t.Errorf("on another connection: number %d, want %d still", n, first)
		}
		ahead.Store(int64(31 * 24 * time.Hour)) // then it is issued anew
		time.Sleep(2 * refreshEvery)
		wantPublished(2, first+1)
	})
}
