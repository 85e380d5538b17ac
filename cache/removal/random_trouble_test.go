package removal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gclean/internal/fixture"
)

func (w *world) marshal(v any) string {
	text, err := json.Marshal(v)
	must(w.t, err)
	return string(text)
}

// lose puts something out of reach, without proof that it no longer exists.
func (w *world) lose() {
	for range 1 + w.IntN(2) {
		e := pick(w.dice, w.prefixes)
		switch w.IntN(8) {
		case 0, 1:
			w.unmount(e)
		case 2:
			w.loseRecords(e)
		case 3:
			w.damageRecord(e)
		case 4:
			w.obstruct(filepath.Join(e.path, "conda-meta"))
		case 5:
			if len(e.lists) > 0 {
				w.obstruct(pick(w.dice, e.lists))
			}
		case 6:
			w.closeFolder(pick(w.dice, []string{e.path, filepath.Join(e.path, "conda-meta"), filepath.Join(e.path, "lib"), filepath.Join(w.home, ".conda")}))
		case 7:
			w.unmount(e)
			w.forgetLists()
		}
	}
}

// moveAway renames something to a place where nobody looks, until restore.
func (w *world) moveAway(path string) (ok bool) {
	if _, err := os.Lstat(path); err != nil {
		return false
	}
	away := filepath.Join(w.top, fmt.Sprint("away", len(w.undo)))
	if err := os.Rename(path, away); errors.Is(err, os.ErrPermission) {
		return false // in a closed folder
	} else if err != nil {
		w.t.Fatal(err)
	}
	w.undo = append(w.undo, func() { must(w.t, os.RemoveAll(path), os.Rename(away, path)) })
	w.note("lost: %s", path)
	return true
}

// unmount removes the disk of an environment, or the environment itself as if it were one:
// an empty folder remains.
func (w *world) unmount(e *prefix) {
	path := e.disk
	if path == "" {
		if !slices.ContainsFunc(e.lists, func(string) bool { return true }) {
			return // if only its folder is known, nothing shows that it is missing
		}
		path = e.path
	}
	if w.moveAway(path) {
		must(w.t, os.Mkdir(path, 0o755))
	}
}

// loseRecords removes the folder of records, as in slimmed images. Then only links from
// files into a package are known.
func (w *world) loseRecords(e *prefix) {
	if e.bareable {
		w.moveAway(filepath.Join(e.path, "conda-meta"))
	}
}

// damageRecord cuts a record off.
func (w *world) damageRecord(e *prefix) {
	if len(e.records) == 0 {
		return
	}
	r := pick(w.dice, e.records)
	text, err := os.ReadFile(r.path)
	if err != nil || !r.damages || !w.moveAway(r.path) {
		return
	}
	switch w.IntN(3) {
	case 0:
		if w.symlinks {
			must(w.t, fixture.Symlink(filepath.Base(r.path), r.path))
			return
		}
		fallthrough
	default:
		w.write(r.path, string(text[:w.IntN(len(text))]))
	}
}

// obstruct replaces a file or folder by something that cannot be read.
func (w *world) obstruct(path string) {
	isList := filepath.Base(path) == "environments.txt"
	if !isList && !w.symlinks || !w.moveAway(path) {
		return
	}
	switch {
	case w.symlinks && w.percent(50):
		must(w.t, fixture.Symlink(filepath.Base(path), path)) // a symlink loop
	case isList:
		must(w.t, os.Mkdir(path, 0o755))
	default:
		must(w.t, fixture.Symlink(filepath.Join(w.top, "nowhere"), path))
	}
}

// closeFolder removes the permissions of a folder, which has no effect for root.
func (w *world) closeFolder(path string) {
	fi, err := os.Lstat(path)
	if err != nil || !fi.IsDir() || os.Geteuid() <= 0 {
		return
	}
	must(w.t, os.Chmod(path, 0))
	w.undo = append(w.undo, func() { must(w.t, os.Chmod(path, fi.Mode().Perm())) })
	w.note("closed: %s", path)
}

// forgetLists empties the lists, as conda does when it does not find environments. Then
// only what was seen before is known. If no configuration allows symlinks, gclean does not
// look for them in packages that hard links hold anyway.
func (w *world) forgetLists() {
	if !w.remembered || w.late || !w.allowed {
		return
	}
	for _, e := range w.prefixes {
		for _, file := range e.lists {
			if !w.moveAway(file) {
				continue
			}
			if w.percent(50) {
				w.write(file, "")
				w.age(file)
			}
		}
	}
}

// restore brings everything back.
func (w *world) restore() {
	for _, undo := range slices.Backward(w.undo) {
		undo()
	}
	w.undo = nil
}
