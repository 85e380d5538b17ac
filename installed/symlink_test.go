package installed

import (
	"testing"

	"gclean/meta/dist"
)

// What a record says of a symlink, and what is behind it: whether it leads elsewhere.
func TestRedirected(t *testing.T) {
	const text = "0bfc4ef8a1a4b5bd6e5e2b5c2e0f3b1b" // some hash of content, as the others
	noted := "3b9c358f36f0a31b6ad3e14f309c7cf198ac9246e8316f9ce543d5b19ac02b80"
	file := &dist.InstalledPath{SHA256: "content"}
	other := &dist.InstalledPath{SHA256: "another"}
	for name, c := range map[string]struct {
		l    link
		want bool
	}{
		"rattler, as it was":                    {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: noted}, text: "file"}, false},
		"rattler, as it was, changed behind":    {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: noted}, text: "file", hash: "x", listed: true}, false},
		"rattler, elsewhere":                    {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: noted}, text: "fire", hash: "x", behind: other, listed: true}, true},
		"rattler, a folder elsewhere":           {link{p: &dist.InstalledPath{SHA256: emptyHash, InPrefix: noted}, text: "fire", folder: true}, true},
		"rattler, a folder":                     {link{p: &dist.InstalledPath{SHA256: emptyHash, InPrefix: noted}, text: "file", folder: true}, false},
		"conda, to its file":                    {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: "content"}, behind: file, listed: true}, false},
		"conda, to its file, which has changed": {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: "content"}, behind: file, hash: "x", listed: true}, false},
		"conda, to another file":                {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: "content"}, behind: other, hash: "another", listed: true}, true},
		"conda, to another file, fast":          {link{p: &dist.InstalledPath{SHA256: "content"}, behind: other, listed: true}, true},
		"to a copy that nobody lists":           {link{p: &dist.InstalledPath{SHA256: "content"}, hash: "content", listed: true}, false},
		"mamba, to a file with the prefix":      {link{p: &dist.InstalledPath{SHA256: "content", InPrefix: text}, hash: text, behind: other, listed: true}, false},
		"to a file that nobody lists":           {link{p: &dist.InstalledPath{SHA256: "content"}, hash: "x"}, true},
		"to one that nobody lists, fast":        {link{p: &dist.InstalledPath{SHA256: "content", Size: 3}, size: 3}, false},
		"to one of another size, fast":          {link{p: &dist.InstalledPath{SHA256: "content", Size: 3}, size: 4}, true},
		"to a folder":                           {link{p: &dist.InstalledPath{SHA256: "content"}, folder: true}, true},
		"to a folder, as it was built":          {link{p: &dist.InstalledPath{SHA256: emptyHash, InPrefix: emptyHash}, folder: true}, false},
		"to a newer file of another package":    {link{p: &dist.InstalledPath{SHA256: "content"}, hash: "another", behind: other}, false},
		"to a file of the host":                 {link{p: &dist.InstalledPath{SHA256: "content"}, hash: "x", out: true}, false},
		"to a file of the host, from a file":    {link{p: &dist.InstalledPath{SHA256: "content"}, hash: "x", out: true, listed: true}, true},
		"mamba, to a folder":                    {link{p: &dist.InstalledPath{InPrefix: emptyHash}, folder: true}, false},
		"nothing is known":                      {link{p: &dist.InstalledPath{}, hash: "x"}, false},
		"to nothing when it was built, a file":  {link{p: &dist.InstalledPath{SHA256: emptyHash, InPrefix: emptyHash}, hash: "x"}, false},
	} {
		if c.l.p.Size == 0 {
			c.l.p.Size = -1
		}
		if got := c.l.redirected(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
