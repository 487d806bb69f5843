package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// Each calls f for each photo that q asks for, until it returns an error. It asks
// for some at a time, so that neither side has all in memory; photos that come
// meanwhile may be among them only where q.Oldest.
func (c *Client) Each(ctx context.Context, q Query, f func(Photo) error) error {
	left := q.Limit
	for p := (page{Query: q}); ; {
		p.Limit = pageLimit
		if q.Limit > 0 {
			p.Limit = min(left, pageLimit)
		}
		var photos []Photo
		if err := c.do(ctx, "GET", "/queue?"+p.values().Encode(), nil, &photos); err != nil {
			return err
		}
		for _, m := range photos {
			if err := f(m); err != nil {
				return err
			}
		}
		if left -= len(photos); len(photos) < p.Limit || left == 0 {
			return nil
		}
		p.after = photos[len(photos)-1].Seq()
	}
}

// List is Each for few photos: it gives them as a whole.
func (c *Client) List(ctx context.Context, q Query) (photos []Photo, err error) {
	err = c.Each(ctx, q, func(p Photo) error {
		photos = append(photos, p)
		return nil
	})
	return photos, err
}

// Photo asks for one photo.
func (c *Client) Photo(ctx context.Context, id photo.ID) (p Photo, err error) {
	return p, c.do(ctx, "GET", "/queue/"+url.PathEscape(string(id)), nil, &p)
}

// Open reads the bytes of one photo; the caller closes it. An end before the last
// byte is io.ErrUnexpectedEOF.
func (c *Client) Open(ctx context.Context, id photo.ID) (io.ReadCloser, error) {
	resp, err := c.send(ctx, "GET", "/queue/"+url.PathEscape(string(id))+"/photo", nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Retry makes refused photos wait again, and says how many.
func (c *Client) Retry(ctx context.Context, q Choice) (int, error) {
	var r RetryResult
	err := c.do(ctx, "POST", "/queue/retry", q, &r)
	return r.Waiting, err
}

// Release makes held photos wait again, and says how many.
func (c *Client) Release(ctx context.Context, q Choice) (int, error) {
	var r RetryResult
	err := c.do(ctx, "POST", "/queue/release", q, &r)
	return r.Waiting, err
}

// Hold keeps waiting photos from being sent, and says how many.
func (c *Client) Hold(ctx context.Context, q Choice) (int, error) {
	var r HoldResult
	err := c.do(ctx, "POST", "/queue/hold", q, &r)
	return r.Held, err
}

// dropBatch is how many photos go at once: a capture may wait for it.
const dropBatch = 256

// Drop deletes photos, and says how many. Those that are gone already are no
// error.
func (c *Client) Drop(ctx context.Context, ids ...photo.ID) (n int, err error) {
	for len(ids) > 0 {
		batch := ids[:min(len(ids), dropBatch)]
		ids = ids[len(batch):]
		some, err := c.drop(ctx, batch)
		if n += some; err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *Client) drop(ctx context.Context, ids []photo.ID) (n int, err error) {
	var r DropResult
	err = c.do(ctx, "POST", "/queue/drop", Choice{IDs: ids}, &r)
	if !errors.Is(err, queue.ErrUnknown) {
		return r.Dropped, err
	}
	// One is unknown, and so none was deleted.
	if len(ids) == 1 {
		return 0, nil
	}
	for _, id := range ids {
		some, err := c.drop(ctx, []photo.ID{id})
		if n += some; err != nil {
			return n, err
		}
	}
	return n, nil
}

// Stats asks for the queue in numbers.
func (c *Client) Stats(ctx context.Context) (s Stats, err error) {
	return s, c.do(ctx, "GET", "/queue/stats", nil, &s)
}

// Days asks for the sums of the ledger; see queue.Queue.Days.
func (c *Client) Days(ctx context.Context, from, to time.Time) (days []Day, err error) {
	return days, c.do(ctx, "GET", "/queue/days?"+between(from, to), nil, &days)
}

// Slots asks what became of each slot, for two days at most; see
// queue.Queue.Ledger.
func (c *Client) Slots(ctx context.Context, from, to time.Time) (slots []SlotAccount, err error) {
	return slots, c.do(ctx, "GET", "/queue/slots?"+between(from, to), nil, &slots)
}

func between(from, to time.Time) string {
	v := url.Values{}
	addTime(v, "from", from)
	addTime(v, "to", to)
	return v.Encode()
}

// Check looks for damage, and calls f with each finding and now and then with how
// far it is. Its own error is that it could not come to its end.
func (c *Client) Check(ctx context.Context, q CheckRequest, f func(CheckEvent)) error {
	resp, err := c.send(ctx, "POST", "/queue/check", q)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	for lines := json.NewDecoder(resp.Body); ; {
		var e CheckEvent
		if err := lines.Decode(&e); err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return fmt.Errorf("check was broken off: %w", err)
		}
		if e.Error != "" {
			return fmt.Errorf("check was broken off: %s", e.Error)
		}
		f(e)
		if e.Done {
			return nil
		}
	}
}
