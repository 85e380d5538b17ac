//go:build unix

package peruser

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/cache/witness"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
)

// errKilled is how a killed process ends.
var errKilled = errors.New("was killed")

// process returns a process that is a function in this one.
func process(run func(in io.Reader, out io.Writer) error) *Process {
	in, ours := io.Pipe()
	out, answers := io.Pipe()
	ended := make(chan error, 1)
	killed := make(chan struct{})
	go func() {
		err := run(in, answers)
		answers.Close()
		in.Close()
		select {
		case <-killed:
			err = errKilled
		default:
		}
		ended <- err
	}()
	return &Process{
		In: ours, Out: out,
		Wait: func() error { return <-ended },
		Kill: func() error {
			select {
			case <-killed:
			default:
				close(killed)
				in.CloseWithError(errKilled)
				answers.CloseWithError(errKilled)
			}
			return nil
		},
	}
}

// honest returns the process of a user with a home.
func honest(u *meta.User) *Process {
	return process(func(in io.Reader, out io.Writer) error {
		host := meta.Host{UID: u.UID, Home: u.Home}
		return Serve(context.Background(), out, in, ServeOptions{
			Host: host, User: u, System: func() hold.System { return hold.System{} }, Message: error.Error,
		})
	})
}

// users returns ann and bob, whose homes are in top. bob makes bob's process.
func users(t *testing.T, top string, bob func(*meta.User) *Process, l Limits) (*Users, []*meta.User) {
	t.Helper()
	uid := os.Getuid()
	if uid == 0 {
		uid = 1 // files of UID 0 count as root's here: see ownerOfHome
	}
	list := []*meta.User{{Name: "ann", Home: filepath.Join(top, "ann"), UID: uid}, {Name: "bob", Home: filepath.Join(top, "bob"), UID: uid}}
	for _, u := range list {
		fixture.Must(t, os.MkdirAll(u.Home, 0o755), os.Chown(u.Home, uid, -1))
	}
	fixture.Must(t, os.Chmod(top, 0o755), os.Chmod(filepath.Dir(top), 0o755)) // all users can read the caches
	us := New(Options{
		Start: func(_ context.Context, u *meta.User) (*Process, error) {
			if u.Name == "bob" && bob != nil {
				return bob(u), nil
			}
			return honest(u), nil
		},
		System: func() hold.System { return hold.System{} }, Limits: l,
	})
	t.Cleanup(us.Close)
	return us, list
}

// found returns what root's discovery knows of users.
func found(t *testing.T, us *Users, list []*meta.User) (*meta.Discovery, []meta.Found) {
	t.Helper()
	for _, u := range list {
		fixture.Must(t, filepath.WalkDir(u.Home, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, u.UID, -1))
		}))
	}
	got, err := us.Find(t.Context(), list, meta.Finding{}, make([][]string, len(list)))
	if err != nil {
		t.Fatal(err)
	}
	d := &meta.Discovery{Host: meta.Host{Asker: us}, Config: &meta.Config{}}
	for i, f := range got {
		for _, v := range f.Caches {
			v.User = list[i]
			d.OfUsers = append(d.OfUsers, v)
		}
		for _, e := range f.Environments {
			e.Users = []*meta.User{list[i]}
			d.Environments = append(d.Environments, e)
		}
		if f.Err != nil {
			d.Unread = append(d.Unread, meta.Problem{Path: list[i].Home, Err: &meta.UserError{User: list[i], Err: f.Err}, Hides: true, User: list[i]})
		}
	}
	return d, got
}

