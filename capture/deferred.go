package capture

import (
	"context"
	"errors"
	"io"
	"time"

	"fieldcam/capture/photo"
)

// ErrNotListed is what Fetch of a Deferred returns for a picture that the newest List had
// not.
var ErrNotListed = errors.New("no such picture in the newest listing")

// Deferred is a camera that keeps its pictures until they are fetched (Low Power
// Mode). Fire may be called during List and Fetch; else one call is made at a time.
type Deferred interface {
	// Fire releases the shutter, and returns nil where it did as far as the lines
	// tell. It is bounded by ctx, and leaves the camera safe on every path. The
	// next Fire after a failure begins one rung higher on the recovery ladder.
	Fire(ctx context.Context) error
	// List tells which pictures on the camera were not fetched yet. Those that are
	// still being written are left out. An error says that it could not look: then
	// nothing is known of any picture.
	List(ctx context.Context) (Listing, error)
	// Fetch calls add for each file of p that was not fetched yet, the JPEG first,
	// with a function that writes it. What add returned a photo for is durable:
	// Fetch remembers that, durably too, before it goes on, and no later List has
	// the file. It returns the first error, of add or its own: ErrNotListed for a picture
	// that the newest List had not.
	Fetch(ctx context.Context, p Picture, add AddFile) error
}

// AddFile makes one file of a picture a photo in the store.
type AddFile func(fill func(io.Writer) (photo.Exposure, error)) (photo.Meta, error)

// Listing is what a List found.
type Listing struct {
	// Pictures are those not fetched yet, in the order of exposure as far as their
	// names tell.
	Pictures []Picture
	// More: there are more than these, for a later List.
	More bool
	// New: the camera has picture files that it had not at the List before, of whatever
	// kind and whether they are whole or not: it takes pictures. True at the first List.
	New bool
	// Newest is the highest place in the order of exposure of all those files, as
	// dcf.Name.Number has it; 0 where the camera has none. A card that was changed or
	// emptied may have lower ones than before.
	Newest int
	// Ahead is by how much the camera's clock, by which the times of Pictures are, was ahead
	// of this one's: as it tells, or as the pictures show that were fetched before; 0 where
	// neither does.
	Ahead time.Duration
}

// Picture is one exposure on the camera, of one file or several.
type Picture struct {
	// Name is what the camera calls it: "100CANON/IMG_0042".
	Name string
	// At is when it was exposed, by the camera's clock; zero where nothing tells. Where the
	// camera tells by how much its clock is ahead, and it is known that this was another one
	// then, it is what the clock would have shown with that of the Listing.
	At time.Time
	// First is the photo that was made of another of its files before; its ID is
	// empty where there is none.
	First photo.Meta
}

// ErrFired is what Shoot returns where the camera is a Deferred: the shutter has
// been released, and the photo comes with the next Fetch.
var ErrFired = errors.New("the shutter has been released; the picture comes when the camera's pictures are fetched")

// Bulk is how a Deferred camera fares; zero for another. The counts are since the
// start: Fired = Open + Fetched + Missing, but for shots that were fired before it.
type Bulk struct {
	// Fired is how many slots the shutter was released for: so many pictures are
	// expected. Open is how many of them nothing is known of yet.
	Fired, Open int
	// Fetched is how many slots have got their photo, Missing how many have none
	// though the camera was looked at, Extra how many photos belong to no slot.
	Fetched, Missing, Extra int
	// Fetching: a fetch is under way.
	Fetching bool
	// Last is when the last fetch began, by the wall clock; zero before the first.
	// Error is why it did not get all; empty where it did.
	Last  time.Time
	Error string
	// Ahead is by how much the camera's clock is ahead of this one's; 0 before the
	// first picture of a slot.
	Ahead time.Duration
}
