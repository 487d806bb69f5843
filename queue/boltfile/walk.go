package boltfile

import (
	"errors"
	"fmt"
)

// Bounds of what the walk follows and holds. A sound file of the queue's stays
// far below each.
const (
	// maxLevels bounds the pages above one another, nested buckets included: 32
	// levels of at least two children are more pages than maxFileBytes has.
	maxLevels = 32
	// maxNesting bounds the buckets within one another; the root is the first.
	maxNesting = 4
	// maxLeafBytes bounds a leaf page with its overflow, and so the largest
	// value that is read: the queue's are a thousandth of it.
	maxLeafBytes = 4 << 20
	// maxBranchBytes bounds a branch page with its overflow. bbolt splits pages of
	// more than four keys, and its keys have at most 32 KiB (bucket.go,
	// MaxKeySize).
	maxBranchBytes = 256 << 10
)

// walk reads trees of pages, each page once.
type walk struct {
	file      *file
	highWater uint64 // pages from here on are not in use
	visit     Visit
	claimed   bitmap   // pages reached
	levels    [][]byte // one buffer for each level of the tree
	damage    damage

	// For Salvage: what can be read of a bad page is delivered, an error of visit
	// ends the walk, and no more than budget bytes are read.
	salvage bool
	quiet   bool // offences are not counted: no tree vouches for these pages
	budget  int64
	stop    error
}

func newWalk(f *file, highWater uint64, visit Visit) *walk {
	if visit == nil {
		visit = func(_, _, _ []byte) error { return nil }
	}
	return &walk{file: f, highWater: highWater, visit: visit, claimed: newBitmap(f.pages())}
}

// offend notes what is wrong with a page.
func (w *walk) offend(number uint64, err error) {
	if !w.quiet {
		w.damage.add(fmt.Errorf("page %d: %w", number, err))
	}
}

// tree walks the tree of the root bucket, whose keys are the top-level buckets.
func (w *walk) tree(root uint64) {
	w.node(node{number: root})
}

// node says which page to walk, and what is known of it from above.
type node struct {
	number    uint64
	low, high []byte // its first key, and one that all its keys are before; nil: any
	bucket    []byte // the top-level bucket; nil above those
	level     int
	nesting   int // 0 in the root bucket
}

// node walks a branch or leaf page and all below it.
func (w *walk) node(n node) {
	if w.stop != nil {
		return
	}
	p, err := w.load(n)
	if errors.Is(err, errSeen) && w.salvage {
		return // trees of two transactions share most of their pages
	}
	if err == nil {
		err = p.checkNode(n, w.file.pageSize)
	}
	if err != nil {
		w.offend(n.number, err)
		if !w.salvage {
			return
		}
	}
	if p == nil {
		return
	}
	for i := range p.count() {
		e, err := p.element(i)
		switch {
		case err != nil || w.stop != nil: // the page has been named already
		case p.flags() == flagBranch:
			child := n
			child.number, child.low, child.level = e.child, e.key, n.level+1
			if next, err := p.element(i + 1); i+1 < p.count() && err == nil {
				child.high = next.key
			}
			w.node(child)
		case e.bucket:
			w.bucket(n, e)
		case n.nesting == 0:
			w.offend(n.number, fmt.Errorf("key %x is not a bucket", short(e.key)))
		default:
			w.deliver(n, e)
		}
	}
}

// checkNode is all that a branch or leaf page must be that bbolt can use.
func (p page) checkNode(n node, pageSize int) error {
	end, err := p.check(n.low, n.high)
	switch {
	case err != nil:
		return err
	case p.flags() == flagBranch && p.count() < 2:
		// bbolt asserts on it when a child shrinks (node.go, rebalance).
		return fmt.Errorf("a branch of %d", p.count())
	case p.count() == 0 && n.low != nil:
		return errors.New("an empty leaf below a branch") // as above; spill indexes its first key
	case end+pageSize <= len(p):
		// node.spill allots just the pages that the node needs.
		return fmt.Errorf("has %d pages for %d bytes", len(p)/pageSize, end)
	}
	return nil
}

