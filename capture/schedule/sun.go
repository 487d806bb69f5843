package schedule

import (
	"math"
	"time"

	"github.com/nathan-osman/go-sunrise"
)

// sunDay is when the sun rises and sets on a day, in Unix seconds.
type sunDay struct {
	rise, set int64
	known     bool
}

// sun is when the sun rises and sets on the local calendar's day. The day must
// be one for which w has room, and the site known.
func (w *wall) sun(day int64) *sunDay {
	d := &w.suns[day-w.day]
	if !d.known {
		*d = w.findSun(day)
	}
	return d
}

// secondsPerDegree is how long the sun takes for a degree of longitude.
const secondsPerDegree = daySeconds / 360

// place tells w where the site is.
func (w *wall) place(latitude, longitude float64) {
	w.latitude, w.longitude = latitude, longitude
	for _, s := range w.segs[:w.n] {
		shift := noonSeconds - floorMod(noonSeconds-s.offset+int64(longitude*secondsPerDegree), daySeconds)
		w.early, w.late = min(w.early, shift), max(w.late, shift)
	}
}

func (w *wall) findSun(day int64) sunDay {
	// The library counts days by the sun: 12:00 UTC of its day is shifted by the
	// longitude, whatever the calendar there says. In Apia, at UTC+13 and 172° W,
	// the noon of its day is the noon of our next one. Ours is the one nearest.
	noon := w.first(day*daySeconds + noonSeconds)
	solarDay := floorDiv(noon+int64(w.longitude*secondsPerDegree), daySeconds)

	// sunrise.SunriseSunset in its parts: it has the zero time for a sun that
	// stays up and one that stays down alike, HourAngle tells them apart.
	d := sunrise.MeanSolarNoon(w.longitude, 1970, time.January, 1+int(solarDay))
	anomaly := sunrise.SolarMeanAnomaly(d)
	ecliptic := sunrise.EclipticLongitude(anomaly, sunrise.EquationOfCenter(anomaly), d)
	transit := sunrise.SolarTransit(d, anomaly, ecliptic)
	switch angle := sunrise.HourAngle(w.latitude, sunrise.Declination(ecliptic)); angle {
	case -math.MaxFloat64: // never sets
		return sunDay{rise: w.first(day * daySeconds), set: w.first((day + 1) * daySeconds), known: true}
	case math.MaxFloat64: // never rises
		at := sunrise.JulianDayToTime(transit).Unix()
		return sunDay{rise: at, set: at, known: true}
	default:
		part := angle / 360
		return sunDay{
			rise:  sunrise.JulianDayToTime(transit - part).Unix(),
			set:   sunrise.JulianDayToTime(transit + part).Unix(),
			known: true,
		}
	}
}
