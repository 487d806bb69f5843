package queue

import "fieldcam/capture/photo"

// findAmong is how many of the newest photos Find looks at. After a power cut one
// file at a time can be in the queue without its camera's driver knowing.
const findAmong = 16

// Find is the photo with these bytes, by their SHA-256 in lower-case hexadecimal,
// where it is among the newest 16; false where none of them is, and where the index
// can't be read, which is logged.
func (q *Queue) Find(sha256 string) (photo.Meta, bool) {
	items, err := q.List(Filter{Limit: findAmong})
	if err != nil {
		q.o.Log.Warn().Err(err).Msg("newest photos not known")
		return photo.Meta{}, false
	}
	for _, item := range items {
		if item.SHA256 == sha256 {
			return item.Meta, true
		}
	}
	return photo.Meta{}, false
}
