//go:build unix

package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/asuser/wire"
	"gclean/meta"
	"gclean/meta/absence"
	"gclean/walk"
)

// told is a Server that returns fixed answers.
type told struct {
	found *meta.Discovery
	held  map[string][]hold.Hold // by name
	marks map[string][]hold.SeenEnvironment
	plan  *cache.Plan
	asked func(Planning, Others)
	err   error
}

func (t *told) Find(context.Context, meta.Finding) (*meta.Discovery, error) { return t.found, t.err }
func (t *told) Look(_ context.Context, prefixes []string) (envs []meta.Environment, err error) {
	for _, p := range prefixes {
		envs = append(envs, meta.Environment{Prefix: p, Records: []string{"a-1-0.json"}})
	}
	return envs, t.err
}

func (t *told) Ask(_ context.Context, q hold.Question) (hold.Testimony, error) {
	said := hold.Testimony{Holds: map[int][]hold.Hold{}, Marks: t.marks}
	for i, p := range q.Packages {
		if holds := t.held[p.Name]; len(holds) > 0 {
			said.Holds[i] = holds
		}
	}
	return said, t.err
}
func (t *told) Changed(context.Context) (bool, error) { return true, t.err }
func (t *told) Plan(_ context.Context, p Planning, o Others) (*cache.Plan, error) {
	if t.asked != nil {
		t.asked(p, o)
	}
	return t.plan, t.err
}

func (t *told) Remove(_ context.Context, plan *cache.Plan, r Removing, _ Others) (*removal.Result, error) {
	res := new(removal.Result)
	for _, n := range r.Numbers {
		switch n {
		case 0:
			res.Removed = append(res.Removed, plan.Remove[n])
		case 1:
			res.Failures = append(res.Failures, removal.Failure{Entry: plan.Remove[n], Err: &removal.LockTimeoutError{Err: errors.New("locked")}})
		case 2:
			res.Spared = append(res.Spared, plan.Remove[n])
		}
	}
	return res, t.err
}
func (t *told) Message(err error) string { return "told: " + err.Error() }

// converse connects a server over two pipes.
func converse(t *testing.T, s Server) *Conn {
	t.Helper()
	theirs, ours := io.Pipe()
	back, answers := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- Serve(context.Background(), answers, theirs, s) }()
	c := NewConn(context.Background(), ours, back)
	t.Cleanup(func() {
		ours.Close()
		back.Close() // as when the process is killed
		if err := <-served; err != nil {
			t.Errorf("the server: %v", err)
		}
		answers.Close()
		<-c.Done()
	})
	return c
}

func TestFind(t *testing.T) {
	s := &told{found: &meta.Discovery{
		Config: &meta.Config{SoftLinks: "/home/u/.condarc"},
		Caches: []meta.Value{{Path: "/c", Source: "default", Owner: 7, ID: walk.ID{Dev: 1, Ino: 2}, Writable: true}},
		Environments: []meta.Environment{
			{Prefix: "/none/e\xff", ID: walk.ID{Dev: 3, Ino: 4}, Sources: []string{"list"}, Records: []string{"a-1-0.json", "b-1-0.json"}},
			{Prefix: "/none/f", Err: &absence.UnprovenError{Path: "/none/f"}},
		},
		Unread: meta.Problems{{Code: meta.CodeUnreadableList, Path: "/l", Err: errors.New("bad\nline"), Hides: true}},
	}}
	c := converse(t, s)
	f, err := c.Find(t.Context(), meta.Finding{Roots: []meta.Value{{Path: "/opt/conda", Source: "x"}}, Homes: make2(1200)}, []string{"/e"})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Caches) != 1 || f.Caches[0] != s.found.Caches[0] || f.SoftLinks != "/home/u/.condarc" {
		t.Errorf("found %+v", f)
	}
	if len(f.Environments) != 2 || f.Environments[0].Prefix != "/none/e\xff" || f.Environments[0].Packages() != 2 || f.Environments[0].Elsewhere.Digest == f.Environments[1].Elsewhere.Digest {
		t.Errorf("environments %+v", f.Environments)
	}
	if !errors.Is(f.Environments[1].Err, absence.ErrUnproven) {
		t.Errorf("error %v", f.Environments[1].Err)
	}
	if len(f.Problems) != 1 || f.Problems[0].Err.Error() != `bad\nline` || !f.Problems[0].Hides {
		t.Errorf("problems %+v", f.Problems)
	}
	if envs, err := c.Look(t.Context(), []string{"/x"}); err != nil || len(envs) != 1 || envs[0].Packages() != 1 {
		t.Errorf("%+v, %v", envs, err)
	}
	if changed, err := c.Changed(t.Context()); !changed || err != nil {
		t.Error(changed, err)
	}
	s.err = errors.New("no\x1b")
	if _, err := c.Look(t.Context(), []string{"/x"}); !errors.As(err, new(*RemoteError)) || err.Error() != `no\x1b` {
		t.Errorf("error %v", err)
	}
}

