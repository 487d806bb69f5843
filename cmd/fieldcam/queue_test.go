package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"fieldcam/agent/control"
	"fieldcam/capture/photo"
)

func TestListShowsWhatTheQueueHas(t *testing.T) {
	s := newSite(t)
	s.fill()
	s.daemon()
	s.want(s.do("queue list"), `PHOTO                             TAKEN            SIZE  STATE
20261120T071501Z-000006-xxxxxx    27h33m ago     6.0 kB  waiting
20261120T070001Z-000005-xxxxxx    27h48m ago     5.0 kB  waiting
20261120T064501Z-000004-xxxxxx    28h03m ago     4.0 kB  waiting
20261120T063001Z-000003-xxxxxx    28h18m ago     3.0 kB  held
20261120T061501Z-000002-xxxxxx    28h33m ago     2.0 kB  refused
    422: another photo has this ID
20261120T060001Z-000001-xxxxxx    28h48m ago     1.0 kB  confirmed
in all: 3 waiting, 1 held, 1 refused, 1 confirmed
`)
	s.want(s.do("queue list --only held,waiting --kind jpeg --oldest --limit 2"), `PHOTO                             TAKEN            SIZE  STATE
20261120T063001Z-000003-xxxxxx    28h18m ago     3.0 kB  held
20261120T070001Z-000005-xxxxxx    27h48m ago     5.0 kB  waiting
in all: 3 waiting, 1 held, 1 refused, 1 confirmed
`)
	s.want(s.do("queue list --only lost"), "no such photos\nin all: 3 waiting, 1 held, 1 refused, 1 confirmed\n")
}

func TestFiltersTakeTheSitesTimes(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, _ []photo.Meta) {
		for filter, want := range map[string]string{
			"--from 2026-11-20T08:00":                     "000006 000005",
			"--to 2026-11-20T07:30":                       "000002 000001", // in Berlin
			"--from 2026-11-20 --to 2026-11-20T06:15:02Z": "000002 000001",
			"--from 2026-11-20 --to 2026-11-20 --limit 1": "000006",
			"--to 2026-11-19":                             "",
			"--kind raw":                                  "000004",
			"--only refused, --limit 3":                   "usage",
			"--only refused,lost --oldest":                "000002",
		} {
			if want == "usage" {
				if r := s.run(nil, append([]string{"queue", "list"}, strings.Fields(filter)...)...); r.code != exitUsage {
					t.Errorf("%s: exit code %d, want %d", filter, r.code, exitUsage)
				}
				continue
			}
			var photos []control.Photo
			s.must(json.Unmarshal([]byte(s.do("queue list --json "+filter)), &photos))
			var got []string
			for _, p := range photos {
				got = append(got, string(p.ID)[17:23])
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: got %v, want %s", filter, got, want)
			}
		}
	})
}

func TestShowSaysEverythingOfOnePhoto(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		out := s.do("queue show " + string(all[1].ID))
		for _, want := range []string{string(all[1].ID), "refused", "422: another photo has this ID", "2026-11-20T06:15:00Z", "at the site Fri 2026-11-20 07:15:01", "daytime",
			"2000 (2.0 kB)", all[1].SHA256, "VC0703 1.00", "spool/00000000000000000/"} {
			if !strings.Contains(out, want) {
				t.Errorf("got\n%s\nwant %q in it", out, want)
			}
		}
		if r := s.run(nil, "queue", "show", "20261121T070316Z-000042-9f3ac1"); r.code != exitFailure || !strings.Contains(r.err, "no such photo") {
			t.Errorf("an unknown photo: exit code %d, %s; want that there is none", r.code, r.err)
		}
	})
}

func TestHandsChangeTheStates(t *testing.T) {
	bothWays(t, func(t *testing.T, s *site, all []photo.Meta) {
		for _, step := range []struct{ command, out, after string }{
			{"retry --all", "1 photo waiting again\n", "in all: 4 waiting, 1 held, 1 confirmed"},
			{"release " + string(all[2].ID), "1 photo waiting again\n", "in all: 5 waiting, 1 confirmed"},
			{"hold " + string(all[3].ID) + " " + string(all[0].ID), "1 photo held\n1 were in another state and are left as they were: see \"queue show\"\n", "in all: 4 waiting, 1 held, 1 confirmed"},
			{"release " + string(all[3].ID) + " " + string(all[3].ID), "1 photo waiting again\n", "in all: 5 waiting, 1 confirmed"},
			{"hold " + string(all[3].ID), "1 photo held\n", "in all: 4 waiting, 1 held, 1 confirmed"},
			{"hold --all", "4 photos held\n", "in all: 5 held, 1 confirmed"},
			{"release --all --json", "{\n  \"waiting\": 5\n}\n", "in all: 5 waiting, 1 confirmed"},
		} {
			if got := s.do("queue " + step.command); got != step.out {
				t.Errorf("%s: got %q, want %q", step.command, got, step.out)
			}
			if got := s.do("queue list --only lost"); !strings.Contains(got, step.after) {
				t.Errorf("after %s: got %s, want %s", step.command, got, step.after)
			}
		}
		r := s.run(nil, "queue", "hold", string(all[3].ID), "20261121T070316Z-000042-9f3ac1")
		if r.code != exitFailure || !strings.Contains(r.err, "nothing was changed") {
			t.Errorf("an unknown photo: exit code %d, %s; want that nothing was changed", r.code, r.err)
		}
	})
}

func TestWithoutADaemonACommandSaysSoAndMendsTheQueue(t *testing.T) {
	s := newSite(t)
	s.fill()
	r := s.run(nil, "queue", "list")
	if r.fault != nil || !strings.Contains(r.err, "the daemon is not running") || !strings.Contains(r.err, "cannot start meanwhile") {
		t.Errorf("got %v, %s; want a note that the daemon is not running", r.fault, r.err)
	}
	q := s.open() // as a daemon that is just starting
	r = s.run(nil, "queue", "list")
	s.must(q.Close())
	if r.code != exitFailure || !strings.Contains(r.err, "try again") {
		t.Errorf("a locked queue: exit code %d, %s; want who has it, and to try again", r.code, r.err)
	}
}

func TestCompletionOffersPhotosInTheRightState(t *testing.T) {
	s := newSite(t)
	all := s.fill()
	s.daemon()
	for command, want := range map[string][]photo.Meta{
		"retry": {all[1]}, "release": {all[2]}, "hold": {all[5], all[4], all[3]},
	} {
		out := s.do("__complete queue " + command + " 2026")
		got := strings.Fields(out)
		for i, m := range want {
			if len(got) <= i || got[i] != string(m.ID) {
				t.Errorf("%s: got %s, want %v", command, out, want)
				break
			}
		}
	}
}

func FuzzWhen(f *testing.F) {
	for _, s := range []string{"", "2026-11-21", "2026-11-21 07:15", "2026-11-21T07:15:00Z", "0000-01-01", "9999-12-31", "2026-11-21T07:15:00+14:00"} {
		f.Add(s, true)
	}
	berlin := zone("Europe/Berlin")
	f.Fuzz(func(t *testing.T, s string, end bool) {
		at, err := parseWhen(s, berlin, end)
		if err != nil || s == "" {
			return
		}
		again, err := parseWhen(at.Format(time.RFC3339), time.UTC, end)
		if err != nil || !again.Equal(at.Truncate(time.Second)) {
			t.Errorf("%q: got %s, and from that %s (%v)", s, at, again, err)
		}
	})
}
