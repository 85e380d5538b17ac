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

// companions removes the files in e.Also from the folder in that e was in, after e has been
// removed from there. A file that cannot be removed does no harm: rattler ignores a
// metadata file without its folder, and the next run lists it as trash.
func (x *execution) companions(in *walk.Dir, e *cache.Entry) {
	for _, name := range e.Also {
		if name == meta.URLsTxt && cache.ChannelFolder(e) != "" {
			continue // removed by emptyFolders, if nothing else is left
		}
		if x.before("unlink", filepath.Join(in.Path(), name)) == nil {
			_ = in.Unlink(name)
		}
	}
}

// emptyFolders removes folders of mamba's nested layout that became empty when entries were
// removed.
func (x *execution) emptyFolders(dir *walk.Dir, entries []*cache.Entry) {
	notes := map[string]bool{} // folders whose urls.txt is removed
	var folders []string
	for _, e := range entries {
		below := cache.ChannelFolder(e)
		if below == "" || e.Aside() {
			continue // restoring it needs the folder
		}
		notes[below] = notes[below] || slices.Contains(e.Also, meta.URLsTxt)
		for ; below != "."; below = path.Dir(below) {
			folders = append(folders, below)
		}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	slices.Reverse(folders) // inner folders first
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
			_ = parent.Rmdir(name) // fails if something in it was kept
		}
		parent.Close()
	}
}

// dropNote removes urls.txt from a folder that contains nothing else.
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
