package control

import (
	"net/url"
	"reflect"
	"testing"
	"time"

	"fieldcam/queue"
)

// FuzzPage: whatever the values, parsePage refuses them or gives a page that it
// would give again.
func FuzzPage(f *testing.F) {
	at := time.Date(2026, 11, 21, 7, 0, 0, 5, time.UTC)
	f.Add(page{Query{States: []queue.State{queue.Waiting, queue.Lost}, Kinds: []string{"jpeg"}, From: at, To: at.Add(1), Oldest: true, Limit: 3}, 7}.values().Encode())
	f.Add("limit=0&state=x&from=now&after=-1")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		p, err := parsePage(v)
		if err != nil {
			return
		}
		if p.Limit < 1 || p.Limit > pageLimit {
			t.Errorf("limit: got %d, want 1 to %d", p.Limit, pageLimit)
		}
		again, err := parsePage(p.values())
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("got %+v again (%v), want %+v", again, err, p)
		}
	})
}
