package agent_test

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"fieldcam/agent/message"
	"fieldcam/capture/photo"
	"fieldcam/queue"
	"fieldcam/queue/ledger"
)

// judgeDays wants the sums of each day, and its proof, to be those of its slots
// and photos.
func (w *world) judgeDays(q *queue.Queue) {
	w.Helper()
	bad := w.badPhotos()
	for _, day := range w.days(q) {
		want := queue.Day{Day: day.Day, Session: day.Session, Proof: day.Proof}
		entries, err := q.Ledger(day.Day, day.Day.AddDate(0, 0, 1))
		if err != nil {
			w.Fatal(err)
		}
		for _, e := range entries {
			switch {
			case e.Session != day.Session || e.From.Before(e.To):
				continue
			case len(e.Photos) > 0:
				want.Taken++
				w.tally(q, e.Photos, &want)
				for _, seq := range e.Photos {
					if bad[seq] {
						want.Bad++
					}
				}
			case e.Cause.Gap():
				count(&want.Skipped, e.Cause)
			default:
				count(&want.Failed, e.Cause)
			}
			want.Due++
		}
		if never := want.Lost + want.Dropped + want.Thinned; day.Bad > want.Bad && day.Bad <= want.Bad+never {
			want.Bad = day.Bad // the cloud has not got them
		}
		if !cmp.Equal(day, want) {
			w.Errorf("%s, %s: %+v, want %+v, as its slots are", day.Day.Format(time.DateOnly), day.Session, day, want)
		}
		w.judgeProof(day)
	}
}

// badPhotos are those that the cloud was told to be bad, by their numbers.
func (w *world) badPhotos() map[uint64]bool {
	bad := map[uint64]bool{}
	for id, s := range w.cloud.receiver.Stored() {
		if photo.ParseVerdict(s.Metadata["checks"]).Bad() {
			bad[photo.ID(id).Seq()] = true
		}
	}
	return bad
}

// days are all days of the ledger.
func (w *world) days(q *queue.Queue) []queue.Day {
	w.Helper()
	days, err := q.Days(monday().AddDate(-100, 0, 0), monday().AddDate(100, 0, 0))
	if err != nil {
		w.Fatal(err)
	}
	return days
}

// tally counts the photos of a slot. All must be in the cloud, but those that are
// gone for a reason that the test knows.
func (w *world) tally(q *queue.Queue, seqs []uint64, d *queue.Day) {
	w.Helper()
	words, err := q.Account(seqs...)
	if err != nil || len(words) != len(seqs) {
		w.Fatalf("account of %v: %v (%v)", seqs, words, err)
	}
	d.Photos += len(seqs)
	for i, word := range words {
		switch {
		case word == string(queue.Confirmed):
			d.Uploaded++
		case word == "deleted":
			d.Uploaded++
			d.Deleted++
		case word == "unknown": // to an index that was made anew
			d.Unknown++
		case word != w.gone[seqs[i]]:
			w.Errorf("photo %d of %s is %s, want it in the cloud", seqs[i], d.Day.Format(time.DateOnly), word)
		case word == "dropped":
			d.Dropped++
		case word == "thinned":
			d.Thinned++
		case word == string(queue.Lost):
			d.Lost++
		}
	}
}

// judgeProof wants what the hub reads to be what the device knows.
func (w *world) judgeProof(day queue.Day) {
	w.Helper()
	list, err := ledger.ReadProof(day.Day, day.Proof)
	if err != nil || len(day.Proof) > ledger.MaxProof {
		w.Errorf("proof of %s: %d bytes, %v, want it whole and short", day.Day.Format(time.DateOnly), len(day.Proof), err)
	}
	due, taken := 0, 0
	for _, s := range list {
		due += s.Slots
		taken += s.Taken
	}
	if due != day.Due || taken != day.Taken {
		w.Errorf("proof of %s: %d of %d taken, want %d of %d", day.Day.Format(time.DateOnly), taken, due, day.Taken, day.Due)
	}
}

// count counts one more of the cause.
func count(by *map[photo.Cause]int, cause photo.Cause) {
	if *by == nil {
		*by = map[photo.Cause]int{}
	}
	(*by)[cause]++
}

// judgeTold wants the broker to have been told of each day what the ledger says
// of it in the end, and of no other day. All is over, and the last change long
// ago; what still changes, loosely levels, and tells of which day the broker need not
// have heard yet: nil: nothing does, and of none.
func (w *world) judgeTold(q *queue.Queue, loosely func(day time.Time, l *message.Ledger) (early bool)) {
	w.Helper()
	type key struct{ day, session string }
	told := map[key]message.Ledger{}
	for _, l := range w.told() {
		told[key{l.Day, l.Session}] = l
	}
	for _, day := range w.days(q) {
		k := key{day.Day.Format(time.DateOnly), day.Session}
		want := message.Ledger{
			V: message.Version, Day: k.day, Session: k.session, Proof: day.Proof, Photos: int64(day.Photos), Uploaded: int64(day.Uploaded),
			Deleted: int64(day.Deleted), Waiting: int64(day.Waiting), Kept: int64(day.Kept), Lost: int64(day.Lost),
			Dropped: int64(day.Dropped), Thinned: int64(day.Thinned), Bad: int64(day.Bad),
		}
		got, ok := told[k]
		got.At = 0
		early := false
		if loosely != nil {
			early = loosely(day.Day, &want)
			loosely(day.Day, &got)
		}
		if early && !ok {
			continue
		}
		if delete(told, k); !ok || !cmp.Equal(got, want) {
			w.Errorf("the cloud was told %+v (%t), want %+v", got, ok, want)
		}
	}
	for k := range told {
		w.Errorf("the cloud was told of %v, of which the ledger knows nothing", k)
	}
}

// told are the messages of days that the broker took.
func (w *world) told() (all []message.Ledger) {
	w.Helper()
	for _, m := range w.cloud.broker.On(message.Topic(device, message.KindLedger)) {
		l, err := message.ParseLedger(m.Payload)
		if err != nil || m.Retained || m.QoS != 1 || len(m.Payload) > dayBytes {
			w.Errorf("message of a day: %d bytes, QoS %d, retained %t (%v), want at most %d, QoS 1, not retained", len(m.Payload), m.QoS, m.Retained, err, dayBytes)
		}
		all = append(all, l)
	}
	return all
}

// dayBytes is what a usual day may take on the wire.
const dayBytes = 200
