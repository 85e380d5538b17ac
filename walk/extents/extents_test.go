package extents

import "testing"

func TestSharedBytesOfExtents(t *testing.T) {
	for _, tt := range []struct {
		name        string
		list        []extent
		bytes, next uint64
		last        bool
	}{
		{"no extents", nil, 0, 0, true},
		{"not shared", []extent{{length: 4096, flags: flagLast}}, 0, 4096, true},
		{"shared", []extent{{length: 4096, flags: flagLast | flagShared}}, 4096, 4096, true},
		{"shared in part", []extent{{length: 4096, flags: flagShared}, {logical: 4096, length: 8192, flags: flagLast}}, 4096, 12288, true},
		{"behind a hole", []extent{{length: 4096}, {logical: 1 << 30, length: 4096, flags: flagLast | flagShared}}, 4096, 1<<30 + 4096, true},
		{"more follow", []extent{{length: 4096, flags: flagShared}, {logical: 4096, length: 4096}}, 4096, 8192, false},
		{"an extent that does not advance", []extent{{length: 4096}, {length: 4096}}, 0, 4096, true},
	} {
		if bytes, next, last := shared(tt.list); bytes != tt.bytes || next != tt.next || last != tt.last {
			t.Errorf("%s: %d bytes, next at %d, last %v", tt.name, bytes, next, last)
		}
	}
}
