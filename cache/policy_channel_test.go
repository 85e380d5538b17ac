package cache_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/internal/fixture"
)

const (
	forge    = "https://conda.anaconda.org/conda-forge"
	anaconda = "https://repo.anaconda.com/pkgs/main"
)

// from returns a package of a channel.
func from(name, channel string) fixture.Package {
	p := pkg(name)
	p.Channel = channel
	return p
}

// The channel of a package is in its record, in urls.txt and in the names of mamba's
// folders.
func TestChannelsOfPolicies(t *testing.T) {
	top := t.TempDir()
	flat, nested, rattler := newCache(t, filepath.Join(top, "flat")), newMambaCache(t, filepath.Join(top, "nested")), newRattlerCache(t, filepath.Join(top, "rattler"))
	both, record, noted, none, odd, wrong := from("both", forge), from("record", forge), from("noted", forge), from("none", forge), from("odd", forge), from("wrong", forge)
	must(t, flat.Add(both), flat.Add(from("main", anaconda)),
		// Neither urls.txt nor a folder names the channel, only a record, which also
		// describes its archive.
		flat.Add(record), flat.AddExtracted(noted), flat.AddExtracted(none), flat.AddExtracted(odd), flat.Add(wrong),
		nested.Add(from("deep", forge)), nested.Add(from("deepmain", anaconda)), rattler.Add(from("pixi", forge)), rattler.Add(from("piximain", anaconda)))
	remove := func(path string) {
		t.Helper()
		must(t, os.Remove(path))
	}
	for _, p := range []fixture.Package{noted, none, odd} {
		remove(filepath.Join(flat.Extracted(p), "info/repodata_record.json"))
	}
	must(t, os.WriteFile(flat.Path("wrong-1.0-0.conda"), []byte("another archive of that name"), 0o644),
		os.WriteFile(flat.Path("urls.txt"), []byte(strings.Join([]string{
			both.URL(), from("main", anaconda).URL(), forge + "/t/tk-1/linux-64/noted-1.0-0.conda",
			odd.URL(), anaconda + "/linux-64/odd-1.0-0.tar.bz2",
		}, "\n")), 0o644))
	remove(filepath.Join(nested.Extracted(from("deep", forge)), "info/repodata_record.json"))

	o := at(flat.Dir, cache.Tarballs, cache.Packages)
	for _, dir := range []string{nested.Dir, rattler.Dir} {
		o.Discovery.Caches = append(o.Discovery.Caches, at(dir).Discovery.Caches...)
	}
	goes := func(policy cache.Policy) string {
		t.Helper()
		o.Policy = policy
		var list []string
		for _, e := range prepare(t, o).Remove {
			name, _, _ := strings.Cut(filepath.Base(e.Name), "-1.0-0")
			if e.Category == cache.Tarballs {
				name += "(a)"
			}
			list = append(list, name)
		}
		return strings.Join(list, " ")
	}
	all := goes(cache.Policy{})
	for _, tt := range []struct {
		policy cache.Policy
		want   string
	}{
		{cache.Policy{Include: []string{"conda-forge::*"}}, "both(a) record(a) deep(a) both noted record wrong deep pixi"},
		{cache.Policy{Include: []string{"defaults::*"}}, "main(a) deepmain(a) main deepmain piximain"},
		{cache.Policy{Include: []string{"conda-forge::both", "pkgs/main::p*"}}, "both(a) both piximain"},
		{cache.Policy{Exclude: []string{"conda-forge::*"}}, "main(a) deepmain(a) main deepmain piximain"},
		{cache.Policy{Exclude: []string{"conda-forge/osx-64::*"}}, "X"},
	} {
		if tt.want == "X" { // nothing in it, but unknown channels are kept
			tt.want = strings.NewReplacer("wrong(a) ", "", " none", "", " odd", "").Replace(all)
		}
		if got := goes(tt.policy); got != tt.want {
			t.Errorf("%+v:\ngoes %s\nwant %s", tt.policy, got, tt.want)
		}
	}
	o.Policy = cache.Policy{Include: []string{"conda-forge::none"}}
	for _, k := range prepare(t, o).Kept {
		if strings.Contains(k.Entry.Name, "none") && !strings.Contains(fmt.Sprint(k.Holds[0].Err), "not known which channel") {
			t.Errorf("%s: %+v", k.Entry.Name, k.Holds)
		}
	}
}
