package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"fieldcam/capture/photo"
	"fieldcam/queue/spool"
)

// Schema 1, of the first release:
//
//	meta       schema, sequence: uint64; counters
//	items      sequence → photo.Meta as JSON
//	waiting, refused, confirmed, lost
//	           sequence → size in 8 bytes, then JSON {reason, since, url} or nothing
//	unlinking  sequence → name
//	slots      slot → JSON {p: IDs of photos, m: misses}
//	ranges     last slot, first slot → JSON list of misses
//
// No value had a sum, and slots had no session.
const (
	oldItems  = "items"
	oldSlots  = "slots"
	oldRanges = "ranges"
)

type (
	oldState struct {
		Reason string    `json:"reason"`
		Since  time.Time `json:"since"`
		URL    string    `json:"url"`
	}
	oldMiss struct {
		Slots  int         `json:"n"`
		Cause  photo.Cause `json:"c"`
		Detail string      `json:"d"`
	}
	oldSlot struct {
		Photos []photo.ID `json:"p"`
		Misses []oldMiss  `json:"m"`
	}
)

// oldName is the bucket that holds all of an oldIndex in the one transaction of the
// migration: names of buckets in it are those of new ones.
const oldName = "schema1"

// migrate brings an older index to this schema in one transaction: a power cut
// leaves the old one or the new one. What it can't read it leaves out: the spool
// has it. Where the card has no room for it, confirmed photos go, oldest first.
func (q *Queue) migrate(ctx context.Context) error {
	old, lacks := false, false
	err := q.view(func(t txn) error {
		version, err := t.schema()
		old = version < schemaVersion
		lacks = err == nil && t.bucket(string(setBad)) == nil
		return err
	})
	if err == nil && lacks && !old {
		// It is younger than the schema, and whoever does not know it can do without.
		return q.commit(StepIndexMigrate, func(t txn) error {
			_, err := t.CreateBucketIfNotExists([]byte(setBad))
			return err
		})
	}
	if err != nil || !old {
		return err
	}
	var urls map[string]string
	for {
		err = q.commit(StepIndexMigrate, func(t txn) (err error) {
			urls, err = q.migrateFrom1(ctx, t)
			return err
		})
		if !errors.Is(err, ErrCardFull) {
			break
		}
		deleted, errDelete := q.deleteOld(ctx)
		if errDelete != nil || deleted == 0 {
			err = errors.Join(err, errDelete)
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrate index from schema 1: %w", err)
	}
	for name, url := range urls { // lost ones cost an upload from the beginning
		if err := q.spool.SetUploadURL(name, url); err != nil {
			q.o.Log.Warn().Err(err).Str("file", name).Msg("upload URL not migrated")
		}
	}
	q.migrated = true
	q.o.Log.Info().Int("schema", schemaVersion).Msg("index migrated")
	return nil
}

// migrateFrom1 reads one photo at a time, in the order of the numbers: a card holds
// hundreds of thousands, and a controller 512 MB. urls are where uploads go on, by
// the name of the file.
func (q *Queue) migrateFrom1(ctx context.Context, t txn) (urls map[string]string, err error) {
	b, err := t.CreateBucket([]byte(oldName))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{bucketMeta, oldItems, oldSlots, oldRanges, bucketUnlinking,
		string(Waiting), string(Refused), string(Confirmed), string(Lost)} {
		if t.Bucket([]byte(name)) != nil {
			if err := t.MoveBucket([]byte(name), nil, b); err != nil {
				return nil, err
			}
		}
	}
	o := oldIndex{func(name string) *bbolt.Bucket { return b.Bucket([]byte(name)) }}
	if err := initIndex(t); err != nil {
		return nil, err
	}
	if err := o.moveDays(ctx, t); err != nil {
		return nil, err
	}
	urls = map[string]string{}
	if err := o.photos(ctx, func(p oldPhoto) error {
		if p.url != "" {
			urls[spool.Name(p.meta)] = p.url
		}
		return q.acceptOld(t, p)
	}); err != nil {
		return nil, err
	}
	for _, m := range o.spans() {
		if err := t.missSpan(m); err != nil {
			return nil, err
		}
	}
	if b := o.bucket(bucketUnlinking); b != nil {
		if err := b.ForEach(func(k, v []byte) error { return t.put(bucketUnlinking, k, v) }); err != nil {
			return nil, err
		}
	}
	last, err := t.number(keySequence)
	if err != nil {
		return nil, err
	}
	if err := t.putNumber(keySequence, max(last, o.sequence())); err != nil {
		return nil, err
	}
	return urls, t.DeleteBucket([]byte(oldName))
}

// acceptOld puts a photo into its place. One that the cloud has and whose file is
// gone was deleted for room: by deleteOld, before a power cut.
func (q *Queue) acceptOld(t txn, p oldPhoto) error {
	r, err := recordOf(p.meta)
	if err != nil {
		return nil // it is taken in from the spool, or set aside there
	}
	if p.state == Confirmed {
		if has, err := q.spool.Has(spool.Name(p.meta)); err == nil && !has {
			return nil
		}
	}
	seq := p.meta.Seq()
	if err := q.accepted(t, p.meta); err != nil {
		return err
	}
	s, _, err := t.state(seq)
	if err != nil || s == p.state {
		return err
	}
	return t.move(seq, s, r, p.state, p.note)
}

// deleteOld deletes a batch of confirmed photos, oldest first, for the room that
// the migration takes: as many bytes as the index has. The old index stays as it
// is, since it has no room to remember more; it is durable in it that the cloud has
// them, and acceptOld doesn't miss their files. The newest photo stays.
func (q *Queue) deleteOld(ctx context.Context) (deleted int, err error) {
	var names []string
	var newest uint64
	err = q.view(func(t txn) error {
		names = nil
		o := oldIndex{t.bucket}
		room := t.Size()
		newest = o.sequence()
		return o.photos(ctx, func(p oldPhoto) error {
			name := spool.Name(p.meta)
			if room <= 0 || p.state != Confirmed || p.meta.Seq() == newest {
				return nil
			}
			if has, err := q.spool.Has(name); err == nil && has {
				names, room = append(names, name), room-p.meta.Size
			}
			return nil
		})
	})
	if err == nil && len(names) > 0 {
		err = q.spool.Mark(newest)
	}
	for _, name := range names {
		if err == nil {
			err = q.spool.Remove(name)
		}
	}
	if err != nil {
		return 0, err
	}
	q.logDeleted(len(names))
	return len(names), q.spool.Sync(names...)
}
