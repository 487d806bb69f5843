package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// settle is for how long nothing must come from the terminal before a question is asked:
// what was typed ahead answers no question that was not there yet.
const settle = 50 * time.Millisecond

// person is who sits at a terminal and answers. It is for one goroutine.
type person struct {
	in    io.Reader
	out   io.Writer
	lines chan string // what was typed, line by line; closed at the end; nil before the first question
}

// ask asks: y or yes is a yes, all else a no. An answer may take answerTime. What reads
// the terminal ends with the process.
func (p *person) ask(ctx context.Context, question string) (bool, error) {
	line, err := p.answer(ctx, question+" [y/N] ")
	line = strings.ToLower(line)
	return line == "y" || line == "yes", err
}

// confirm has the person type words, which nobody does by habit; all else is a no.
func (p *person) confirm(ctx context.Context, danger, words string) (bool, error) {
	line, err := p.answer(ctx, fmt.Sprintf("%s\nTo do it type \"%s\"; anything else leaves it alone: ", danger, words))
	return line == words, err
}

// answer asks and gives the line that was typed after it; empty where there is no more.
func (p *person) answer(ctx context.Context, question string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, fmt.Errorf("no answer within %s", spanText(answerTime)))
	defer cancel()
	if err := p.forget(ctx); err != nil {
		return "", err
	}
	fmt.Fprint(p.out, question)
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.out)
		return "", context.Cause(ctx)
	case line := <-p.lines:
		return line, nil
	}
}

// forget drops what was typed before the question, and begins to read before the first.
func (p *person) forget(ctx context.Context) error {
	if f, ok := p.in.(*os.File); ok {
		// A line that was begun is with the terminal still. What is no terminal has none.
		_ = unix.IoctlSetInt(int(f.Fd()), unix.TCFLSH, unix.TCIFLUSH)
	}
	if p.lines == nil {
		p.lines = make(chan string)
		go p.read()
	}
	quiet := time.NewTimer(settle)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case _, more := <-p.lines:
			if !more {
				return nil
			}
			quiet.Reset(settle)
		case <-quiet.C:
			return nil
		}
	}
}

// read passes on each line until there are no more. What is longer than longestAnswer
// comes in parts, and is no answer.
func (p *person) read() {
	defer close(p.lines)
	r := bufio.NewReaderSize(p.in, longestAnswer)
	for {
		line, _, err := r.ReadLine()
		if err != nil {
			return
		}
		p.lines <- strings.TrimSpace(string(line))
	}
}
