package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/merged"
	"gclean/walk"
)

// maxReport is the largest size of a report to merge, in bytes.
const maxReport = 1 << 30

// checkMerge refuses flags that contradict --merge.
func checkMerge(cmd *cobra.Command, files []string, fileSays func(name string) bool) error {
	if len(files) == 0 {
		return usageError{"--merge needs files: gclean report --merge node1.json node2.json" + seeHelp(cmd)}
	}
	var looks string
	place := new(placeFlags)
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	place.register(fs)
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" && f.Name != "no-config" && cmd.Flags().Changed(f.Name) && !fileSays(f.Name) {
			looks = f.Name
		}
	})
	if looks != "" {
		return usageError{"--merge shows reports, and looks at no cache: leave --" + looks + " out."}
	}
	return nil
}

// mergeReports shows the reports of several hosts as one report.
func (a *app) mergeReports(ctx context.Context, f *reportFlags, files []string) error {
	if err := f.check(a.json); err != nil {
		return err
	}
	var documents []*merged.Document
	for _, file := range files {
		d, err := readReport(file)
		if err != nil {
			return usageError{quoted(file) + ": " + printable(err.Error()) + "."}
		}
		documents = append(documents, d)
	}
	into, err := a.beginFiles(f)
	if err != nil {
		return err
	}
	defer into.drop()
	return a.showReport(ctx, f, cache.Look{}, into, merged.Merge(documents), merged.Others(documents))
}

// readReport reads the output of gclean report --json on a host.
func readReport(path string) (*merged.Document, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, walk.Cause(err)
	}
	defer file.Close()
	if fi, err := file.Stat(); err == nil && fi.IsDir() {
		return nil, errors.New("it is a folder")
	}
	text, err := io.ReadAll(io.LimitReader(file, maxReport+1))
	switch {
	case err != nil:
		return nil, walk.Cause(err)
	case len(text) > maxReport:
		return nil, fmt.Errorf("it is longer than %d bytes", maxReport)
	}
	d, err := merged.Parse(text)
	switch {
	case errors.Is(err, merged.ErrNotReport):
		return nil, fmt.Errorf("%w; make it with gclean report --json", err)
	case errors.Is(err, merged.ErrNoHost):
		return nil, fmt.Errorf("%w; make it anew with this gclean", err)
	}
	return d, err
}

// reportHost is the name of this host, and an ID that distinguishes it from all others.
// Hosts that were made from one image may share a name.
func reportHost() (name, machine string) {
	name, _ = os.Hostname()
	text, err := fs.ReadFile(os.DirFS("/etc"), "machine-id")
	if err != nil || len(text) == 0 {
		return name, name
	}
	// machine-id(5) asks to keep the ID itself private.
	sum := sha256.Sum256(append([]byte("gclean report "), text...))
	return name, name + "/" + hex.EncodeToString(sum[:6])
}

// bare is a path without the host, which a report of several hosts puts in front.
func bare(r *cache.Report, host, path string) string {
	if r.Hosts == nil {
		return path
	}
	return strings.TrimPrefix(path, host+":")
}

// bareOwner is the name of an owner without the host, which such a report appends.
func bareOwner(r *cache.Report, host, owner string) string {
	if r.Hosts == nil {
		return owner
	}
	return strings.TrimSuffix(owner, "@"+host)
}

// hostNames are the hosts of a merged report.
func hostNames(r *cache.Report) string {
	var names []string
	for _, h := range r.Hosts {
		if !strings.Contains(h.Host, ", ") { // what several hosts share
			names = append(names, h.Host)
		}
	}
	return strings.Join(names, ", ")
}

// hostsDocument is what each host has, in a merged report.
func hostsDocument(r *cache.Report) list {
	l := list{}
	for _, h := range r.Hosts {
		l = append(l, append(object{{"host", h.Host}, {"made", stamp(h.Made)}}, tally(h.Tally)...))
	}
	return l
}