func make2(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("/home/%d", i))
	}
	return list
}

func TestAsk(t *testing.T) {
	u := &meta.User{Name: "u", UID: 5}
	held := hold.Hold{Reason: hold.SoftLinked, Prefix: "/e", Record: "/e/conda-meta/a.json", File: "/e/f"}
	doubt := hold.Hold{Reason: hold.UnreadableRecord, Prefix: "/e", Err: errors.New("EIO")}
	seen := map[string][]hold.SeenEnvironment{"/c": {{Prefix: "/e", Seen: 3, Holds: []hold.SeenHold{{Package: "a", Reason: hold.SoftLinked}}}}}
	c := converse(t, &told{held: map[string][]hold.Hold{"a": {held}, "b": {doubt}}, marks: seen})
	said, err := c.Ask(t.Context(), hold.Question{Inquiry: hold.First, Packages: []*hold.Package{{Cache: "/c", Name: "a"}, {Cache: "/c", Name: "free"}, {Cache: "/c", Name: "b"}}}, u)
	if err != nil {
		t.Fatal(err)
	}
	doubt.Users, doubt.Err = []*meta.User{u}, &RemoteError{"EIO"}
	want := hold.Testimony{Holds: map[int][]hold.Hold{0: {held}, 2: {doubt}}, Marks: seen}
	if !reflect.DeepEqual(said, want) {
		t.Errorf("said %+v, want %+v", said, want)
	}
}

