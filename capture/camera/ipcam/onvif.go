package ipcam

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The services of ONVIF (Core and Media Specification), whose names are also those of
// their actions.
const (
	serviceDevice = "http://www.onvif.org/ver10/device/wsdl"
	serviceMedia  = "http://www.onvif.org/ver10/media/wsdl"
)

type dateAndTime struct {
	XMLName xml.Name `xml:"GetSystemDateAndTimeResponse"`
	UTC     *struct {
		Time struct{ Hour, Minute, Second int }
		Date struct{ Year, Month, Day int }
	} `xml:"SystemDateAndTime>UTCDateTime"`
}

// time is the camera's time; false where it does not tell one that can be.
func (d *dateAndTime) time() (time.Time, bool) {
	if d.UTC == nil {
		return time.Time{}, false
	}
	t, at := d.UTC.Date, d.UTC.Time
	if t.Year < 1970 || t.Year > 2200 || t.Month < 1 || t.Month > 12 || t.Day < 1 || t.Day > 31 ||
		at.Hour < 0 || at.Hour > 23 || at.Minute < 0 || at.Minute > 59 || at.Second < 0 || at.Second > 60 {
		return time.Time{}, false
	}
	return time.Date(t.Year, time.Month(t.Month), t.Day, at.Hour, at.Minute, at.Second, 0, time.UTC), true
}

type capabilities struct {
	XMLName xml.Name `xml:"GetCapabilitiesResponse"`
	Media   string   `xml:"Capabilities>Media>XAddr"`
}

type profiles struct {
	XMLName  xml.Name `xml:"GetProfilesResponse"`
	Profiles []struct {
		Token string `xml:"token,attr"`
		Name  string
	}
}

// choose is the token of the profile called want, by token or name; the first where
// want is empty.
func (p *profiles) choose(want string) (string, error) {
	for _, each := range p.Profiles {
		if each.Token != "" && (want == "" || each.Token == want || strings.TrimSpace(each.Name) == want) {
			return each.Token, nil
		}
	}
	if want == "" {
		return "", errors.New("the camera has no profile")
	}
	var have []string
	for _, each := range p.Profiles {
		have = append(have, each.Token)
	}
	return "", fmt.Errorf("the camera has no profile %q, but %.200q", want, have)
}

type snapshotURI struct {
	XMLName xml.Name `xml:"GetSnapshotUriResponse"`
	URI     string   `xml:"MediaUri>Uri"`
}

type deviceInformation struct {
	XMLName      xml.Name `xml:"GetDeviceInformationResponse"`
	Manufacturer string
	Model        string
}

// discover asks the camera for the address of its snapshots.
func (c *Camera) discover(ctx context.Context) (*url.URL, error) {
	device, err := url.Parse(c.cfg.ONVIF)
	if err != nil {
		return nil, err
	}
	// The one question that needs no password, because the answer is needed to show
	// one (Core, 5.9.2.1): a token's time must be right by the camera's clock.
	offset := time.Duration(0)
	clock, err := call[dateAndTime](ctx, c, device, serviceDevice, "GetSystemDateAndTime", "", `<GetSystemDateAndTime xmlns="`+serviceDevice+`"/>`)
	var fault *faultError
	switch {
	case err == nil:
		if t, ok := clock.time(); ok {
			offset = t.Sub(c.clock.Now())
		}
	case errors.As(err, &fault), errors.Is(err, ErrRefused), errors.Is(err, ErrNotShown):
		// It does not tell; then its clock is right, or the next question says more.
	default:
		return nil, fmt.Errorf("ask for the camera's clock: %w", err)
	}
	header := func() string {
		if c.auth.username == "" {
			return ""
		}
		return newToken(c.auth.username, c.auth.password, c.clock.Now().Add(offset)).header()
	}
	media := device
	found, err := call[capabilities](ctx, c, device, serviceDevice, "GetCapabilities", header(),
		`<GetCapabilities xmlns="`+serviceDevice+`"><Category>Media</Category></GetCapabilities>`)
	if err != nil {
		return nil, fmt.Errorf("ask for the camera's services: %w", err)
	}
	if found.Media != "" {
		if media, err = at(device, found.Media); err != nil {
			return nil, fmt.Errorf("ask for the camera's services: %w", err)
		}
	}
	all, err := call[profiles](ctx, c, media, serviceMedia, "GetProfiles", header(), `<GetProfiles xmlns="`+serviceMedia+`"/>`)
	if err != nil {
		return nil, fmt.Errorf("ask for the camera's profiles: %w", err)
	}
	token, err := all.choose(c.cfg.Profile)
	if err != nil {
		return nil, err
	}
	told, err := call[snapshotURI](ctx, c, media, serviceMedia, "GetSnapshotUri", header(),
		`<GetSnapshotUri xmlns="`+serviceMedia+`"><ProfileToken>`+escape(token)+`</ProfileToken></GetSnapshotUri>`)
	if err != nil {
		return nil, fmt.Errorf("ask for the address of a snapshot: %w", err)
	}
	u, err := at(device, told.URI)
	if err != nil {
		return nil, fmt.Errorf("ask for the address of a snapshot: %w", err)
	}
	c.model = ""
	// For people: without it there is a picture too.
	if d, err := call[deviceInformation](ctx, c, device, serviceDevice, "GetDeviceInformation", header(), `<GetDeviceInformation xmlns="`+serviceDevice+`"/>`); err == nil {
		c.model = printable(d.Manufacturer + " " + d.Model)
	}
	c.log.Info().Str("camera", c.model).Str("profile", token).Dur("clock_offset", offset.Round(time.Second)).Msg("camera found")
	return u, nil
}
