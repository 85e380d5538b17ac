package removal

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/meta"
	"gclean/walk"
)

// companions removes what goes with e from the folder in that e was in, once e is
// gone from there. What fails stays behind as a file that means nothing: rattler takes
// a package whose metadata file has no folder for absent, and the next run lists it as
// trash.
func (x *execution) companions(in *walk.Dir, e *cache.Entry) {
	for _, name := range e.Also {
		if name == meta.URLsTxt && cache.ChannelFolder(e) != "" {
			continue // when nothing else is left: see emptyFolders
		}
		if x.before("unlink", filepath.Join(in.Path(), name)) == nil {
			_ = in.Unlink(name)
		}
	}
}

// emptyFolders removes the folders of mamba's nested layout from which
// entries have gone, as far as they are empty by now.
func (x *execution) emptyFolders(dir *walk.Dir, entries []*cache.Entry) {
	notes := map[string]bool{} // folders whose urls.txt goes
	var folders []string
	for _, e := range entries {
		below := cache.ChannelFolder(e)
		if below == "" || e.Aside() {
			continue // it comes back there if it is restored
		}
		notes[below] = notes[below] || slices.Contains(e.Also, meta.URLsTxt)
		for ; below != "."; below = path.Dir(below) {
			folders = append(folders, below)
		}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	slices.Reverse(folders) // what is inside before what it is in
	for _, folder := range folders {
		if notes[folder] {
			x.dropNote(dir, folder)
		}
		above, name := path.Split(folder)
		parent, err := dir.OpenBelow(strings.TrimSuffix(above, "/"))
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
func (x *execution) dropNote(in *walk.Dir, folder string) {
	dir, err := in.OpenBelow(folder)
	if err != nil {
		return
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	if err != nil || len(items) != 1 || items[0].Name != meta.URLsTxt || !items[0].Type.IsRegular() {
		return
	}
	if x.before("unlink", filepath.Join(dir.Path(), meta.URLsTxt)) == nil {
		_ = dir.Unlink(meta.URLsTxt)
	}
}