func TestPlanAndRemove(t *testing.T) {
	entry := func(name string) *cache.Entry {
		return &cache.Entry{Category: cache.Packages, Dir: "/c/pkgs", Name: name, Usage: walk.Usage{Files: 1, Apparent: 5, Disk: 4096}}
	}
	made := &cache.Plan{
		Caches: []cache.Location{{Path: "/c/pkgs", ID: walk.ID{Dev: 1, Ino: 2}, Family: cache.Rattler}},
		Aside:  4096,
		Remove: []*cache.Entry{entry("a"), entry("b"), entry("c")},
		Kept:   []cache.Kept{{Entry: entry("d"), Holds: []hold.Hold{{Reason: hold.Fresh, Err: errors.New("new")}}}},
	}
	var got Planning
	var of hold.Testimony
	var changed bool
	s := &told{plan: made, asked: func(p Planning, o Others) {
		got = p
		of, _ = o.Ask(t.Context(), hold.Question{Inquiry: hold.Quick, Packages: []*hold.Package{{Cache: "/c/pkgs", Name: "a"}}})
		changed, _ = o.Changed(t.Context())
	}}
	c := converse(t, s)
	grace := time.Minute
	p := Planning{
		Targets: cache.All(), Policy: cache.Policy{Include: []string{"n*"}, MinFree: &cache.Amount{Percent: 3}, Coming: map[uint64]cache.Coming{7: {Bytes: 9, Inodes: 1}}},
		Grace: &grace, Caches: []meta.Value{{Path: "/c", Source: "s"}}, SoftLinks: "x",
		Doubts: []meta.Problem{{Code: "c", Path: "/l", Err: errors.New("e"), Hides: true, User: &meta.User{Name: "v", UID: 9, GIDs: []int{1}}}},
		Above:  []meta.Environment{{Prefix: "/c/pkgs/e", Elsewhere: &meta.Elsewhere{Above: []walk.ID{{Dev: 1, Ino: 2}}}}},
	}
	others := Asked{
		Witness: asker(func(_ context.Context, q hold.Question) (hold.Testimony, error) {
			return hold.Testimony{Holds: map[int][]hold.Hold{0: {{Reason: hold.HardLinked, Prefix: "/o"}}}}, nil
		}),
		Changed: func(context.Context) (bool, error) { return true, nil },
	}
	plan, err := c.Plan(t.Context(), p, others)
	if err != nil {
		t.Fatal(err)
	}
	got.Doubts[0].Err, p.Doubts[0].Err = nil, nil
	if !reflect.DeepEqual(got, p) {
		t.Errorf("asked\n%+v, want\n%+v", got, p)
	}
	if len(of.Holds[0]) != 1 || of.Holds[0][0].Prefix != "/o" || !changed {
		t.Errorf("the others: %+v, %v", of, changed)
	}
	if plan.Aside != made.Aside || len(plan.Remove) != 3 || !reflect.DeepEqual(plan.Remove, made.Remove) || plan.Kept[0].Holds[0].Err.Error() != "told: new" {
		t.Errorf("plan %+v", plan)
	}
	var done []string
	res, err := c.Remove(t.Context(), plan, Removing{Numbers: []int{0, 1, 2}}, others, func(e *cache.Entry, err error) { done = append(done, fmt.Sprint(e.Name, err != nil)) })
	if err != nil || len(res.Removed) != 1 || len(res.Failures) != 1 || len(res.Spared) != 1 || !reflect.DeepEqual(res.Locked, []int{1}) {
		t.Errorf("%+v, %v", res, err)
	}
	if got := strings.Join(done, " "); got != "afalse btrue" {
		t.Errorf("done %s", got)
	}
}

// TestEveryOptionIsPassedOn: if users' processes did not know a new option, they would
// remove what the user did not ask for.
func TestEveryOptionIsPassedOn(t *testing.T) {
	const (
		passed = "Targets KeepInstalled EvenLinked KeepNeeded Policy IgnoreUnreadable Grace Jobs Quarantine Include Exclude OlderThan KeepLast MaxSize MinFree MaxFiles MinFreeFiles Coming"
		theirs = "Look Discovery Witness NothingRuns System FSKind Now TempPaths Own Round" // each process has its own
	)
	known := strings.Fields(passed + " " + theirs)
	for _, of := range []any{cache.Options{}, cache.Look{}, cache.Policy{}} {
		typ := reflect.TypeOf(of)
		for i := range typ.NumField() {
			if name := typ.Field(i).Name; !slices.Contains(known, name) {
				t.Errorf("%s.%s: pass it on by Planning, and add it here", typ, name)
			}
		}
	}
	grace, files := time.Second, int64(9)
	p := Planning{
		Targets: []cache.Category{cache.Packages}, KeepInstalled: true, KeepNeeded: true, EvenLinked: true, IgnoreUnreadable: true, Jobs: 3, Quarantine: time.Hour, Grace: &grace,
		Policy: cache.Policy{
			Include: []string{"c::a"}, Exclude: []string{"b"}, OlderThan: 5, KeepLast: 2, MaxSize: &cache.Amount{Bytes: 7}, MinFree: &cache.Amount{Percent: 8},
			MaxFiles: &files, MinFreeFiles: &cache.Files{Percent: 4}, Coming: map[uint64]cache.Coming{1: {Bytes: 2, Inodes: 3}},
		},
	}
	var items []json.RawMessage
	for _, item := range p.items() {
		raw, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, raw)
	}
	if got, err := readPlanning(items); err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("%+v, %v, want %+v", got, err, p)
	}
}

