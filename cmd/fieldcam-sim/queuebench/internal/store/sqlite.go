package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// sqliteStore keeps a row for each photo, and the photos as files.
type sqliteStore struct {
	db    *sql.DB
	files folder
}

func openSQLite(_ context.Context, dir string) (Store, error) {
	files, err := newFolder(dir)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", Opaque: filepath.Join(dir, "queue.db"), RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS photos (seq INTEGER PRIMARY KEY, meta BLOB NOT NULL)`); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &sqliteStore{db, files}, nil
}

func (s *sqliteStore) Put(_ context.Context, i int, size int64) error {
	if err := s.files.put(i, size); err != nil {
		return err
	}
	r, err := record(i, size)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(`INSERT INTO photos VALUES (?, ?)`, i, r)
	return err
}

func (s *sqliteStore) Drain(_ context.Context, n int) error {
	rows, err := s.db.Query(`DELETE FROM photos WHERE seq IN (SELECT seq FROM photos ORDER BY seq LIMIT ?) RETURNING seq`, n)
	if err != nil {
		return err
	}
	var gone []int
	for rows.Next() {
		var i int
		if err := rows.Scan(&i); err != nil {
			return errors.Join(err, rows.Close())
		}
		gone = append(gone, i)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if len(gone) < n {
		return errShort
	}
	for _, i := range gone {
		if err := s.files.remove(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteStore) Delete(context.Context) error { return nil } // Drain did
func (s *sqliteStore) Close() error                 { return s.db.Close() }
