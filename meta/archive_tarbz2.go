package meta

import (
	"bufio"
	"compress/bzip2"
	"context"
	"io"
	"strings"
)

// tarBz2Members reads a .tar.bz2: one tar, packed by bzip2 in one stream or
// several. bzip2 refuses bytes that follow the last.
func (a *Archive) tarBz2Members(ctx context.Context, part Part, visit Visit) error {
	t := &tarReader{members: newMemberSet(a.limits), visit: visit}
	if part == InfoOnly {
		t.only = inInfo
	}
	packed := bufio.NewReaderSize(io.NewSectionReader(a.source, 0, a.size), 64<<10)
	stopped, err := a.readTar(ctx, bzip2.NewReader(packed), "bzip2", "", a.size, t)
	if err != nil || stopped {
		return err
	}
	name, err := t.members.finish()
	return a.fail("", name, err)
}

func inInfo(path string) bool { return strings.HasPrefix(path, "info/") }