// bucket walks the bucket that is the element e of n.
func (w *walk) bucket(n node, e element) {
	name := n.bucket
	if n.nesting == 0 {
		name = e.key
	}
	root, inline, err := bucketRoot(e.value)
	if err == nil && inline != nil {
		err = checkInline(inline)
	}
	if err == nil && n.nesting+1 >= maxNesting {
		err = fmt.Errorf("nested in %d others", n.nesting)
	}
	if err != nil {
		w.offend(n.number, fmt.Errorf("bucket %x %w", short(e.key), err))
		return
	}
	inner := node{number: root, bucket: name, level: n.level + 1, nesting: n.nesting + 1}
	if inline == nil {
		w.node(inner)
		return
	}
	inner.number = n.number
	for i := range inline.count() {
		if e, err := inline.element(i); err == nil && w.stop == nil {
			w.deliver(inner, e)
		}
	}
}

// deliver hands one key and value to visit.
func (w *walk) deliver(n node, e element) {
	err := w.visit(n.bucket, e.key, e.value)
	switch {
	case err == nil:
	case w.salvage:
		w.stop = err
	default:
		w.offend(n.number, fmt.Errorf("key %x of bucket %q: %w", short(e.key), short(n.bucket), err))
	}
}

var (
	errSeen   = errors.New("reached twice")
	errBudget = errors.New("the file leads in circles")
)

// load reads a branch or leaf page with its overflow into its level's buffer.
// While salvaging, it returns a page without its overflow beside the error
// where that is what is wrong.
func (w *walk) load(n node) (page, error) {
	switch {
	case n.number < 2 || n.number >= w.highWater:
		return nil, fmt.Errorf("not one of the %d in use", w.highWater)
	case n.level >= maxLevels:
		return nil, fmt.Errorf("more than %d levels deep", maxLevels)
	case w.claimed.has(n.number):
		return nil, errSeen
	}
	w.claimed.set(n.number)
	for len(w.levels) <= n.level {
		w.levels = append(w.levels, make([]byte, w.file.pageSize))
	}
	first := w.levels[n.level][:w.file.pageSize]
	if err := w.read(first, n.number); err != nil {
		return nil, err
	}
	p := page(first)
	most := maxLeafBytes
	switch {
	case p.number() != n.number:
		return nil, fmt.Errorf("says it is page %d", p.number())
	case p.flags() == flagBranch:
		most = maxBranchBytes
	case p.flags() != flagLeaf:
		return nil, fmt.Errorf("has type %#x, neither branch nor leaf", p.flags())
	}
	more := uint64(p.overflow())
	switch {
	case more == 0:
		return p, nil
	case (more+1)*uint64(w.file.pageSize) > uint64(most):
		return w.instead(p), fmt.Errorf("has %d pages", more+1)
	case n.number+more >= w.highWater:
		return w.instead(p), fmt.Errorf("reaches to page %d of %d", n.number+more, w.highWater)
	}
	for i := n.number + 1; i <= n.number+more && !w.salvage; i++ {
		if w.claimed.has(i) {
			return nil, fmt.Errorf("page %d after it: %w", i, errSeen)
		}
		w.claimed.set(i)
	}
	whole := int(more+1) * w.file.pageSize
	if len(w.levels[n.level]) < whole {
		w.levels[n.level] = append(make([]byte, 0, whole), first...)[:whole]
	}
	p = page(w.levels[n.level][:whole])
	if err := w.read(p[w.file.pageSize:], n.number+1); err != nil {
		return w.instead(p[:w.file.pageSize]), err
	}
	return p, nil
}

// instead is the page p, whose overflow can't be read, where a part will do.
func (w *walk) instead(p page) page {
	if w.salvage {
		return p
	}
	return nil
}

// read fills buf from page. In Check no page is read twice, as each is claimed;
// in Salvage, the runs of bad pages may overlap.
func (w *walk) read(buf []byte, page uint64) error {
	if w.salvage {
		if w.budget -= int64(len(buf)); w.budget < 0 {
			return errBudget
		}
	}
	return w.file.readPages(buf, page)
}
