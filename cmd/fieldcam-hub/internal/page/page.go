// Package page is what operators see of the fleet, in a browser.
//
// Promises: nothing is loaded from elsewhere, and nothing runs but the page's
// own script; it works without that script, except that it then stays as it was
// loaded; whatever devices say is text, never markup; it answers only to its own
// names (a foreign page cannot reach it by DNS rebinding); it changes nothing.
//
// Out of scope: TLS and listening (main), and what is shown (fleet, archive).
package page

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"fieldcam/capture/photo"
	"fieldcam/cmd/fieldcam-hub/internal/accounts"
	"fieldcam/cmd/fieldcam-hub/internal/archive"
	"fieldcam/cmd/fieldcam-hub/internal/fleet"
	"fieldcam/cmd/fieldcam-hub/internal/notices"
	"fieldcam/cmd/fieldcam-hub/internal/preview"
	"fieldcam/cmd/fieldcam-hub/internal/thumb"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// Fleet tells how the systems are. *fleet.Fleet is one.
type Fleet interface {
	Systems() []fleet.System
	System(name string) (fleet.System, bool)
	Linked() bool
}

// Options is what a Page needs.
type Options struct {
	Fleet   Fleet
	Archive *archive.Archive
	// Windows lists the maintenance windows to show at an instant; nil: none.
	Windows func(at time.Time) []notices.Shown
	// Now is the wall time by which they are shown; nil: this machine's.
	Now func() time.Time
	// Accounts are what the systems prove of their due photos.
	Accounts *accounts.Accounts
	// Previews are the small pictures of photos that are to come.
	Previews *preview.Store
	Thumbs   *thumb.Cache
	// Hosts are the names under which the page answers, without ports.
	Hosts []string
	// Authenticate tells whether password is the operator's; nil: open to
	// whoever can reach the page.
	Authenticate func(password string) bool
	// AddCommand is what a person types to register a device, told where there is
	// none yet.
	AddCommand string
	Log        zerolog.Logger
}

// refusedBurst is how many wrong passwords are logged each minute.
const refusedBurst = 10

// Page is an http.Handler.
type Page struct {
	o         Options
	refused   zerolog.Logger // Options.Log, for strangers: a few lines a minute
	templates *template.Template
	handler   http.Handler
}

// New makes a Page.
func New(o Options) (*Page, error) {
	if o.Windows == nil {
		o.Windows = func(time.Time) []notices.Shown { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t, err := template.New("").Funcs(template.FuncMap{
		"utc": utc, "clock": clock, "date": date, "rfc": rfc, "bytes": sizeText, "plural": plural, "every": everyText,
		"from": fromText, "to": toText, "localfrom": localText, "class": classText, "supply": supplyFacts,
		"thumb": thumbURL, "view": viewURL, "preview": previewURL,
	}).ParseFS(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("open static files: %w", err)
	}
	p := &Page{o: o, templates: t, refused: o.Log.Sample(&zerolog.BurstSampler{Burst: refusedBurst, Period: time.Minute})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serveFleet)
	mux.HandleFunc("GET /system/{device}", p.serveSystem)
	mux.HandleFunc("GET /photo/{device}/{day}/{id}", p.servePhoto)
	mux.HandleFunc("GET /image/{device}/{day}/{id}", p.serveImage)
	mux.HandleFunc("GET /small/{size}/{device}/{day}/{id}", p.serveSmall)
	mux.HandleFunc("GET /preview/{device}/{day}/{id}", p.servePreview)
	mux.Handle("GET /static/", http.StripPrefix("/static/", cacheFor(time.Hour, http.FileServerFS(static))))
	mux.HandleFunc("/", p.notFound)
	p.handler = p.guard(mux)
	return p, nil
}

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// frame is what every page has.
type frame struct {
	Title   string
	Linked  bool
	Windows []notices.Shown
	Body    any
}

// render answers with one page.
func (p *Page) render(w http.ResponseWriter, r *http.Request, status int, name, title string, body any) {
	var b pageBuffer
	err := p.templates.ExecuteTemplate(&b, name, frame{Title: title, Linked: p.o.Fleet.Linked(), Windows: p.o.Windows(p.o.Now()), Body: body})
	if err != nil {
		p.o.Log.Error().Err(err).Str("page", name).Msg("render page")
		http.Error(w, "the page could not be made; the hub's log says why", http.StatusInternalServerError)
		return
	}
	b.send(w, r, status)
}

func (p *Page) notFound(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	p.render(w, r, http.StatusNotFound, "missing.html", "Not here", nil)
}

// failed answers for an error of the archive.
func (p *Page) failed(w http.ResponseWriter, doing string, err error) {
	p.o.Log.Error().Err(err).Msg(doing)
	http.Error(w, "the hub could not "+doing+"; its log says why", http.StatusInternalServerError)
}

// thumbURL, viewURL: every part has passed a check of its form, so nothing needs
// escaping; html/template would do it all the same.
func thumbURL(size string, e archive.Entry) string {
	return fmt.Sprintf("/small/%s/%s/%s/%s", size, e.Device, e.Day, e.ID)
}

func viewURL(e archive.Entry) string { return "/photo/" + e.Device + "/" + e.Day + "/" + string(e.ID) }

func previewURL(e archive.Entry) string {
	return "/preview/" + e.Device + "/" + e.Day + "/" + string(e.ID)
}

// entryOf is m's place in listings.
func entryOf(m photo.Meta) archive.Entry {
	return archive.Entry{Device: m.Device, Day: m.Slot.UTC().Format(time.DateOnly), ID: m.ID, Format: m.Format}
}
