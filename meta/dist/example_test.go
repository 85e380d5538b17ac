package dist_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gclean/internal/fixture"
	"gclean/meta/dist"
)

func ExampleSplit() {
	name, version, build := dist.Split(dist.OfArchive("python-dateutil-2.9.0-pyhd8ed1ab_0.conda"))
	fmt.Println(name, version, build)
	// Output: python-dateutil 2.9.0 pyhd8ed1ab_0
}

// A record says where the package was, and how it was linked.
func ExampleReadRecordLink() {
	record := `{"name": "zlib", "files": ["lib/libz.so"], "link": {"source": "/opt/conda/pkgs/zlib-1.3-h4ab18f5_1", "type": 2}}`
	link, err := dist.ReadRecordLink(strings.NewReader(record))
	if err != nil {
		panic(err)
	}
	fmt.Println(link.Path(), link.Type == dist.SoftLink)
	// Output: /opt/conda/pkgs/zlib-1.3-h4ab18f5_1 true
}

// ReadIndex reads an archive without unpacking it to the disk.
func ExampleReadIndex() {
	top, err := os.MkdirTemp("", "dist")
	check(err)
	defer os.RemoveAll(top)
	cache, err := fixture.NewCache(top)
	check(err)
	tool := fixture.Package{Name: "tool", Version: "1.0", Build: "0", Files: []fixture.File{{Path: "bin/tool", Content: "#!/bin/sh\n"}}}
	check(cache.AddArchive(tool))

	archive, err := dist.OpenArchive(filepath.Join(top, "tool-1.0-0.conda"), dist.Limits{})
	check(err)
	defer archive.Close()
	index, err := dist.ReadIndex(context.Background(), archive)
	check(err)
	fmt.Println(index.Dist(), "for", index.Subdir)
	// Output: tool-1.0-0 for linux-64
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
