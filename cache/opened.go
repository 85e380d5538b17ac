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

	mu   sync.Mutex
	urls map[string]map[string]dist.DownloadedURL // by folder below; see URLs
}

// URLs is what the urls.txt of the folder below, with slashes, notes of its
// archives, by name; nothing where there is no note. It is read once.
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
	urls, _ := dist.ReadURLs(f) // what could be read is true all the same
	return urls
}

// RattlerMetadata is what rattler has noted of a package beside it; nothing in
// caches of other families.
func (c *Opened) RattlerMetadata(name string) dist.Expected {
	if c.Family != Rattler {
		return dist.Expected{}
	}
	f, err := c.Dir.OpenFile(filepath.FromSlash(name) + ".lock")
	if err != nil {
		return dist.Expected{}
	}
	defer f.Close()
	m, _ := dist.ReadRattlerMetadata(f) // what cannot be read says nothing
	return m.Expected()
}