// TestInvalidAnswers: nonsense from a user's process ends the conversation without a panic.
func TestInvalidAnswers(t *testing.T) {
	for name, lines := range map[string]string{
		"nothing":                   "",
		"no JSON":                   "{\n",
		"an unasked answer":         `{"id":9,"answer":true,"end":true}`,
		"a call":                    `{"id":1,"call":"ask","end":true}`,
		"an index without an entry": `{"id":1,"answer":true,"item":{"number":1,"hold":{"reason":"hard_linked"}}}`,
		"a negative number":         `{"id":1,"answer":true,"item":{"number":-1,"hold":{"reason":"hard_linked"}}}`,
		"an unknown reason":         `{"id":1,"answer":true,"item":{"hold":{"reason":"because"}}}`,
		"a mark of another cache":   `{"id":1,"answer":true,"item":{"cache":"/d","seen":{"prefix":"/e","seen":1,"holds":[]}}}`,
		"both":                      `{"id":1,"answer":true,"item":{"cache":"/c","hold":{"reason":"hard_linked"},"seen":{"prefix":"/e","seen":1,"holds":[]}}}`,
		"another member":            `{"id":1,"answer":true,"item":{"name":1}}`,
		"no item":                   `{"id":1,"answer":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := NewConn(t.Context(), io.Discard, hello(lines))
			_, err := c.Ask(t.Context(), hold.Question{Inquiry: hold.First, Packages: []*hold.Package{{Cache: "/c", Name: "a"}}}, nil)
			if err == nil {
				t.Error("no error")
			}
			<-c.Done()
		})
	}
}

// TestAsksTooMuch: root's side ends a conversation in which the user's process asks without
// end.
func TestAsksTooMuch(t *testing.T) {
	item := fmt.Sprintf(`{"id":1,"call":"ask","item":{"name":%q}}`, strings.Repeat("x", 900_000))
	c := NewConn(t.Context(), io.Discard, hello(strings.Repeat(item+"\n", maxAsked/900_000+1)))
	c.answering(func(context.Context, Call, []json.RawMessage, func(any) error) error { return nil })
	<-c.Done()
	if err := c.Err(); !errors.Is(err, ErrAsksTooMuch) {
		t.Errorf("error %v", err)
	}
}

// hello returns the lines of a process, after the first line of the protocol.
func hello(lines string) io.Reader {
	return strings.NewReader(fmt.Sprintf("{\"protocol\":%q,\"version\":%d}\n%s\n", protocol, version, lines))
}

// TestInvalidPlans: a plan may contain only the caches that it was requested for.
func TestInvalidPlans(t *testing.T) {
	for name, e := range map[string]*cache.Entry{
		"another folder":   {Dir: "/d", Name: "a"},
		"above the cache":  {Dir: "/c", Name: "../a"},
		"a negative size":  {Dir: "/c", Name: "a", Usage: walk.Usage{Disk: -1}},
		"a size too large": {Dir: "/c", Name: "a", Usage: walk.Usage{Disk: 1 << 60}},
		"no category":      {Dir: "/c", Name: "a", Category: 99},
	} {
		t.Run(name, func(t *testing.T) {
			plan := &cache.Plan{Caches: []cache.Location{{Path: "/c"}}, Remove: []*cache.Entry{e}}
			c := converse(t, &told{plan: plan})
			if _, err := c.Plan(t.Context(), Planning{Caches: []meta.Value{{Path: "/c"}}}, Asked{}); err == nil {
				t.Error("no error")
			}
		})
	}
	c := converse(t, &told{plan: &cache.Plan{Aside: 1 << 60}})
	if _, err := c.Plan(t.Context(), Planning{}, Asked{}); !errors.Is(err, ErrBad) {
		t.Errorf("a quarantine beyond all: %v", err)
	}
	c = converse(t, &told{plan: &cache.Plan{Caches: []cache.Location{{Path: "/home"}}}})
	if _, err := c.Plan(t.Context(), Planning{Caches: []meta.Value{{Path: "/c"}}}, Asked{}); !errors.Is(err, ErrBad) {
		t.Errorf("a cache that nobody asked about: %v", err)
	}
}

// FuzzOfUser: whatever a user's process sends, root's side returns an answer or an error,
// and accepts nothing invalid.
func FuzzOfUser(f *testing.F) {
	f.Add(`{"id":1,"answer":true,"item":{"number":0,"hold":{"reason":"soft_linked","prefix":"/e"}}}` + "\n" + `{"id":1,"answer":true,"end":true}`)
	f.Add(`{"id":1,"answer":true,"item":{"cache":{"path":"/c","source":"s"}}}` + "\n" + `{"id":1,"answer":true,"end":true,"error":"x"}`)
	f.Add(`{"id":1,"answer":true,"item":{"location":{"path":"/c","id":{"dev":1,"ino":2},"source":""}}}` + "\n" + `{"id":1,"answer":true,"item":{"entry":{"dir":"/c","name":"a"}}}` + "\n" + `{"id":1,"answer":true,"end":true}`)
	f.Add(`{"id":1,"call":"ask","item":{"inquiry":1},"end":true}`)
	f.Fuzz(func(t *testing.T, lines string) {
		q := hold.Question{Inquiry: hold.First, Packages: []*hold.Package{{Cache: "/c", Name: "a"}}}
		said, err := NewConn(t.Context(), io.Discard, hello(lines)).Ask(t.Context(), q, nil)
		for i := range said.Holds {
			if i != 0 {
				t.Errorf("a hold of package %d", i)
			}
		}
		_ = err
		found, _ := NewConn(t.Context(), io.Discard, hello(lines)).Find(t.Context(), meta.Finding{}, nil)
		for _, e := range found.Environments {
			if e.Elsewhere == nil || !strings.HasPrefix(e.Prefix, "/") {
				t.Errorf("environment %+v", e)
			}
		}
		asked := Asked{Witness: asker((&told{}).Ask), Changed: (&told{}).Changed}
		plan, _ := NewConn(t.Context(), io.Discard, hello(lines)).Plan(t.Context(), Planning{Caches: []meta.Value{{Path: "/c"}}}, asked)
		for _, e := range plan.Remove {
			if e.Dir != "/c" && !strings.HasPrefix(e.Dir, "/c/") || strings.Contains(e.Name, "..") && !localName(e.Name) {
				t.Errorf("entry %+v", e)
			}
		}
		made := &cache.Plan{Remove: []*cache.Entry{{Dir: "/c", Name: "a"}}}
		res, _ := NewConn(t.Context(), io.Discard, hello(lines)).Remove(t.Context(), made, Removing{Numbers: []int{0}}, asked, nil)
		if n := len(res.Removed) + len(res.Gone) + len(res.Spared) + len(res.Failures); n > 1 {
			t.Errorf("%d of one entry", n)
		}
	})
}

func localName(name string) bool {
	return !strings.HasPrefix(name, "../") && !strings.Contains(name, "/../")
}

// FuzzOfRoot: the user's side answers a call or ends the conversation.
func FuzzOfRoot(f *testing.F) {
	f.Add(`{"id":1,"call":"find","item":{"roots":[{"path":"/opt","source":"x"}]}}` + "\n" + `{"id":1,"end":true}`)
	f.Add(`{"id":1,"call":"plan","item":{"policy":{}},"end":true}` + "\n" + `{"id":2,"call":"remove","item":{"numbers":[0]},"end":true}`)
	f.Add(`{"id":1,"call":"ask","item":{"inquiry":2}}` + "\n" + `{"id":1,"item":{"package":{"cache":"/c","name":"a","dist":"a","id":{"dev":1,"ino":1}}},"end":true}`)
	f.Add(`{"id":1,"call":"look","item":{"also":["/e"]},"end":true}`)
	f.Fuzz(func(t *testing.T, lines string) {
		s := &told{found: &meta.Discovery{}, plan: &cache.Plan{Remove: []*cache.Entry{{Dir: "/c", Name: "a"}}}}
		err := Serve(t.Context(), io.Discard, hello(lines), s)
		if err != nil && !errors.As(err, new(*wire.LineError)) && !errors.Is(err, ErrBad) && !errors.Is(err, ErrUnasked) {
			t.Errorf("error %v", err)
		}
	})
}
