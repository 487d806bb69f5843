package boltfile

import (
	"errors"
	"fmt"
)

// salvageReads bounds the bytes that Salvage reads, as a multiple of the file:
// the trees once, the search for lost ones twice, and as much again for pages
// whose damage makes them overlap.
const salvageReads = 8

// Salvage calls visit for every key and value that can still be read from a
// damaged file, and returns how many pages were unreadable, in whole or in
// part. It delivers, in this order:
//
//  1. what the newest valid meta page's tree has; where that tree is whole and
//     both meta pages are valid, nothing else;
//  2. what only the older meta page's tree has;
//  3. what lies in pages that neither reaches: old pages, not yet used again,
//     and those whose way down from the root is lost. Where even the bucket's
//     name is lost, visit gets a nil bucket.
//
// So of the values that come for one key, the first is the best, but each may be
// stale, and in a bad page wrong: callers check values by their own checksum.
// The error is visit's, which ends the walk, or says that path can't be read as
// a file at all.
func Salvage(path string, visit Visit) (badPages int, err error) {
	f, err := open(path)
	if err != nil {
		return 0, fmt.Errorf("salvage database: %w", err)
	}
	defer f.Close()
	first, second, err0, err1 := f.metas()
	w := newWalk(f, f.pages(), visit)
	w.salvage, w.budget = true, salvageReads*f.size+maxPageSize
	var trees []meta
	for i, m := range []meta{first, second} {
		switch err := []error{err0, err1}[i]; {
		case err != nil:
			w.offend(uint64(i), err)
		case len(trees) == 1 && m.txid > trees[0].txid:
			trees = []meta{m, trees[0]}
		default:
			trees = append(trees, m)
		}
	}
	for _, m := range trees {
		w.tree(m.root)
		if w.damage.count == 0 {
			return 0, w.result()
		}
	}
	w.quiet = true
	w.lostRoots()
	w.lostLeaves()
	return w.damage.count, w.result()
}

func (w *walk) result() error {
	if w.stop != nil && !errors.Is(w.stop, errBudget) {
		return fmt.Errorf("salvage database: %w", w.stop)
	}
	return nil
}

// lostRoots walks the trees below pages that look like the root bucket's: leaves
// in which every key is a bucket.
func (w *walk) lostRoots() {
	w.unclaimed(func(number uint64, p page) {
		for i := range p.count() {
			e, err := p.element(i)
			if err != nil || !e.bucket {
				return
			}
			if _, _, err := bucketRoot(e.value); err != nil {
				return
			}
		}
		w.tree(number)
	})
}

// lostLeaves delivers what is in leaves that no root leads to. Nothing vouches
// for them, so only pages that are sound all through will do.
func (w *walk) lostLeaves() {
	w.unclaimed(func(number uint64, _ page) {
		n := node{number: number}
		p, err := w.load(n)
		if err != nil || p.checkNode(n, w.file.pageSize) != nil {
			return
		}
		for i := range p.count() {
			if e, err := p.element(i); err == nil && !e.bucket && w.stop == nil {
				w.deliver(n, e)
			}
		}
	})
}

// unclaimed calls do for each leaf page with keys in it that no tree has
// reached, in the file's order. The page is without its overflow.
func (w *walk) unclaimed(do func(number uint64, p page)) {
	p := make(page, w.file.pageSize)
	for number := uint64(2); number < w.highWater && w.stop == nil; number++ {
		if w.claimed.has(number) {
			continue
		}
		switch err := w.read(p, number); {
		case errors.Is(err, errBudget):
			w.stop = err
		case err == nil && p.number() == number && p.flags() == flagLeaf && p.count() > 0:
			do(number, p)
		}
	}
}
