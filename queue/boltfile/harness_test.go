package boltfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"fieldcam/queue/boltfile"
)

// useVariable tells the test binary that it is a child whose job is to use the
// databases in a directory, and die of it if need be.
const useVariable = "FIELDCAM_TEST_USE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(useVariable); dir != "" {
		os.Exit(useAll(dir))
	}
	os.Exit(m.Run())
}

// options are the queue's, but for the fsyncs.
func options(noFreelistSync bool) *bbolt.Options {
	return &bbolt.Options{PageSize: pageSize, NoSync: true, NoGrowSync: true, NoFreelistSync: noFreelistSync, FreelistType: bbolt.FreelistMapType}
}

const pageSize = 4096

// useAll uses every database in dir as the queue would, and more roughly.
func useAll(dir string) int {
	paths, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(paths) == 0 {
		fmt.Println("nothing to use:", err)
		return 1
	}
	for _, path := range paths {
		fmt.Println(path) // the last line names the one that killed us
		for _, noFreelistSync := range []bool{true, false} {
			if err := use(path, noFreelistSync); err != nil {
				fmt.Println(err)
				return 1
			}
		}
	}
	return 0
}

// use opens the database, walks all of it, and writes and deletes in each
// bucket.
func use(path string, noFreelistSync bool) error {
	db, err := bbolt.Open(path, 0o600, options(noFreelistSync))
	if err != nil {
		return err
	}
	defer db.Close()
	for round := range 3 {
		err := db.Update(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return stir(b, round) })
		})
		if err != nil {
			return err
		}
	}
	return db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			// A page that belongs to nobody is lost room, not a danger.
			if !strings.Contains(err.Error(), "unreachable unfreed") {
				return err
			}
		}
		return nil
	})
}

// stir deletes every third key of b and its nested buckets, and puts others.
func stir(b *bbolt.Bucket, round int) error {
	var doomed [][]byte
	n := 0
	err := b.ForEach(func(k, v []byte) error {
		if n++; v == nil {
			return stir(b.Bucket(k), round)
		}
		if n%3 == round {
			doomed = append(doomed, bytes.Clone(k))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, k := range doomed {
		if err := b.Delete(k); err != nil {
			return err
		}
		if i%2 == 0 {
			if err := b.Put(append([]byte{byte(i)}, k...), make([]byte, 100*(i%9))); err != nil {
				return err
			}
		}
	}
	return b.Put([]byte("stirred"), make([]byte, 3*pageSize))
}

// useInChild runs useAll on dir in a process of its own, as bbolt's panics may
// be in goroutines of bbolt's.
func useInChild(t *testing.T, dir string) {
	t.Helper()
	run := func(args ...string) ([]byte, error) {
		c := exec.CommandContext(t.Context(), args[0], args[1:]...)
		c.Env = append(os.Environ(), useVariable+"="+dir, "GORACE=atexit_sleep_ms=0")
		return c.CombinedOutput()
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(self)
	if errors.Is(err, syscall.ENOEXEC) { // under qemu-user, without binfmt_misc
		out, err = run("qemu-"+map[string]string{"arm": "arm", "arm64": "aarch64"}[runtime.GOARCH]+"-static", self)
	}
	if err != nil {
		t.Fatalf("bbolt with files that Check passed: %v\n%s", err, tail(out))
	}
}

func tail(b []byte) []byte {
	const most = 4000
	if i := bytes.Index(b, []byte("panic")); i > 200 {
		b = b[i-200:]
	}
	return b[:min(len(b), most)]
}

// makeDB writes a database by the rules of a seed: several buckets, inline ones,
// nested ones, splits, overflow values and many deletions.
func makeDB(t testing.TB, path string, seed uint64, noFreelistSync bool) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, options(noFreelistSync))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 4 + r.IntN(10) {
		err := db.Update(func(tx *bbolt.Tx) error { return scribble(tx, r) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

// scribble makes one random transaction.
func scribble(tx *bbolt.Tx, r *rand.Rand) error {
	for _, name := range []string{"blocks", "ledger", "tiny", "nest"} {
		b, err := tx.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		if name == "tiny" { // stays inline
			err = b.Put([]byte("schema"), []byte{byte(r.IntN(9))})
		} else if name == "nest" {
			if b, err = b.CreateBucketIfNotExists([]byte{'n', byte(r.IntN(3))}); err == nil {
				err = fill(b, r, r.IntN(20))
			}
		} else {
			err = fill(b, r, r.IntN(120))
		}
		if err != nil {
			return err
		}
	}
	if r.IntN(8) == 0 {
		return tx.DeleteBucket([]byte("ledger"))
	}
	return nil
}

// fill puts n values, and often deletes a range of keys.
func fill(b *bbolt.Bucket, r *rand.Rand, n int) error {
	for range n {
		value := make([]byte, r.IntN(600))
		if r.IntN(40) == 0 {
			value = make([]byte, r.IntN(3*pageSize)) // overflows its page
		}
		for i := range value {
			value[i] = byte(r.Uint32())
		}
		if err := b.Put(fmt.Appendf(nil, "%06d", r.IntN(800)), value); err != nil {
			return err
		}
	}
	if r.IntN(2) == 0 {
		from := fmt.Appendf(nil, "%06d", r.IntN(800))
		c := b.Cursor()
		for k, v := c.Seek(from); k != nil && r.IntN(100) > 0; k, v = c.Next() {
			if v == nil {
				continue
			}
			if err := b.Delete(bytes.Clone(k)); err != nil {
				return err
			}
			c.Seek(k)
		}
	}
	return nil
}

// pair is one delivered key, with what was before it in its name.
type pair struct{ bucket, key, value string }

// contents is what bbolt says is in the database, in its order.
func contents(t testing.TB, path string) []pair {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: pageSize, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all []pair
	var walk func(top string, b *bbolt.Bucket) error
	walk = func(top string, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			if v == nil {
				return walk(top, b.Bucket(k))
			}
			all = append(all, pair{top, string(k), string(v)})
			return nil
		})
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error { return walk(string(name), b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// collect is a Visit that notes all it gets.
func collect(all *[]pair) boltfile.Visit {
	return func(bucket, key, value []byte) error {
		*all = append(*all, pair{string(bucket), string(key), string(value)})
		return nil
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
