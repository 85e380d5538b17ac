package witness

import (
	"reflect"
	"testing"

	"gclean/cache/hold"
	"gclean/walk"
)

func TestPackageArrivesWhole(t *testing.T) {
	p := &hold.Package{
		Cache: "/c", Name: "a-1-0", Dist: "a-1-0", Index: "b-1-0", Aliases: []string{"c-1-0", "d\xff-1-0"},
		ID: walk.ID{Dev: 1, Ino: 2}, Newest: 3, Payload: true, Linked: true,
	}
	if got := packageOf(p).hold(); !reflect.DeepEqual(got, p) {
		t.Errorf("%+v, want %+v", got, p)
	}
}
