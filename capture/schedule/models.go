package schedule

import "time"

// Default is the standard regime: captures and uploads (as many photos as
// possible) every 15 minutes from 06:00 to 18:00 on Monday to Friday, and an
// hourly check-in around the clock on every day, since a controller that is
// silent over the weekend cannot be told from a dead one.
func Default() []Session {
	const weekdays = 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday
	capture, upload, checkIn := NewSession(), NewSession(), NewSession()

	capture.Name, capture.Kind, capture.Days = "capture", Capture, weekdays
	capture.From, capture.Until = clock(6), clock(18)

	upload.Name, upload.Kind, upload.Days = "upload", Upload, weekdays
	upload.From, upload.Until = capture.From, capture.Until

	checkIn.Name, checkIn.Kind, checkIn.Every = "check-in", CheckIn, time.Hour
	return []Session{capture, upload, checkIn}
}

// What the upload sessions of models other than the Tempo send, see DefaultFor.
const (
	// regularPhotos is the photo that the same slot has taken, and one of those
	// that an earlier session missed.
	regularPhotos = 2
	// endOfDayBack is longer than any outage that is not a fault of the site: a
	// month.
	endOfDayBack = 31 * 24 * time.Hour
)

// DefaultFor is the default of a model, as the configuration names it. It is
// Default for "tempo", and for a name that is no model.
//
// The others, "pro", "mini" and "mach2", have End of Day Uploading for what the
// day's sessions have missed. Their upload sessions run as on a Tempo, but each
// sends 2 photos; on every day a session "end of day" follows from 23:00 to 05:00,
// when captures are over and nobody else is on the link, which sends as many as
// possible of the photos of the last 31 days, the oldest first, so that it and
// the day's sessions work towards each other. It ends when the queue is empty.
func DefaultFor(model string) []Session {
	sessions := Default()
	switch model {
	default:
		return sessions
	case "pro", "mini", "mach2":
	}
	for i := range sessions {
		if sessions[i].Kind == Upload {
			sessions[i].Photos = regularPhotos
		}
	}
	night := NewSession()
	night.Name, night.Kind = "end of day", Upload
	night.From, night.Until, night.Every = clock(23), clock(5), maxEvery
	night.Order, night.LookBack = OldestFirst, endOfDayBack
	return append(sessions, night)
}

// clock is the full hour.
func clock(hour int) Moment { return At(TimeOfDay(time.Duration(hour) * time.Hour)) }