// TestEachCleansItsOwn: packages in one user's cache are kept if another user's environment
// holds them.
func TestEachCleansItsOwn(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	us, list := users(t, top, nil, Limits{})
	c := cachetest.NewCache(t, filepath.Join(top, "ann/.conda/pkgs"))
	env := cachetest.NewEnv(t, filepath.Join(top, "bob/env"))
	free, soft := cachetest.Pkg("free"), cachetest.Pkg("soft")
	fixture.Must(t, c.Add(free), c.Add(soft), env.Link(c, soft, cachetest.SoftLink()), env.Register(filepath.Join(top, "bob/.conda/environments.txt")))
	d, _ := found(t, us, list)
	o := cache.Options{Look: cache.Look{Discovery: d, NothingRuns: true}, Targets: []cache.Category{cache.Packages}}
	own, err := cache.Prepare(t.Context(), o)
	fixture.Must(t, err)
	whole, err := us.Plan(t.Context(), own, o)
	fixture.Must(t, err)
	if got := cachetest.Names(whole.Remove); got != "free-1.0-0" || whole.Remove[0].User != "ann" || len(whole.Problems) > 0 {
		t.Fatalf("removes %s of %+v, problems %v", got, whole.Remove, whole.Problems)
	}
	if len(whole.Kept) != 1 || whole.Kept[0].Holds[0].Prefix != env.Prefix {
		t.Errorf("kept %+v", whole.Kept)
	}
	res := us.Execute(t.Context(), removal.Options{}, func(ctx context.Context, r removal.Options) *removal.Result {
		return removal.Execute(ctx, own, r)
	})
	if got := cachetest.Names(res.Removed); got != "free-1.0-0" || len(res.Failures) > 0 || res.Err != nil {
		t.Errorf("removed %s, failures %v, error %v", got, res.Failures, res.Err)
	}
	for name, stays := range map[string]bool{"free-1.0-0": false, "soft-1.0-0": true} {
		if _, err := os.Stat(c.Path(name)); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProcessWithoutAnswer: a process that dies, lies or takes too long is one doubt, and
// the other users are still asked.
func TestProcessWithoutAnswer(t *testing.T) {
	lies := func(text string) func(*meta.User) *Process {
		return func(*meta.User) *Process {
			return process(func(in io.Reader, out io.Writer) error {
				go io.Copy(io.Discard, in)
				_, err := io.WriteString(out, text)
				return err
			})
		}
	}
	const first = "{\"protocol\":\"gclean-witness\",\"version\":1}\n"
	for name, c := range map[string]struct {
		bob  func(*meta.User) *Process
		says string
	}{
		"dies": {func(*meta.User) *Process {
			return process(func(in io.Reader, _ io.Writer) error { return errors.New("needs more memory than it may use") })
		}, "memory"},
		"lies":            {lies("hello\n"), "message 1"},
		"another":         {lies("{\"protocol\":\"gclean-witness\",\"version\":2}\n"), "version"},
		"answers unasked": {lies(first + "{\"id\":7,\"answer\":true,\"end\":true}\n"), "nobody asked for"},
		"asks":            {lies(first + "{\"id\":7,\"call\":\"ask\",\"end\":true}\n"), "nobody asked for"},
		"never answers": {func(*meta.User) *Process {
			return process(func(in io.Reader, _ io.Writer) error { _, err := io.Copy(io.Discard, in); return err })
		}, "no answer within"},
		"never reads": {func(*meta.User) *Process {
			return process(func(in io.Reader, out io.Writer) error {
				_, err := out.Write([]byte(first))
				return errors.Join(err, wait(in))
			})
		}, "no answer within"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := Limits{Look: 10 * time.Second, End: time.Second}
			if strings.HasPrefix(name, "never") {
				limits.Look = 100 * time.Millisecond
			}
			top := t.TempDir()
			us, list := users(t, top, c.bob, limits)
			cachetest.NewCache(t, filepath.Join(list[0].Home, ".conda/pkgs"))
			_, got := found(t, us, list)
			if got[0].Err != nil && !strings.HasPrefix(name, "never") {
				t.Errorf("ann: %v", got[0].Err)
			}
			if err := got[1].Err; err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("bob: %v, want %q", err, c.says)
			}
			// From then on bob is a doubt about everything that bob can read.
			p := &hold.Package{Cache: top, Name: "a"}
			said, err := us.Ask(t.Context(), hold.Question{Inquiry: hold.First, Packages: []*hold.Package{p}})
			if err != nil || len(said.Holds[0]) == 0 || said.Holds[0][0].Reason != hold.UnreadableEnv || said.Holds[0][0].Users[0].Name != "bob" {
				t.Errorf("said %+v, %v", said, err)
			}
			if got := us.Trouble(nil); len(got) == 0 || !got[len(got)-1].Doubt || !strings.Contains(got[len(got)-1].Err.Error(), "user bob was not asked") {
				t.Errorf("trouble %v", got)
			}
		})
	}
}

// wait reads nothing until the end.
func wait(in io.Reader) error {
	pr := in.(*io.PipeReader)
	buf := make([]byte, 1)
	_, err := pr.Read(buf)
	for err == nil {
		_, err = pr.Read(buf[:0])
	}
	return err
}

// TestInterrupted: an interrupted removal finishes its current entry, and reports what it
// removed.
func TestInterrupted(t *testing.T) {
	top := t.TempDir()
	us, list := users(t, top, nil, Limits{})
	c := cachetest.NewCache(t, filepath.Join(top, "ann/.conda/pkgs"))
	fixture.Must(t, c.Add(cachetest.Pkg("free")))
	d, _ := found(t, us, list[:1])
	o := cache.Options{Look: cache.Look{Discovery: d, NothingRuns: true}, Targets: []cache.Category{cache.Packages}}
	own, err := cache.Prepare(t.Context(), o)
	fixture.Must(t, err)
	whole, err := us.Plan(t.Context(), own, o)
	fixture.Must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res := us.Execute(ctx, removal.Options{}, func(ctx context.Context, r removal.Options) *removal.Result { return removal.Execute(ctx, own, r) })
	if !errors.Is(res.Err, context.Canceled) || len(res.Failures) > 0 {
		t.Errorf("result %+v", res)
	}
	_, gone := os.Stat(c.Path("free-1.0-0"))
	if (gone != nil) != (len(res.Removed) == 1) || len(whole.Remove) != 1 {
		t.Errorf("removed %v, found %v", cachetest.Names(res.Removed), gone)
	}
}

var _ meta.Asker = (*Users)(nil)
var _ hold.Witness = (*Users)(nil)
var _ witness.Server = (*server)(nil)
