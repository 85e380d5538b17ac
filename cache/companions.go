package cache

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gclean/walk"
)

// urlsNote is the file in which mamba notes what it downloads, in each folder of
// its nested layout (update_urls_txt in libmamba).
const urlsNote = "urls.txt"

// noteCompanions makes mamba's urls.txt of a folder go with the last entry of
// that folder, if all of them go.
func noteCompanions(entries []*candidate, goes map[*candidate]bool) {
	last := map[[2]string]*candidate{}
	stays := map[[2]string]bool{}
	for _, e := range entries {
		below := channelFolder(&e.Entry)
		if below == "" {
			continue
		}
		key := [2]string{e.Dir, below}
		stays[key] = stays[key] || !goes[e]
		last[key] = e
	}
	for key, e := range last {
		// An empty folder goes with all that is in it.
		if !stays[key] && e.note && !slices.Contains(e.Also, urlsNote) {
			e.Also = append(e.Also, urlsNote)
		}
	}
}

// channelFolder is the folder of mamba's nested layout that e is in, or "".
func channelFolder(e *Entry) string {
	below, _ := path.Split(e.Name)
	below = strings.TrimSuffix(below, "/")
	top, _, _ := strings.Cut(below, "/")
	switch {
	case e.Category == TempFiles || strings.HasPrefix(below, ".") || top == indexCacheDir || top == repodataDir:
		return ""
	case strings.HasSuffix(e.Name, ".mamba_trash"), path.Base(e.Name) == mambaTrashList:
		return "" // of an environment
	}
	return below
}

// companions removes what goes with e from the folder in that e was in, once
// e is gone from there. What fails stays behind as a file that means nothing: rattler takes a
// package whose metadata file has no folder for absent, and the next run lists
// it as trash.
func (x *execution) companions(in *walk.Dir, e *Entry) {
	for _, name := range e.Also {
		if name == urlsNote && channelFolder(e) != "" {
			continue // when nothing else is left: see emptyFolders
		}
		if x.before("unlink", filepath.Join(in.Path(), name)) == nil {
			_ = in.Unlink(name)
		}
	}
}

// emptyFolders removes the folders of mamba's nested layout from which
// entries have gone, as far as they are empty by now.
func (x *execution) emptyFolders(cache *walk.Dir, entries []*Entry) {
	notes := map[string]bool{} // folders whose urls.txt goes
	var folders []string
	for _, e := range entries {
		below := channelFolder(e)
		if below == "" {
			continue
		}
		notes[below] = notes[below] || slices.Contains(e.Also, urlsNote)
		for ; below != "."; below = path.Dir(below) {
			folders = append(folders, below)
		}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	slices.Reverse(folders) // what is inside before what it is in
	for _, folder := range folders {
		if notes[folder] {
			x.dropNote(cache, folder)
		}
		above, name := path.Split(folder)
		parent, err := cache.OpenBelow(strings.TrimSuffix(above, "/"))
		if err != nil {
			continue
		}
		if x.before("rmdir", filepath.Join(parent.Path(), name)) == nil {
			_ = parent.Rmdir(name) // not empty: something in it stays
		}
		parent.Close()
	}
}

// dropNote removes urls.txt from a folder in which nothing else is left.
func (x *execution) dropNote(cache *walk.Dir, folder string) {
	dir, err := cache.OpenBelow(folder)
	if err != nil {
		return
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	if err != nil || len(items) != 1 || items[0].Name != urlsNote || !items[0].Type.IsRegular() {
		return
	}
	if x.before("unlink", filepath.Join(dir.Path(), urlsNote)) == nil {
		_ = dir.Unlink(urlsNote)
	}
}
