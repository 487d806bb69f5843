package control

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"fieldcam/capture/photo"
	"fieldcam/queue"
)

// Query says which photos a command is about.
type Query struct {
	States []queue.State // none: any
	Kinds  []string      // of photo.Kinds; none: any
	// From and To bound the time of exposure: From <= Taken < To. Zero is open.
	From, To time.Time
	Oldest   bool // oldest first; else newest first
	Limit    int  // at most so many; 0: all
}

// page is a Query for the part of the list that one request gives.
type page struct {
	Query
	after uint64 // the number of the last photo of the page before; 0: the first page
}

func (p page) values() url.Values {
	v := url.Values{"limit": {strconv.Itoa(p.Limit)}, "after": {strconv.FormatUint(p.after, 10)}}
	for _, s := range p.States {
		v.Add("state", string(s))
	}
	for _, k := range p.Kinds {
		v.Add("kind", k)
	}
	addTime(v, "from", p.From)
	addTime(v, "to", p.To)
	if p.Oldest {
		v.Set("oldest", "true")
	}
	return v
}

func addTime(v url.Values, name string, t time.Time) {
	if !t.IsZero() {
		v.Set(name, t.UTC().Format(time.RFC3339Nano))
	}
}

// parsePage reads what values wrote. What is missing is zero.
func parsePage(v url.Values) (p page, err error) {
	if p.Limit, err = strconv.Atoi(v.Get("limit")); err != nil || p.Limit < 1 || p.Limit > pageLimit {
		return page{}, badRequest(fmt.Sprintf("limit: want 1 to %d", pageLimit))
	}
	if s := v.Get("after"); s != "" {
		if p.after, err = strconv.ParseUint(s, 10, 64); err != nil {
			return page{}, badRequest("after: want a photo's number")
		}
	}
	for _, s := range v["state"] {
		state, err := queue.ParseState(s)
		if err != nil {
			return page{}, badRequest(err.Error())
		}
		if !slices.Contains(p.States, state) {
			p.States = append(p.States, state)
		}
	}
	for _, k := range v["kind"] {
		if !slices.Contains(photo.Kinds(), k) {
			return page{}, badRequest(fmt.Sprintf("kind %.20q: want %s", k, strings.Join(photo.Kinds(), " or ")))
		}
		p.Kinds = append(p.Kinds, k)
	}
	if p.From, err = parseTime(v, "from"); err != nil {
		return page{}, err
	}
	if p.To, err = parseTime(v, "to"); err != nil {
		return page{}, err
	}
	p.Oldest = v.Get("oldest") == "true"
	return p, nil
}

func parseTime(v url.Values, name string) (t time.Time, err error) {
	s := v.Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	if t, err = time.Parse(time.RFC3339Nano, s); err != nil {
		return time.Time{}, badRequest(fmt.Sprintf("%s: %.40q is no time such as 2026-11-21T07:00:00Z", name, s))
	}
	return t.UTC(), nil
}

// holds tells whether a photo of that format is of the kinds asked for.
func (q Query) holds(format string) bool {
	return len(q.Kinds) == 0 || slices.Contains(q.Kinds, photo.Kind(format))
}

// read looks the page up in s, until ctx ends.
func (p page) read(ctx context.Context, s Photos) (items []queue.Item, err error) {
	states := p.States
	if len(states) == 0 {
		states = []queue.State{""}
	}
	f := queue.Filter{From: p.From, To: p.To, Oldest: p.Oldest, Limit: p.Limit}
	if len(p.Kinds) > 0 { // the queue can't tell them: the one asked for can be the last of many
		f.Limit = pageLimit
	}
	for {
		if p.Oldest {
			f.After = p.after
		} else {
			f.Before = p.after
		}
		var found []queue.Item
		for _, f.State = range states {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			some, err := s.List(f)
			if err != nil {
				return nil, err
			}
			found = append(found, some...)
		}
		sort.SliceStable(found, func(i, j int) bool {
			if p.Oldest {
				i, j = j, i
			}
			return found[i].Seq() > found[j].Seq()
		})
		more := len(found) >= f.Limit
		// A photo that changed its state between two of the lists is in both.
		found = slices.CompactFunc(found, func(a, b queue.Item) bool { return a.Seq() == b.Seq() })
		found = found[:min(len(found), f.Limit)]
		for _, i := range found {
			if p.holds(i.Format) {
				items = append(items, i)
			}
			if len(items) == p.Limit {
				return items, nil
			}
		}
		if !more {
			return items, nil
		}
		p.after = found[len(found)-1].Seq()
	}
}
