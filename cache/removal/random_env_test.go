package removal_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gclean/internal/fixture"
)

// prefix is an environment.
type prefix struct {
	path  string
	known bool // something names it
	soft  bool // it has symlinks into a cache
	lists []string
	// bareable says that it can lose its records, because nothing is known only from them.
	bareable bool
	records  []recordFile
	disk     string // the disk that it is on, if that can be missing, or ""
}

// recordFile is a record, and whether it may be damaged. It may be if its name shows the
// package, or if the package has an odd name.
type recordFile struct {
	path    string
	damages bool
}

// addPrefix makes an environment that is known in some way, and has some packages.
func (w *world) addPrefix() {
	n := len(w.prefixes)
	name := fmt.Sprint("e", n)
	own := filepath.Join(w.home, ".conda", "environments.txt")
	var e *prefix
	switch w.IntN(9) {
	case 0:
		e = w.newPrefix("beside a cache", filepath.Join(w.root, "envs", name))
	case 1:
		e = w.newPrefix("in ~/.conda/envs", filepath.Join(w.home, ".conda", "envs", name))
	case 2:
		dir := filepath.Join(w.top, "rcenvs")
		e = w.newPrefix("in envs_dirs", filepath.Join(dir, name))
		w.write(filepath.Join(w.home, ".condarc"), "envs_dirs: ["+dir+"]\n")
	case 3:
		e = w.newPrefix("CONDA_PREFIX", filepath.Join(w.top, "work", name))
		if w.variables["CONDA_PREFIX"] != "" {
			w.list(own, e.path)
			e.lists = append(e.lists, own)
		} else {
			w.variables["CONDA_PREFIX"] = e.path
		}
	case 4:
		e = w.newPrefix("unknown", filepath.Join(w.top, "work", name))
		e.known = false
	case 5:
		if w.host.Passwd == "" {
			w.addPrefix()
			return
		}
		e = w.newPrefix("of u", filepath.Join(w.top, "homes", "u", "work", name))
		file := filepath.Join(w.top, "homes", "u", ".conda", "environments.txt")
		w.list(file, e.path)
		e.lists = append(e.lists, file)
	case 6:
		e = w.newPrefix("on a disk", filepath.Join(w.top, fmt.Sprint("disk", n), "u", name))
		e.disk = filepath.Join(w.top, fmt.Sprint("disk", n))
		w.list(own, e.path)
		e.lists = append(e.lists, own)
	case 7:
		if !w.symlinks {
			w.addPrefix()
			return
		}
		disk := filepath.Join(w.top, fmt.Sprint("disk", n))
		e = w.newPrefix("on a disk, by a symlink", filepath.Join(disk, name))
		e.disk = disk
		w.list(own, filepath.Join(w.link(fmt.Sprint("scratch", n), disk), name))
		e.lists = append(e.lists, own)
	default:
		e = w.newPrefix("listed", filepath.Join(w.top, "work", name))
		w.list(own, e.path)
		e.lists = append(e.lists, own)
	}
	w.prefixes = append(w.prefixes, e)
	for _, p := range w.parcels {
		if w.percent(50) {
			w.install(e, p)
		}
	}
	if w.host.Passwd != "" && strings.HasPrefix(e.path, filepath.Join(w.top, "homes")) {
		w.giveAway(filepath.Join(w.top, "homes", "u"))
	}
}

func (w *world) newPrefix(how, path string) *prefix {
	w.write(filepath.Join(path, "conda-meta", "history"), "")
	w.note("environment %s (%s)", path, how)
	return &prefix{path: path, known: true, bareable: true}
}

// giveAway gives a home to its user.
func (w *world) giveAway(home string) {
	must(w.t, filepath.Walk(home, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 20001, 20001)
	}))
}

// install links a package into an environment, and writes its record.
func (w *world) install(e *prefix, p *parcel) {
	kinds := []string{"hard", "copy", "copy"}
	if w.symlinks && e.known {
		kinds = append(kinds, "soft", "soft", "soft", "mixed", "relative", "through", "folder", "chain")
	}
	kind := pick(w.dice, kinds)
	soft := false
	var installed []string
	for i, f := range p.files {
		to := filepath.Join(e.path, filepath.FromSlash(f))
		if _, err := os.Lstat(to); err == nil {
			return // another build of the same package
		}
		how := kind
		if kind == "mixed" {
			how = []string{"hard", "soft", "copy"}[i%3]
		}
		w.place(how, filepath.Join(p.path, filepath.FromSlash(f)), to, p)
		soft = soft || how != "hard" && how != "copy"
		installed = append(installed, f)
	}
	e.soft = e.soft || soft
	p.named = true
	w.writeRecord(e, p, kind, soft, installed)
	if kind != "copy" {
		p.linked = true
	}
}

