package hold

import (
	"context"
	"errors"
	"slices"
	"testing"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

const seen int64 = 1_700_000_000 // when the marks of these tests were made

// aMark returns a mark with one environment that holds packages.
func aMark(host, prefix string, packages ...string) Mark {
	env := SeenEnvironment{Prefix: prefix, Seen: seen}
	for _, p := range packages {
		env.Holds = append(env.Holds, SeenHold{p, SoftLinked})
	}
	return Mark{Schema: 1, Host: host, Made: seen, Environments: []SeenEnvironment{env}}
}

// aPackage returns a package in /pkgs that is some seconds newer than the mark.
func aPackage(name string, seconds int64) *Package {
	return &Package{Cache: "/pkgs", Name: name, Dist: name, Index: name, Payload: true, Newest: (seen + seconds) * 1e9}
}

// TestMemory: an environment out of reach keeps the packages that it held, and packages
// that came since. What others have written may keep packages, but settles no doubt.
func TestMemory(t *testing.T) {
	away := []meta.Environment{{Prefix: "/env", Err: errors.New("not mounted")}}
	held, other, late := aPackage("held-1-0", -9), aPackage("other-1-0", -9), aPackage("late-1-0", 9)
	forged := aMark("here", "/env")
	forged.Made, forged.Environments[0].Seen = seen+100, seen+100
	for _, test := range []struct {
		name  string
		envs  []meta.Environment
		add   func(*Memory)
		held  []Reason
		other []Reason
		late  []Reason
	}{
		{name: "nothing is remembered", envs: away, add: func(*Memory) {},
			held: []Reason{UnreadableEnv}, other: []Reason{UnreadableEnv}, late: []Reason{UnreadableEnv}},
		{name: "it is out of reach", envs: away, add: func(m *Memory) { m.Add("/pkgs", aMark("here", "/env", "held-1-0"), true) },
			held: []Reason{Remembered}, late: []Reason{UnreadableEnv}},
		{name: "nothing else tells of it", add: func(m *Memory) { m.Add("/pkgs", aMark("here", "/env", "held-1-0"), true) },
			held: []Reason{Remembered}},
		{name: "it is gone", add: func(m *Memory) {
			m.Add("/pkgs", aMark("here", "/env", "held-1-0"), true)
			m.Forget("/env")
		}},
		{name: "it is here, and was seen on another host too", add: func(m *Memory) {
			m.Add("/pkgs", aMark("there", "/env", "held-1-0"), true)
			m.Forget("/env")
		}, held: []Reason{Remembered}},
		{name: "the user says that it is gone everywhere", add: func(m *Memory) {
			m.Add("/pkgs", aMark("there", "/env", "held-1-0"), false)
			m.ForgetEverywhere(func(prefix string) bool { return prefix == "/env" })
		}},
		{name: "another host ends no doubt", envs: away, add: func(m *Memory) { m.Add("/pkgs", aMark("there", "/env", "held-1-0"), true) },
			held: []Reason{Remembered}, other: []Reason{UnreadableEnv}, late: []Reason{UnreadableEnv}},
		{name: "another user ends no doubt", envs: away, add: func(m *Memory) { m.Add("/pkgs", forged, false) },
			held: []Reason{UnreadableEnv}, other: []Reason{UnreadableEnv}, late: []Reason{UnreadableEnv}},
		{name: "another user does not renew one's own", envs: away, add: func(m *Memory) {
			m.Add("/pkgs", aMark("here", "/env", "held-1-0"), true)
			m.Add("/pkgs", forged, false)
		}, held: []Reason{Remembered}, late: []Reason{UnreadableEnv}},
		{name: "a mark of another cache says nothing", envs: away, add: func(m *Memory) { m.Add("/other", aMark("here", "/env", "held-1-0"), true) },
			held: []Reason{UnreadableEnv}, other: []Reason{UnreadableEnv}, late: []Reason{UnreadableEnv}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := NewMemory("here", nil)
			test.add(m)
			packages := []*Package{held, other, late}
			h := newHolders(test.envs, packages, m, told{})
			h.Doubts = NewDoubts(&meta.Discovery{}, test.envs)
			for i, want := range [][]Reason{test.held, test.other, test.late} {
				holds, err := h.Of(context.Background(), packages[i])
				if got := reasonsOf(holds); err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: %v %v, want %v", packages[i].Name, got, err, want)
				}
			}
		})
	}
}

func reasonsOf(holds []Hold) []Reason {
	var list []Reason
	for _, h := range holds {
		list = append(list, h.Reason)
	}
	return list
}

