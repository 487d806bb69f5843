package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"fieldcam/capture/camera/jpegstream"
	"fieldcam/capture/camera/subprocess"
)

const (
	// fileName is the picture's in its directory.
	fileName = "picture.jpg"
	// megabyte is the unit of Config.MaxMB.
	megabyte = 1_000_000
	// partBytes is the part of a file that is in memory at a time.
	partBytes = 64 << 10
)

// run runs the program in dir, for the configured time at most, and passes the picture
// on, wherever it is.
func (c *Camera) run(ctx context.Context, dir string, picture *jpegstream.Writer) (subprocess.Exit, error) {
	bound, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	path := filepath.Join(dir, fileName)
	s := subprocess.Spec{
		Argv: c.cfg.argv(path), Dir: dir, MaxFile: int64(c.cfg.MaxMB) * megabyte, MaxOutput: int64(c.cfg.MaxMB) * megabyte,
	}
	if !c.cfg.toFile() {
		s.Stdout = picture
		return c.runner.Run(bound, s)
	}
	exit, err := c.runner.Run(bound, s)
	if ctx.Err() != nil {
		return exit, err
	}
	// Whatever the program said of it.
	if rerr := pass(ctx, path, picture); err == nil {
		err = rerr
	}
	return exit, err
}

// pass passes on the file at path; nothing where there is none. What is no regular
// file, a link or a pipe, is refused.
func pass(ctx context.Context, path string, picture io.Writer) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the program's picture: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open the program's picture: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("open the program's picture: %v is no file", info.Mode())
	}
	part := make([]byte, partBytes)
	for {
		n, err := f.Read(part)
		if n > 0 {
			if _, err := picture.Write(part[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("read the program's picture: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// incomplete says that a program that ended well has not given a whole picture.
func incomplete(exit subprocess.Exit) error {
	what := "exit code 0, but no picture that ends (want FF D9)"
	if said := exit.Said(); said != "" {
		what += "; it said: " + said
	}
	return errors.New(what)
}
