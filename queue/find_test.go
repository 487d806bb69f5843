package queue_test

import (
	"testing"

	"fieldcam/capture/photo"
)

func TestAPhotoIsFoundByItsBytesAmongTheNewest(t *testing.T) {
	r := newRig(t)
	q := r.open()
	add := func(n int) photo.Meta {
		t.Helper()
		m, err := q.Add(r.shot(), picture(n, 1000))
		r.do("Add", err)
		return m
	}
	first := add(0)
	if m, ok := q.Find(first.SHA256); !ok || m.ID != first.ID {
		t.Errorf("Find = %+v, %t; want %s", m, ok, first.ID)
	}
	if m, ok := q.Find("00"); ok {
		t.Errorf("Find of other bytes = %+v, want none", m)
	}
	for n := range 16 {
		add(n + 1)
	}
	if m, ok := q.Find(first.SHA256); ok {
		t.Errorf("Find where 16 are newer = %s, want none", m.ID)
	}
}
