package cache

import (
	"path/filepath"
	"sync"

	"gclean/meta/dist"
	"gclean/walk"
)

// urlNotes are the urls.txt of caches and of mamba's folders in them, each read
// once. The zero value is ready.
type urlNotes struct {
	mu     sync.Mutex
	folder map[string]map[string]dist.DownloadedURL // by path of the folder
}

// in is what the folder below, with slashes, of a cache notes of its archives, by
// name; nothing where there is no note.
func (n *urlNotes) in(cache *walk.Dir, below string) map[string]dist.DownloadedURL {
	n.mu.Lock()
	defer n.mu.Unlock()
	path := filepath.Join(cache.Path(), filepath.FromSlash(below))
	urls, ok := n.folder[path]
	if !ok {
		urls = readNote(cache, below)
		if n.folder == nil {
			n.folder = make(map[string]map[string]dist.DownloadedURL)
		}
		n.folder[path] = urls
	}
	return urls
}

func readNote(cache *walk.Dir, below string) map[string]dist.DownloadedURL {
	dir, err := cache.OpenBelow(below)
	if err != nil {
		return nil
	}
	defer dir.Close()
	f, err := dir.OpenFile(urlsNote)
	if err != nil {
		return nil
	}
	defer f.Close()
	urls, _ := dist.ReadURLs(f) // what could be read is true all the same
	return urls
}
