package hold

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"gclean/meta"
	"gclean/meta/dist"
)

// told is evidence made up by a test, without a disk.
type told struct {
	links     map[string]dist.RecordLink // by prefix + "/" + record
	errs      map[string]error           // likewise
	elsewhere map[string]bool            // paths that are not the entry
	symlinks  map[string]string          // prefix -> file that leads into the entry
	fileErr   error
	shared    map[string]string // prefix -> file that is hard-linked from the entry
}

func (t told) link(env *meta.Environment, record string) (dist.RecordLink, error) {
	key := env.Prefix + "/" + record
	return t.links[key], t.errs[key]
}

func (t told) origin(env *meta.Environment, record string) (dist.RecordOrigin, error) {
	l, err := t.link(env, record)
	return dist.RecordOrigin{Link: l}, err
}

func (t told) bare(context.Context, *meta.Environment, []*Package) (map[*Package]string, error) {
	return nil, nil
}

func (t told) names(path string, _ *Package) bool { return !t.elsewhere[path] }

func (t told) symlinkInto(_ context.Context, env *meta.Environment, _ string, _ *Package) (string, error) {
	return t.symlinks[env.Prefix], t.fileErr
}

func (t told) sharedFile(env *meta.Environment, _ string, _ *Package) string {
	return t.shared[env.Prefix]
}

func TestHolders(t *testing.T) {
	failed := errors.New("failed")
	const rec = "a-1-0.json"
	one := []meta.Environment{{Prefix: "/env", Records: []string{rec}}}
	link := func(kind dist.LinkType) told {
		return told{links: map[string]dist.RecordLink{"/env/" + rec: {Source: "/p/a-1-0", Type: kind}}}
	}
	with := func(v told, change func(*told)) told { change(&v); return v }
	for _, c := range []struct {
		name   string
		envs   []meta.Environment
		told   told
		entry  Package
		doubts []Doubt
		want   []Reason // empty if it is free
	}{
		{name: "nobody knows it"},
		{name: "hard link from outside, no record", entry: Package{Linked: true}, want: []Reason{HardLinked}},
		{name: "hard link found", envs: one, told: told{shared: map[string]string{"/env": "/env/x"}}, want: []Reason{HardLinked}},
		{name: "soft link", envs: one, told: link(dist.SoftLink), want: []Reason{SoftLinked}},
		{name: "directory link", envs: one, told: link(dist.Directory), want: []Reason{SoftLinked}},
		{name: "hard link by record only", envs: one, told: link(dist.HardLink)},
		{name: "copy", envs: one, told: link(dist.Copy)},
		{name: "no type", envs: one, told: link(dist.UnknownLink)},
		{name: "type 1, symlink found", envs: one, told: with(link(dist.HardLink), func(v *told) { v.symlinks = map[string]string{"/env": "/env/x"} }), want: []Reason{SymlinkFound}},
		{name: "type 3, symlink found", envs: one, told: with(link(dist.Copy), func(v *told) { v.symlinks = map[string]string{"/env": "/env/x"} }), want: []Reason{SymlinkFound}},
		{name: "soft link to another cache", envs: one, told: with(link(dist.SoftLink), func(v *told) { v.elsewhere = map[string]bool{"/p/a-1-0": true} })},
		{name: "names another cache, symlink found", envs: one, told: with(link(dist.SoftLink), func(v *told) {
			v.elsewhere = map[string]bool{"/p/a-1-0": true}
			v.symlinks = map[string]string{"/env": "/env/x"}
		}), want: []Reason{SymlinkFound}},
		{name: "record cannot be read", envs: one, told: told{errs: map[string]error{"/env/" + rec: failed}}, want: []Reason{UnreadableRecord}},
		{name: "files cannot be read", envs: one, told: with(link(dist.HardLink), func(v *told) { v.fileErr = failed }), want: []Reason{UnreadableRecord}},
		{name: "only info", envs: one, told: link(dist.Copy), entry: Package{Name: "noarch"}, want: []Reason{OnlyInfo}},
		{name: "only info, record of another cache", envs: one, told: with(link(dist.HardLink), func(v *told) { v.elsewhere = map[string]bool{"/p/a-1-0": true} }), entry: Package{Name: "noarch"}},
		{name: "only info, no record", entry: Package{Name: "noarch"}},
		{name: "record of another build", envs: []meta.Environment{{Prefix: "/env", Records: []string{"a-1-1.json"}}}, told: link(dist.SoftLink)},
		{name: "second environment holds", envs: []meta.Environment{{Prefix: "/other", Records: []string{rec}}, one[0]}, told: link(dist.SoftLink), want: []Reason{SoftLinked}},
		{name: "a certain hold ends a doubt", envs: []meta.Environment{{Prefix: "/bad", Records: []string{rec}}, one[0]},
			told: with(link(dist.SoftLink), func(v *told) { v.errs = map[string]error{"/bad/" + rec: failed} }), want: []Reason{SoftLinked}},
		{name: "an environment cannot be read", doubts: []Doubt{{Reason: UnreadableEnv}}, want: []Reason{UnreadableEnv}},
		{name: "the entry cannot be read", entry: Package{Err: failed, Payload: true}, want: []Reason{UnreadableEntry}},
	} {
		e := c.entry
		e.Dist = "a-1-0"
		if e.Name == "" { // the others have only metadata
			e.Payload = true
		}
		h := newHolders(c.envs, []*Package{&e}, nil, c.told)
		h.Doubts = &Doubts{Unreadable: c.doubts, reads: map[readKey]bool{}}
		h.Probe(&e)
		holds, err := h.Of(context.Background(), &e)
		if err != nil {
			t.Fatal(err)
		}
		var got []Reason
		for _, hold := range holds {
			got = append(got, hold.Reason)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: reasons %v, want %v", c.name, got, c.want)
		}
	}
}

func TestHoldersParseOnlyWhatMatters(t *testing.T) {
	var envs []meta.Environment
	for i := range 100 {
		env := meta.Environment{Prefix: fmt.Sprint("/env", i)}
		for j := range 300 {
			env.Records = append(env.Records, fmt.Sprintf("p%d-1-0.json", j))
		}
		envs = append(envs, env)
	}
	linked, free, unknown := Package{Dist: "p1-1-0", Linked: true}, Package{Dist: "p2-1-0"}, Package{Dist: "q-1-0"}
	ev := told{links: map[string]dist.RecordLink{"/env0/p2-1-0.json": {Type: dist.SoftLink}}}
	h := newHolders(envs, []*Package{&linked, &free, &unknown}, nil, ev)
	for _, e := range []*Package{&linked, &free, &unknown} {
		if _, err := h.Of(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	if h.parsed.Load() != 1 {
		t.Errorf("%d records were parsed, want 1", h.parsed.Load())
	}
}
