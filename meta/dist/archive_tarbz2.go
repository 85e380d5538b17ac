package dist

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/dsnet/compress/bzip2"
)

// tarBz2Members reads a .tar.bz2: one tar, packed by bzip2 in one or several streams (CEP
// 35). It refuses bytes after the last stream.
//
// dsnet's decoder is 1.2 to 2 times as fast as the standard library's on real archives
// (BenchmarkBzip2). Unpacking blocks in parallel would gain nothing when several archives
// are read at a time.
func (a *Archive) tarBz2Members(ctx context.Context, part Part, visit Visit) error {
	memory, err := a.limits.Memory.take(ctx, commonMemory)
	if err != nil {
		return err
	}
	defer memory.give()
	t := &tarReader{members: newMemberSet(a.limits), visit: visit, found: &a.found}
	t.members.large = func() error { return memory.enlarge(ctx) }
	if part == InfoOnly {
		t.only = inInfo
	}
	packed := bufio.NewReaderSize(io.NewSectionReader(a.source, 0, a.size), 64<<10)
	z, err := bzip2.NewReader(packed, nil)
	if err != nil {
		return a.fail("", "", err)
	}
	defer z.Close()
	stopped, err := a.readTar(ctx, z, "bzip2", "", a.limits.budget(a.size), t)
	if err != nil || stopped {
		return err
	}
	name, err := t.members.finish()
	return a.fail("", name, err)
}

func inInfo(path string) bool { return strings.HasPrefix(path, "info/") }
