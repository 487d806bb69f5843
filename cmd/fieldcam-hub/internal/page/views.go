package page

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/accounts"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
)

const (
	// systemsPerPage and photosPerPage keep a page light on a phone.
	systemsPerPage = 48
	photosPerPage  = 60
	// latestPhotos is how many a system shows in the list: one large, four small.
	latestPhotos = 5
	// comingShown is how many previews of photos to come a system's page shows: as
	// many as a controller sends ahead.
	comingShown = 16
	// searchFrom is the number of systems from which on a search box helps.
	searchFrom = 10
	// maxSearch bounds what is searched for: a device's name has 63 bytes.
	maxSearch = 63
)

// card is one system in the list.
type card struct {
	fleet.System
	Photos []archive.Entry
}

// Latest is the newest photo; nil where there is none.
func (c card) Latest() *archive.Entry {
	if len(c.Photos) == 0 {
		return nil
	}
	return &c.Photos[0]
}

// Earlier lists the photos after the newest.
func (c card) Earlier() []archive.Entry { return c.Photos[min(1, len(c.Photos)):] }

// fleetBody is the list of systems.
type fleetBody struct {
	Cards          []card
	Total, Trouble int
	Search         string
	Searchable     bool
	Matches        int
	AddCommand     string
	pages
}

func (p *Page) serveFleet(w http.ResponseWriter, r *http.Request) {
	all := p.o.Fleet.Systems()
	b := fleetBody{Total: len(all), Searchable: len(all) > searchFrom, AddCommand: p.o.AddCommand, Search: cut(r.FormValue("q"), maxSearch)}
	for _, s := range all {
		if s.State.Trouble() {
			b.Trouble++
		}
	}
	if b.Search != "" {
		all = slices.DeleteFunc(all, func(s fleet.System) bool {
			return !strings.Contains(strings.ToLower(s.Name), strings.ToLower(b.Search))
		})
	}
	b.Matches = len(all)
	b.pages = paged(r, len(all), systemsPerPage)
	for _, s := range all[b.from:b.to] {
		photos, err := p.o.Archive.Newest(s.Name, latestPhotos)
		if err != nil {
			p.failed(w, "list photos", err)
			return
		}
		b.Cards = append(b.Cards, card{s, photos})
	}
	p.render(w, r, http.StatusOK, "fleet.html", "Systems", b)
}

// accountsShown is how many accounts of due photos a system's page shows: two
// weeks of one session a day.
const accountsShown = 14

// systemBody is one system with the photos of a day.
type systemBody struct {
	card
	Days      []string // newest first
	Day       string
	Newer     string // the next day that has photos; empty: none
	Older     string
	OfDay     int
	DayPhotos []judgedPhoto
	Accounts  []accounts.Account // of the last days, newest first
	Coming    []archive.Entry    // photos of which only a preview is there, newest first
	pages
}

func (p *Page) serveSystem(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("device")
	s, ok := p.o.Fleet.System(name)
	if !ok {
		p.notFound(w, r)
		return
	}
	b := systemBody{card: card{System: s}, Day: r.FormValue("day")}
	var err error
	if b.Photos, err = p.o.Archive.Newest(name, latestPhotos); err != nil {
		p.failed(w, "list photos", err)
		return
	}
	if b.Accounts, err = p.o.Accounts.Newest(name, accountsShown); err != nil {
		p.failed(w, "list accounts", err)
		return
	}
	if b.Coming, err = p.o.Previews.Newest(name, comingShown); err != nil {
		p.failed(w, "list previews", err)
		return
	}
	if b.Days, err = p.o.Archive.Days(name); err != nil {
		p.failed(w, "list days", err)
		return
	}
	if b.Day == "" && len(b.Days) > 0 {
		b.Day = b.Days[0]
	}
	if b.Day != "" {
		all, err := p.o.Archive.Photos(name, b.Day)
		if errors.Is(err, archive.ErrNotFound) {
			p.notFound(w, r)
			return
		}
		if err != nil {
			p.failed(w, "list photos", err)
			return
		}
		i := slices.Index(b.Days, b.Day)
		if i > 0 {
			b.Newer = b.Days[i-1]
		}
		if i >= 0 && i+1 < len(b.Days) {
			b.Older = b.Days[i+1]
		}
		b.OfDay = len(all)
		b.pages = paged(r, len(all), photosPerPage)
		b.DayPhotos = p.judged(all[b.from:b.to])
	}
	p.render(w, r, http.StatusOK, "system.html", name, b)
}

// judgedPhoto is a photo of a day with what its checks found.
type judgedPhoto struct {
	archive.Entry
	Verdict photo.Verdict
}

// judged looks up what the checks found. A description that can't be read says nothing:
// the photo's own page tells of the fault.
func (p *Page) judged(all []archive.Entry) []judgedPhoto {
	list := make([]judgedPhoto, 0, len(all))
	for _, e := range all {
		m, err := p.o.Archive.Meta(e.Device, e.Day, e.ID)
		if err != nil {
			m.Verdict = 0
		}
		list = append(list, judgedPhoto{e, m.Verdict})
	}
	return list
}

// photoBody is one photo.
type photoBody struct {
	Photo        photo.Meta
	Entry        archive.Entry
	Newer, Older *archive.Entry
	Showable     bool
}

func (p *Page) servePhoto(w http.ResponseWriter, r *http.Request) {
	m, ok := p.find(w, r)
	if !ok {
		return
	}
	b := photoBody{Photo: m, Entry: entryOf(m), Showable: contentType(m.Format) != unknownType}
	all, err := p.o.Archive.Photos(m.Device, b.Entry.Day)
	if err != nil {
		p.failed(w, "list photos", err)
		return
	}
	if i := slices.Index(all, b.Entry); i >= 0 {
		if i > 0 {
			b.Newer = &all[i-1]
		}
		if i+1 < len(all) {
			b.Older = &all[i+1]
		}
	}
	p.render(w, r, http.StatusOK, "photo.html", m.Device+" "+utc(m.Taken), b)
}

// find answers 404 itself where the path names no photo.
func (p *Page) find(w http.ResponseWriter, r *http.Request) (photo.Meta, bool) {
	m, err := p.o.Archive.Meta(r.PathValue("device"), r.PathValue("day"), photo.ID(r.PathValue("id")))
	if errors.Is(err, archive.ErrNotFound) {
		p.notFound(w, r)
		return m, false
	}
	if err != nil {
		p.failed(w, "find the photo", err)
		return m, false
	}
	return m, true
}

// pages says which part of a list is shown.
type pages struct {
	Page, Pages int // from 1
	from, to    int
}

// Next and Previous are page numbers; 0 where there is none.
func (p pages) Next() int {
	if p.Page < p.Pages {
		return p.Page + 1
	}
	return 0
}

func (p pages) Previous() int { return max(0, p.Page-1) }

// paged cuts a list of n by the request's page number; nonsense is page 1, and
// a number too high is the last page.
func paged(r *http.Request, n, each int) pages {
	last := max(1, (n+each-1)/each)
	page, err := strconv.Atoi(r.FormValue("page"))
	if err != nil || page < 1 {
		page = 1
	}
	page = min(page, last)
	return pages{Page: page, Pages: last, from: (page - 1) * each, to: min(page*each, n)}
}

func cut(s string, n int) string { return strings.ToValidUTF8(s[:min(n, len(s))], "") }
