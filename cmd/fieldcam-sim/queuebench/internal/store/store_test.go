package store

import "testing"

func TestEachStoreLeadsPhotosThroughTheirLife(t *testing.T) {
	const photos, bytes, batch = 6, 10_000, 3
	for _, k := range append(Kinds(), Kind{Name: ItemUnlisted}) {
		t.Run(k.Name, func(t *testing.T) {
			s, err := Open(t.Context(), k.Name, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			for i := range photos {
				if err := s.Put(t.Context(), i, bytes); err != nil {
					t.Fatalf("put photo %d: %v", i, err)
				}
			}
			for range photos / batch {
				if err := s.Drain(t.Context(), batch); err != nil {
					t.Fatalf("drain: %v", err)
				}
			}
			if err := s.Delete(t.Context()); err != nil {
				t.Errorf("delete: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

func TestRecordsGoInAndOut(t *testing.T) {
	dir := t.TempDir()
	if err := FillRecords(t.Context(), Item, dir, 2500, 2400); err != nil {
		t.Fatal(err)
	}
	s, err := openItem(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b, ok := s.(*item)
	if !ok {
		t.Fatalf("got %T", s)
	}
	tx, err := b.db.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if got := tx.Bucket([]byte(bucket)).Stats().KeyN; got != 100 {
		t.Errorf("%d records are left, want 100", got)
	}
	if err := FillRecords(t.Context(), Bare, t.TempDir(), 1, 0); err == nil {
		t.Error("records in bare files: no error")
	}
}
