package mounts

import (
	"slices"
	"testing"
)

func TestOverlayLayers(t *testing.T) {
	for super, want := range map[string][]string{
		`rw,lowerdir=/a:/b,upperdir=/u,workdir=/w`:                   {"/a", "/b", "/u", "/w"},
		`ro,lowerdir=/a\040b\054c:/d`:                                {"/a b,c", "/d"},
		`ro,lowerdir=/a\134:b:/c\134\134d`:                           {"/a:b", `/c\d`},
		`ro,lowerdir=/a\072b:/c`:                                     {"/a:b", "/c"},
		`ro,lowerdir+=/a:b,lowerdir+=/c,datadir+=/d,redirect_dir=on`: {"/a:b", "/a:b", "/c", "/d"},
		`rw,lowerdir=l1::data,upperdir=/x\134:y`:                     {"l1", "data", `/x\:y`, "/x:y"},
		`rw`:                                                         nil,
	} {
		m := Mount{Type: "overlay", Super: super}
		got := m.Layers()
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
			t.Errorf("%s: %q, want %q", super, got, want)
		}
	}
	if got := (Mount{Type: "ext4", Super: "rw,lowerdir=/a"}).Layers(); got != nil {
		t.Errorf("ext4: %q", got)
	}
}
