package asuser

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGroups(t *testing.T) {
	getent := script(t, `echo "ann lee   100 4294967290"`)
	none := script(t, `echo "ann lee"`)
	unknown := script(t, `echo "Unknown database: initgroups" >&2; exit 1`)
	id := script(t, `test "$1 $2" = "-G ann lee" && echo "100 7"`)
	for _, c := range []struct {
		name    string
		queries []query
		want    []uint32
		err     error
	}{
		{"getent", []query{{[]string{getent}, true}, {[]string{id, "-G"}, false}}, []uint32{100, 4294967290}, nil},
		{"no groups", []query{{[]string{none}, true}, {[]string{id, "-G"}, false}}, nil, nil},
		{"of musl", []query{{[]string{unknown}, true}, {[]string{id, "-G"}, false}}, []uint32{100, 7}, nil},
		{"no getent", []query{{[]string{"/nowhere/getent"}, true}, {[]string{id, "-G"}, false}}, []uint32{100, 7}, nil},
		{"no program", []query{{[]string{"/nowhere/getent"}, true}}, nil, ErrGroupsUnknown},
		{"of another", []query{{[]string{script(t, "echo bob 0")}, true}}, nil, ErrGroupsUnknown},
		{"no number", []query{{[]string{script(t, "echo 0 staff")}, false}}, nil, ErrGroupsUnknown},
		{"too much", []query{{[]string{script(t, "yes 77")}, false}}, nil, ErrGroupsUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := groups(t.Context(), "ann lee", c.queries)
			if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
				t.Errorf("%v, error %v", got, err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := groups(ctx, "ann lee", []query{{[]string{id, "-G"}, false}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

// The name of a user is none of the options.
func TestGroupsOfThisSystem(t *testing.T) {
	if _, err := Groups(t.Context(), "root"); errors.Is(err, ErrGroupsUnknown) && !errors.Is(err, os.ErrNotExist) {
		t.Skip(err)
	} else if err != nil {
		t.Error(err)
	}
	if got, _ := Groups(t.Context(), "--help"); len(got) > 0 {
		t.Errorf("--help is in %v", got)
	}
}
