package schedule

import (
	"time"

	"github.com/nathan-osman/go-sunrise"
)

// Night tells whether the sun is below the horizon at an instant; known is false where
// the site is not.
func (s *Schedule) Night(at time.Time) (night, known bool) {
	if !s.placed {
		return false, false
	}
	return sunrise.Elevation(s.latitude, s.longitude, at.UTC()) < 0, true
}
