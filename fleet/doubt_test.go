package fleet_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"gclean/cache/hold"
	"gclean/fleet"
	"gclean/meta"
)

// Packages that are in doubt for one cause are told of together, and what a problem
// explains is marked.
func TestDoubts(t *testing.T) {
	pid := errors.New("conda (pid 7)")
	a := &fleet.Answer{
		Problems: meta.Problems{{Path: "/env"}, {Path: ""}},
		Holds:    map[int][]hold.Hold{},
		Paths:    map[int]string{},
	}
	for i, x := range []struct {
		path string
		hold hold.Hold
	}{
		{"/a", hold.Hold{Reason: hold.InstallerRunning, Err: pid}},
		{"/b", hold.Hold{Reason: hold.HardLinked, Prefix: "/env"}},
		{"/c", hold.Hold{Reason: hold.UnreadableEnv, Prefix: "/env", Err: fs.ErrPermission}},
		{"/d", hold.Hold{Reason: hold.InstallerRunning, Err: pid}},
		{"/e", hold.Hold{Reason: hold.UnreadableEntry, Err: fleet.ErrAnother}},
		{"/f", hold.Hold{Reason: hold.UnreadableRecord, Prefix: "/other", Record: "/other/r"}},
		{"/g", hold.Hold{Reason: hold.InstallerRunning, Err: errors.New("conda (pid 8)")}},
	} {
		a.Holds[i], a.Paths[i] = []hold.Hold{x.hold}, x.path
	}
	list, packages := a.Doubts()
	want := []struct {
		paths []string
		told  bool
	}{
		{[]string{"/a", "/d"}, false}, {[]string{"/c"}, true}, {[]string{"/f"}, false}, {[]string{"/g"}, false},
	}
	if packages != 5 || len(list) != len(want) {
		t.Fatalf("%d packages, %d causes", packages, len(list))
	}
	for i, w := range want {
		if d := list[i]; !slices.Equal(d.Paths, w.paths) || d.Told != w.told {
			t.Errorf("cause %d: %+v, want %+v", i, d, w)
		}
	}
}
