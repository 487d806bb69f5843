package main

// scale is how much is measured.
type scale struct {
	// A life: photos of a camera's usual size.
	lifePhotos, lifeBatch int
	lifeBytes             int64
	// A drain: photos of any size, as many at once as a session acknowledges.
	backlog, drainBatch int
	backlogBytes        int64
	// Sizes of the queue. The photos are tiny: the index is what is measured.
	few, many, most int
	tinyBytes       int64
	// How often a queue is opened, how often asked for the next photo, and how
	// many photos more it gets.
	opens, nexts, adds int
	// How many photos leave at once where a million do.
	outBatch int
}

func full() scale {
	return scale{
		lifePhotos: 100, lifeBatch: 50, lifeBytes: 5_000_000,
		backlog: 1000, drainBatch: 20, backlogBytes: 20_000,
		few: 1000, many: 100_000, most: 1_000_000, tinyBytes: 64,
		opens: 5, nexts: 500, adds: 10, outBatch: 100,
	}
}

// small is for a test of the benchmark itself: its figures mean nothing.
func small() scale {
	s := full()
	s.lifePhotos, s.lifeBatch = 4, 2
	s.backlog, s.drainBatch = 20, 10
	s.few, s.many, s.most = 10, 30, 60
	s.opens, s.nexts, s.adds, s.outBatch = 1, 5, 2, 10
	return s
}
