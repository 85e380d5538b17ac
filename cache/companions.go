package cache

import (
	"path"
	"slices"
	"strings"

	"gclean/meta"
)

// noteCompanions adds mamba's urls.txt of a folder to the last entry of that folder if all
// of the folder's entries are removed.
func noteCompanions(entries []*candidate, goes map[*candidate]bool) {
	last := map[[2]string]*candidate{}
	stays := map[[2]string]bool{}
	for _, e := range entries {
		below := ChannelFolder(&e.Entry)
		if below == "" {
			continue
		}
		key := [2]string{e.Dir, below}
		stays[key] = stays[key] || !goes[e] || e.Aside()
		last[key] = e
	}
	for key, e := range last {
		// An entry that is an empty folder contains its urls.txt.
		if !stays[key] && e.note && !slices.Contains(e.Also, meta.URLsTxt) {
			e.Also = append(e.Also, meta.URLsTxt)
		}
	}
}

// ChannelFolder returns the folder of mamba's nested layout that e is in, or "".
func ChannelFolder(e *Entry) string {
	below, _ := path.Split(e.Name)
	below = strings.TrimSuffix(below, "/")
	top, _, _ := strings.Cut(below, "/")
	switch {
	case e.Category == TempFiles || strings.HasPrefix(below, ".") || top == indexCacheDir || top == repodataDir:
		return ""
	case IsTrashFile(e.Name), path.Base(e.Name) == mambaTrashList:
		return "" // belongs to an environment
	}
	return below
}
