package cache

import (
	"path/filepath"
	"sync"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Opened is a cache that is open.
type Opened struct {
	Location
	Dir *walk.Dir

	links map[walk.ID][]string // the symlinks at the top, by the folder that they lead to

	mu   sync.Mutex
	urls map[string]map[string]dist.DownloadedURL // by folder below the cache; see URLs
}

// URLs returns the entries of urls.txt in the folder below (slash-separated), by name of
// the archive. Without a urls.txt it returns nothing. Each file is read once.
func (c *Opened) URLs(below string) map[string]dist.DownloadedURL {
	c.mu.Lock()
	defer c.mu.Unlock()
	urls, ok := c.urls[below]
	if !ok {
		urls = readNote(c.Dir, below)
		if c.urls == nil {
			c.urls = make(map[string]map[string]dist.DownloadedURL)
		}
		c.urls[below] = urls
	}
	return urls
}

func readNote(cache *walk.Dir, below string) map[string]dist.DownloadedURL {
	dir, err := cache.OpenBelow(below)
	if err != nil {
		return nil
	}
	defer dir.Close()
	f, err := dir.OpenFile(meta.URLsTxt)
	if err != nil {
		return nil
	}
	defer f.Close()
	urls, _ := dist.ReadURLs(f) // the lines before an error are still valid
	return urls
}

// RattlerMetadata returns what rattler's metadata file says about the package name. In
// caches of other families it returns the zero value.
func (c *Opened) RattlerMetadata(name string) dist.Expected {
	if c.Family != Rattler {
		return dist.Expected{}
	}
	f, err := c.Dir.OpenFile(filepath.FromSlash(name) + ".lock")
	if err != nil {
		return dist.Expected{}
	}
	defer f.Close()
	m, _ := dist.ReadRattlerMetadata(f) // a file that cannot be read says nothing
	return m.Expected()
}