// place makes one file of an environment.
func (w *world) place(how, from, to string, p *parcel) {
	if dir := filepath.Dir(to); how == "folder" && strings.HasPrefix(filepath.Base(dir), "a") {
		// Link the folder; to is below it.
		must(w.t, os.MkdirAll(filepath.Dir(dir), 0o755), fixture.Symlink(filepath.Dir(from), dir))
		return
	}
	must(w.t, os.MkdirAll(filepath.Dir(to), 0o755))
	switch how {
	case "hard":
		must(w.t, os.Link(from, to))
	case "copy":
		data, err := os.ReadFile(from)
		must(w.t, err, os.WriteFile(to, data, 0o644))
	case "relative":
		rel, err := filepath.Rel(filepath.Dir(to), from)
		must(w.t, err, fixture.Symlink(rel, to))
	case "through": // the cache by another name
		must(w.t, fixture.Symlink(w.alias(p)+strings.TrimPrefix(from, p.in.dir), to))
	case "chain":
		step := to + ".step"
		must(w.t, fixture.Symlink(from, step), fixture.Symlink(filepath.Base(step), to))
	default:
		must(w.t, fixture.Symlink(from, to))
	}
}

// alias returns a symlink to the cache of p.
func (w *world) alias(p *parcel) string {
	at := filepath.Join(w.top, "alias-"+filepath.Base(p.in.around)+"-"+filepath.Base(filepath.Dir(p.in.dir)))
	if _, err := os.Lstat(at); err != nil {
		must(w.t, fixture.Symlink(p.in.dir, at))
	}
	return at
}

// writeRecord writes a record that says in some way which package it describes.
func (w *world) writeRecord(e *prefix, p *parcel, kind string, soft bool, files []string) {
	rec := map[string]any{}
	set := func(percent int, key string, v any) {
		if w.percent(percent) {
			rec[key] = v
		}
	}
	base := p.plainFolder()
	set(80, "fn", base+".conda")
	set(80, "url", "https://conda.example/channel/linux-64/"+base+pick(w.dice, []string{".conda", ".tar.bz2"}))
	set(70, "extracted_package_dir", p.path)
	name, rest, _ := strings.Cut(p.dist, "-")
	version, build, _ := strings.Cut(rest, "-")
	rec["name"], rec["version"], rec["build"] = name, version, build
	link := map[string]any{"type": w.linkType(kind)}
	switch w.IntN(6) {
	case 0: // a cache that no longer exists
		link["source"] = filepath.Join(w.top, "moved", p.folder)
	case 1:
	case 2:
		if w.symlinks {
			link["source"] = w.alias(p) + strings.TrimPrefix(p.path, p.in.dir)
			break
		}
		fallthrough
	default:
		link["source"] = p.path
	}
	entries := []map[string]string{}
	for _, f := range files {
		entries = append(entries, map[string]string{"_path": f, "path_type": "hardlink"})
	}
	rec["files"], rec["paths_data"] = files, map[string]any{"paths": entries, "paths_version": 1}
	silent := false
	switch w.IntN(12) {
	case 0:
		delete(rec, "files")
	case 1:
		delete(rec, "paths_data")
	case 2:
		rec["files"] = nil
	case 3:
		rec["files"] = []string{}
	case 4:
		delete(rec, "files")
		delete(rec, "paths_data")
		silent = true
	case 5:
		rec["files"] = []string{}
		delete(rec, "paths_data")
		silent = true
	}
	if silent {
		p.linked = true // in doubt
	}
	set(90, "link", link)
	file, plain := w.recordName(p)
	if _, ok := rec["extracted_package_dir"]; !ok && p.odd() && !plain {
		rec["extracted_package_dir"] = p.path
	}
	if !p.index || p.folder != p.plainFolder() {
		rec["extracted_package_dir"] = p.path // nothing else names it
		rec["link"] = map[string]any{"type": w.linkType(kind), "source": p.path}
	}
	at := filepath.Join(e.path, "conda-meta", file)
	w.write(at, w.shuffled(rec))
	e.records = append(e.records, recordFile{at, plain || p.odd()})
	w.note("  %s is linked into %s (%s): %s %s", p.path, e.path, kind, file, w.shuffled(rec))
	e.bareable = e.bareable && (kind != "copy" || len(files) > 0)
}

// linkType returns what a record says about the link: the truth, mamba's 1, or nothing.
func (w *world) linkType(kind string) any {
	if w.percent(50) {
		return pick(w.dice, []any{1, 1, 3, nil})
	}
	switch kind {
	case "copy":
		return 3
	case "hard", "mixed":
		return 1
	}
	return 2
}

// recordName returns the name of a record; plain says that tools would use this name.
func (w *world) recordName(p *parcel) (file string, plain bool) {
	switch w.IntN(8) {
	case 0:
		return p.dist + ".JSON", true
	case 1:
		return p.dist + ".json.c~", true
	case 2:
		return p.dist + ".json.mamba_trash", true
	case 3:
		return p.folder + ".json", true
	case 4:
		return "odd-" + p.dist + "-name.json", false
	}
	return p.dist + ".json", true
}

// shuffled returns an object as JSON, with its keys in random order.
func (w *world) shuffled(o map[string]any) string {
	keys := slices.Sorted(maps.Keys(o)) // the order of a map does not depend on the seed
	w.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var members []string
	for _, key := range keys {
		members = append(members, fmt.Sprintf("%q: %s", key, w.marshal(o[key])))
	}
	return "{" + strings.Join(members, ", ") + "}"
}
