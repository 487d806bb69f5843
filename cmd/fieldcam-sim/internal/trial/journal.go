package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// journal is all that the guest printed, line by line. Its methods may be called
// from any goroutine.
type journal struct {
	mu    sync.Mutex // guards the following
	lines []string
	news  chan struct{} // closed and replaced with each line
}

func newJournal() *journal { return &journal{news: make(chan struct{})} }

// hear takes a line.
func (j *journal) hear(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
	close(j.news)
	j.news = make(chan struct{})
}

// now is how many lines there are.
func (j *journal) now() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

// since are the lines from one on, and what is closed when another comes.
func (j *journal) since(from int) ([]string, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines[min(from, len(j.lines)):len(j.lines):len(j.lines)], j.news
}

// await waits for a line with all of these texts, from a line on, and gives it and
// the number of the next one. It ends with an error when ctx or the machine does.
func (j *journal) await(ctx context.Context, ended <-chan struct{}, from int, texts ...string) (line string, next int, err error) {
	for {
		lines, news := j.since(from)
		for n, l := range lines {
			if hasAll(l, texts) {
				return l, from + n + 1, nil
			}
		}
		from += len(lines)
		select {
		case <-news:
		case <-ctx.Done():
			err = ctx.Err()
		case <-ended:
			select {
			case <-news: // its last words
			default:
				err = errEnded
			}
		}
		if err != nil {
			return "", from, fmt.Errorf("wait for %q: %w", strings.Join(texts, " … "), err)
		}
	}
}

// count is how many lines have all of these texts.
func (j *journal) count(texts ...string) int {
	lines, _ := j.since(0)
	n := 0
	for _, l := range lines {
		if hasAll(l, texts) {
			n++
		}
	}
	return n
}

func hasAll(line string, texts []string) bool {
	for _, t := range texts {
		if !strings.Contains(line, t) {
			return false
		}
	}
	return true
}

// errorOf is the error in a line of the daemon's log; the line itself where there is
// none.
func errorOf(line string) string {
	var said struct{ Error string }
	if err := json.Unmarshal([]byte(line), &said); err != nil || said.Error == "" {
		return line
	}
	return said.Error
}