// TestMarks: a mark says what was seen, and when.
func TestMarks(t *testing.T) {
	soft, hard, silent := aPackage("soft-1-0", 0), aPackage("hard-1-0", 0), aPackage("silent-1-0", 0)
	hard.Linked = true
	env := func(prefix string, records ...string) meta.Environment {
		return meta.Environment{Prefix: prefix, Records: records}
	}
	ev := told{
		links: map[string]dist.RecordLink{"/env/soft-1-0.json": {Type: dist.SoftLink}, "/env/hard-1-0.json": {Type: dist.HardLink}},
		errs:  map[string]error{"/silent/silent-1-0.json": errors.New("cut off")},
	}
	memory := NewMemory("here", nil)
	memory.Add("/pkgs", aMark("here", "/away", "soft-1-0"), true)
	memory.Add("/pkgs", aMark("there", "/far", "soft-1-0"), true)
	envs := []meta.Environment{
		env("/env", "soft-1-0.json", "hard-1-0.json"), env("/hard", "hard-1-0.json"), env("/silent", "silent-1-0.json"),
		{Prefix: "/closed", Records: []string{"soft-1-0.json"}, Err: errors.New("closed")},
	}
	packages := []*Package{soft, hard, silent}
	marks, err := newHolders(envs, packages, memory, ev).Marks(context.Background(), packages, seen+50)
	if err != nil {
		t.Fatal(err)
	}
	want := []SeenEnvironment{
		{"/away", seen, []SeenHold{{"soft-1-0", Remembered}}}, // when it was last seen, not later
		{"/env", seen + 50, []SeenHold{{"hard-1-0", HardLinked}, {"soft-1-0", SoftLinked}}},
		{"/silent", seen + 50, []SeenHold{{"silent-1-0", UnreadableRecord}}},
	}
	if got := marks["/pkgs"]; len(marks) != 1 || !slices.EqualFunc(got, want, func(a, b SeenEnvironment) bool {
		return a.Prefix == b.Prefix && a.Seen == b.Seen && slices.Equal(a.Holds, b.Holds)
	}) {
		t.Errorf("%+v, want %+v", marks, want)
	}
}

// TestMarksOfHardLinks: an environment is also remembered if it has symlinks into packages
// that others hard-link.
func TestMarksOfHardLinks(t *testing.T) {
	p := aPackage("a-1-0", 0)
	p.Proof, p.Payload = &Hold{Reason: HardLinked}, false // it was not read
	envs := []meta.Environment{{Prefix: "/hard", Records: []string{"a-1-0.json"}}, {Prefix: "/soft", Records: []string{"a-1-0.json"}}}
	ev := told{
		links:    map[string]dist.RecordLink{"/soft/a-1-0.json": {Type: dist.HardLink}, "/hard/a-1-0.json": {Type: dist.HardLink}},
		symlinks: map[string]string{"/soft": "/soft/lib/a"},
	}
	marks, err := newHolders(envs, []*Package{p}, nil, ev).Marks(context.Background(), []*Package{p}, seen)
	if got := marks["/pkgs"]; err != nil || len(got) != 1 || got[0].Prefix != "/soft" {
		t.Errorf("%+v %v", got, err)
	}
}

// TestMemoryOfRecords: an unchanged record need not be read again, if the mark is the
// user's own and of this host.
func TestMemoryOfRecords(t *testing.T) {
	const path = "/env/conda-meta/r.json"
	st := walk.Stat{ID: walk.ID{Dev: 1, Ino: 2}, Size: 3, Ctime: 4}
	known := SeenRecord{Path: path, Dev: 1, Ino: 2, Size: 3, Ctime: 4, Names: []string{"remembered"}}
	for name, test := range map[string]struct {
		host  string
		own   bool
		stat  walk.Stat
		fails error
		want  string
	}{
		"as it was":           {"here", true, st, nil, "remembered"},
		"written anew":        {"here", true, walk.Stat{ID: st.ID, Size: 3, Ctime: 5}, nil, "read"},
		"another file":        {"here", true, walk.Stat{ID: walk.ID{Dev: 1, Ino: 9}, Size: 3, Ctime: 4}, nil, "read"},
		"cannot be looked at": {"here", true, st, errors.New("failed"), "read"},
		"of another user":     {"here", false, st, nil, "read"},
		"of another host":     {"there", true, st, nil, "read"},
	} {
		m := NewMemory("here", func(string) (walk.Stat, error) { return test.stat, test.fails })
		m.Add("/pkgs", Mark{Host: test.host, Records: []SeenRecord{known}}, test.own)
		names, err := m.names(path, func() ([]string, error) { return []string{"read"}, nil })
		if err != nil || !slices.Equal(names, []string{test.want}) {
			t.Errorf("%s: %v %v", name, names, err)
		}
	}
	m := NewMemory("here", func(string) (walk.Stat, error) { return st, nil })
	failed := errors.New("failed")
	if _, err := m.names(path, func() ([]string, error) { return nil, failed }); !errors.Is(err, failed) || len(m.fresh) > 0 {
		t.Errorf("%v, remembered %v", err, m.fresh)
	}
}

// TestMarkOfAnUnsureEnvironment: an environment that was only partly read may hold more
// than the mark says, so its doubts remain.
func TestMarkOfAnUnsureEnvironment(t *testing.T) {
	soft, odd := aPackage("soft-1-0", 0), aPackage("odd", 0)
	odd.Index = "b-1-0"
	ev := told{
		links: map[string]dist.RecordLink{"/env/soft-1-0.json": {Type: dist.SoftLink}},
		errs:  map[string]error{"/env/strange.json": errors.New("cut off")},
	}
	packages := []*Package{soft, odd}
	h := newHolders([]meta.Environment{{Prefix: "/env", Records: []string{"soft-1-0.json", "strange.json"}}}, packages, nil, ev)
	if err := h.Resolve(context.Background(), packages); err != nil {
		t.Fatal(err)
	}
	marks, err := h.Marks(context.Background(), packages, seen)
	if err != nil || len(marks["/pkgs"]) != 1 || marks["/pkgs"][0].Seen != 0 {
		t.Fatalf("%+v %v", marks, err)
	}
	m := NewMemory("here", nil)
	m.Add("/pkgs", Mark{Host: "here", Environments: marks["/pkgs"]}, true)
	if odd.Newest = 0; m.settles("/env", odd) {
		t.Error("the doubt about it is settled")
	}
}
