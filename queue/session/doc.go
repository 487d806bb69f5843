// Package session drains the queue: it runs the upload sessions of the schedule,
// and those that a person starts.
//
// A session runs at each upload slot: a regular one sends so many of the newest
// photos, one with "as many as possible" goes on until its block ends or nothing
// waits. Newest first, then the backlog; a photo that is taken meanwhile is the
// newest. Of eight photos one is the oldest, where that is older than a day, so
// that nobody starves. A session can choose: the oldest first, only what was taken
// so long before its slot, only certain days. A block that is under way when Run begins has its session at once.
//
// What an Uploader's error means (package upload decides which it is):
//
//   - none: the cloud has the photo. It is acknowledged to the queue, up to
//     ackCount photos or ackDelay later in one transaction, for an
//     acknowledgement that a power cut takes costs the next session one request.
//   - RefusedError: the photo is set aside; the session goes on.
//   - UnreachableError: the session is broken off, and goes on after a backoff
//     with full jitter, or as soon as LinkUp is called, as long as its block
//     lasts. It never counts against the photo.
//   - any other: the photo goes behind its peers, for a growing delay of its own.
//     unwellAfter different ones in a row mean that the cloud is unwell, which is
//     as good as unreachable.
//
// On a bad link, measured over the last uploads, the thumbnails of the newest
// photos that wait go before the next photo, where the Uploader can send any. One
// is sent once, whatever becomes of it; that it fails never counts against its
// photo.
//
// A session that emptied the queue takes photos that come within two minutes of
// its end too, and one that begins at its block's last instant has five minutes.
//
// Nothing is ever given up: what no session sent waits for the next. The end of
// a block begins no other photo and breaks off none.
//
// Out of scope: how bytes travel (package upload), what waits (package queue).
package session
