package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// callFault is a system call of a run that fails: the nth of its kind.
type callFault struct {
	args []string
	call string
	err  string
	n    int
}

func (f callFault) String() string {
	return fmt.Sprintf("gclean %s, %s %d fails with %s", strings.Join(f.args, " "), f.call, f.n, f.err)
}

// TestFaultsOfEvidence has system calls fail by which environments are found and read.
// Every package is soft-linked: none may go, and what is remembered may not be
// forgotten.
//
// There are thousands. All of them would take an hour; they are tried in random order
// for a second, or for as long as GCLEAN_FAULTS says. GCLEAN_SEED repeats an order.
func TestFaultsOfEvidence(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	if out, err := exec.Command(strace, "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=read", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %v: %s", err, out)
	}
	budget := time.Second
	if text := os.Getenv("GCLEAN_FAULTS"); text != "" {
		if budget, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("GCLEAN_SEED"); text != "" {
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	lab := newFaultLab(t, strace)
	faults := lab.faults()
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
	ctx, cancel := context.WithTimeout(t.Context(), budget)
	defer cancel()
	next := make(chan callFault)
	var tried sync.WaitGroup
	count := make([]int, runtime.NumCPU())
	for worker := range count {
		own := newFaultLab(t, strace)
		tried.Go(func() {
			for f := range next {
				own.try(f)
				count[worker]++
			}
		})
	}
	for _, f := range faults {
		if ctx.Err() != nil {
			break
		}
		next <- f
	}
	close(next)
	tried.Wait()
	sum := 0
	for _, n := range count {
		sum += n
	}
	t.Logf("GCLEAN_SEED=%d: tried %d of %d faults", seed, sum, len(faults))
}

// faultLab is a tree whose every package is soft-linked.
type faultLab struct {
	t      *testing.T
	strace string
	exe    string
	top    string
	files  []string // of environments, through symlinks
	mark   string
	away   string // the environment that only the mark tells of
}

func newFaultLab(t *testing.T, strace string) *faultLab {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &faultLab{t: t, strace: strace, exe: exe, top: t.TempDir()}
	l.build()
	return l
}

// build makes the tree. Two runs make the mark: one that sees everything, and one
// after the disk is away that one environment is on.
func (l *faultLab) build() {
	l.files = nil
	if err := errors.Join(os.RemoveAll(l.path("")), os.MkdirAll(l.path("people/me/.conda/condarc.d"), 0o755)); err != nil {
		l.t.Fatal(err)
	}
	for _, e := range []struct{ prefix, cache string }{
		{"work/listed", "root/pkgs"}, {"root/envs/inroot", "root/pkgs"}, {"rcenvs/inrc", "root/pkgs"}, {"mambaenvs/inmambarc", "root/pkgs"},
		{"drcenvs/incondarcd", "root/pkgs"}, {"people/me/.conda/envs/inhome", "root/pkgs"}, {"people/me/.pixi/envs/pixi", "root/pkgs"},
		{"work/nested", "root/pkgs/https/conda.example/channel/linux-64"}, {"work/rattler", "rattler/pkgs"},
		{"work/odd", "root/pkgs"}, {"work/bare", "root/pkgs"}, {"work/silent", "root/pkgs"}, {"work/active", "root/pkgs"},
		{"search/found", "root/pkgs"}, {"disk/away", "root/pkgs"},
	} {
		l.environment(e.prefix, e.cache)
	}
	l.write("root/pkgs/urls.txt", "")
	l.write("rattler/pkgs/.cache.lock", "")
	l.write("root/conda-meta/history", "")
	l.write("people/me/.condarc", "envs_dirs: ["+l.path("rcenvs")+"]\npkgs_dirs: ["+l.path("root/pkgs")+", "+l.path("rattler/pkgs")+"]\n")
	l.write("people/me/.mambarc", "envs_dirs: ["+l.path("mambaenvs")+"]\n")
	l.write("people/me/.conda/condarc.d/a.yml", "envs_dirs: ["+l.path("drcenvs")+"]\n")
	list := ""
	for _, name := range []string{"listed", "nested", "rattler", "odd", "bare", "silent"} {
		list += l.path("work/"+name) + "\n"
	}
	l.write("people/me/.conda/environments.txt", list+l.path("disk/away")+"\n")
	l.expect("")
	l.write("people/me/.conda/environments.txt", list)
	old := time.Now().Add(-time.Hour)
	err := errors.Join(os.Rename(l.path("disk"), l.path("unmounted")), os.Mkdir(l.path("disk"), 0o755),
		os.Chtimes(l.path("people/me/.conda/environments.txt"), old, old))
	if err != nil {
		l.t.Fatal(err)
	}
	marks, err := filepath.Glob(l.path("root/pkgs/.gclean/marks/*.json"))
	if err != nil || len(marks) != 1 {
		l.t.Fatalf("marks %q, %v", marks, err)
	}
	l.mark, l.away = marks[0], l.path("disk/away")
	l.files = slices.DeleteFunc(l.files, func(path string) bool { return strings.HasPrefix(path, l.away) })
	l.files = append(l.files, l.path("root/pkgs/away-1.0-0/lib/away.so"))
	l.expect("")
}

// environment makes an environment with one package, which is named after it.
func (l *faultLab) environment(prefix, cache string) {
	name := filepath.Base(prefix)
	dist, folder := name+"-1.0-0", name+"-1.0-0"
	if name == "odd" {
		folder = "copy_of_odd"
	}
	file := "lib/" + name + ".so"
	source := l.path(cache + "/" + folder)
	l.write(cache+"/"+folder+"/info/index.json", fmt.Sprintf(`{"name":%q,"version":"1.0","build":"0","build_number":0,"depends":[]}`, name))
	l.write(cache+"/"+folder+"/"+file, "a library")
	if cache == "rattler/pkgs" {
		l.write(cache+"/"+folder+".lock", "")
	}
	link := l.path(prefix + "/" + file)
	if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(filepath.Join(source, file), link)); err != nil {
		l.t.Fatal(err)
	}
	l.files = append(l.files, link)
	record := map[string]any{
		"name": name, "version": "1.0", "build": "0", "files": []string{file},
		"paths_data": map[string]any{"paths_version": 1, "paths": []map[string]any{{"_path": file, "path_type": "hardlink"}}},
		// As mamba does, it says hard link whatever it did.
		"link": map[string]any{"source": source, "type": 1},
	}
	switch name {
	case "odd": // its index alone says which package it is
		delete(record, "link")
	case "silent":
		delete(record, "files")
	case "listed", "inroot", "away":
		record["link"] = map[string]any{"source": source, "type": 2}
	case "bare":
		return
	}
	text, err := json.Marshal(record)
	if err != nil {
		l.t.Fatal(err)
	}
	l.write(prefix+"/conda-meta/history", "")
	l.write(prefix+"/conda-meta/"+dist+".json", string(text))
}

func (l *faultLab) path(name string) string { return filepath.Join(l.top, "tree", name) }

func (l *faultLab) write(name, content string) {
	path := l.path(name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		l.t.Fatal(err)
	}
}

// variants are the runs in which calls fail.
func (l *faultLab) variants() [][]string {
	search := []string{"--search", l.path("search")}
	return [][]string{append([]string{"-p"}, search...), append([]string{"-f"}, search...), append([]string{"-a", "--keep-installed"}, search...)}
}

// faults are all that can be injected, found by counting the calls of a run in which
// none fails.
func (l *faultLab) faults() []callFault {
	var list []callFault
	calls := []string{"openat", "openat2", "newfstatat", "fstat", "getdents64", "readlinkat", "read", "statfs", "fstatfs", "fcntl"}
	errs := []string{"EIO", "EACCES", "ESTALE", "EMFILE", "EINTR", "ENOMEM", "ETIMEDOUT", "ENOTCONN", "EHOSTDOWN"}
	for i, args := range l.variants() {
		log := filepath.Join(l.top, "calls")
		// The exit code is that of something kept for doubt.
		out, _ := l.run(l.variants()[i], "-o", log, "-e", "trace="+strings.Join(calls, ",")).CombinedOutput()
		text, err := os.ReadFile(log)
		if err != nil {
			l.t.Fatalf("%v: %s", err, out)
		}
		for _, call := range calls {
			for n := range strings.Count(string(text), " "+call+"(") {
				for _, e := range errs {
					list = append(list, callFault{args, call, e, n + 1})
				}
			}
		}
	}
	return list
}

func (l *faultLab) run(args []string, traced ...string) *exec.Cmd {
	cmd := exec.CommandContext(l.t.Context(), l.strace, slices.Concat([]string{"-f", "-qq", "--seccomp-bpf"}, traced, []string{l.exe}, args, []string{"-y", "--grace", "0s"})...)
	cmd.Env = []string{asCommand + "=1", "HOME=" + l.path("people/me"), "CONDA_ROOT=" + l.path("root"), "CONDA_PREFIX=" + l.path("work/active"), "GOMAXPROCS=1", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// try runs gclean with a fault, and repairs the tree after what it has done.
func (l *faultLab) try(f callFault) {
	// Paths in args are those of the lab that counted.
	args := slices.Clone(f.args)
	args[len(args)-1] = l.path("search")
	log := filepath.Join(l.top, "log")
	out, err := l.run(args, "-o", log, "-y", "-e", "trace="+f.call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", f.call, f.err, f.n)).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		l.t.Errorf("%s: %v", f, err)
	}
	if problem := l.check(); problem != "" {
		text, _ := os.ReadFile(log)
		hit := slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return !strings.Contains(line, "(INJECTED)") })
		l.t.Errorf("%s: %s\n%s\n%s", f, strings.Join(hit, "\n"), problem, out)
		l.build()
	}
}

// expect is that a run without a fault removes nothing.
func (l *faultLab) expect(fault string) {
	out, err := l.run(l.variants()[0], "-o", "/dev/null", "-e", "trace=none").CombinedOutput()
	if problem := l.check(); problem != "" {
		l.t.Fatalf("%s%s: %v\n%s", fault, problem, err, out)
	}
}

// check says what is wrong with the tree.
func (l *faultLab) check() string {
	for _, path := range l.files {
		if _, err := os.Stat(path); err != nil {
			return err.Error()
		}
	}
	if l.mark == "" {
		return ""
	}
	if text, err := os.ReadFile(l.mark); err != nil || !strings.Contains(string(text), l.away) {
		return fmt.Sprintf("the mark has forgotten an environment: %s %v", text, err)
	}
	return ""
}
