package main

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	cachenames "gclean/cache/names"
	"gclean/cache/quarantine"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
	"gclean/walk/open"
)

const (
	// completionTime is how long a user waits after pressing Tab. Values that gclean
	// finds later are not offered.
	completionTime = 170 * time.Millisecond
	// maxOffered limits the values: shells ask before they print more than a few hundred.
	maxOffered = 1000
)

// within collects what find yields, sorted and without duplicates. It stops when find
// ends or has yielded enough, or when ctx ends. It does not wait for a find that hangs,
// for example on a dead server: the process ends after the completion.
func within(ctx context.Context, find func(yield func(string) bool)) []string {
	found := make(chan string)
	go func() {
		defer close(found)
		find(func(value string) bool {
			select {
			case found <- value:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	values := map[string]bool{}
	for {
		select {
		case value, more := <-found:
			if value != "" && quoted(value) == value && !strings.HasPrefix(value, "-") {
				values[value] = true // a shell would misread it
			}
			if more && len(values) < maxOffered {
				continue
			}
		case <-ctx.Done():
		}
		return slices.Sorted(maps.Keys(values))
	}
}

// offer collects what find yields, for as long as a user waits. find gets the user's
// configuration, with the caches and environments that flags name. It does not read
// gclean.yaml, other users' files, or an image.
func (a *app) offer(cmd *cobra.Command, find func(h meta.Host, c *meta.Config, yield func(string) bool)) []string {
	if cmd.Flags().Changed("root") {
		return nil // its paths are not those of this system
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), a.patience)
	defer cancel()
	return within(ctx, func(yield func(string) bool) {
		h := a.machine()
		c, err := h.Configure(ctx, meta.Options{
			RootPrefix: meta.Value{Path: absolute(valueOf(cmd, "root-prefix"))},
			PkgsDirs:   meta.From("", absolutes(foldersOf(cmd, "pkgs-dir"))...),
			EnvsDirs:   meta.From("", absolutes(foldersOf(cmd, "envs-dir"))...),
		})
		if err == nil {
			find(h, c, yield)
		}
	})
}

// foldersOf are the folders that a flag of cmd names.
func foldersOf(cmd *cobra.Command, flag string) []string {
	if f := cmd.Flags().Lookup(flag); f != nil {
		if list, ok := f.Value.(*dirList); ok {
			return *list
		}
	}
	return nil
}

// valueOf is the value of a flag of cmd, "" if it has none.
func valueOf(cmd *cobra.Command, flag string) string {
	if f := cmd.Flags().Lookup(flag); f != nil {
		return f.Value.String()
	}
	return ""
}

// completeDist offers distributions: first names of packages, then, once a name is
// complete, its versions and builds. They come from the caches, for restore from their
// quarantines, and for verify --prefix from environments.
func (a *app) completeDist(cmd *cobra.Command, given []string, typed string) ([]string, cobra.ShellCompDirective) {
	values := a.offer(cmd, func(_ meta.Host, c *meta.Config, yield func(string) bool) {
		offered := func(distribution string) bool {
			name, version, _ := dist.Split(distribution)
			switch {
			case !strings.HasPrefix(distribution, typed) || version == "":
				return true
			case strings.HasPrefix(name, typed) && !yield(name):
				return false
			case typed == "" || !strings.HasPrefix(typed, name):
				return true
			}
			return yield(distribution)
		}
		prefixes := []string(nil)
		if cmd.Name() == "verify" {
			prefixes = absolutes(foldersOf(cmd, "prefix"))
			if prefix, err := c.Named(valueOf(cmd, "name")); err == nil {
				prefixes = append(prefixes, prefix)
			}
		}
		for _, prefix := range prefixes {
			for _, distribution := range recordedIn(prefix) {
				if !offered(distribution) {
					return
				}
			}
		}
		if len(prefixes) > 0 {
			return
		}
		for _, dir := range c.PkgsDirs {
			if cmd.Name() == "restore" {
				asideIn(dir.Path, offered)
			} else {
				cachenames.In(dir.Path, offered)
			}
		}
	})
	return slices.DeleteFunc(values, func(v string) bool { return slices.Contains(given, v) }), cobra.ShellCompDirectiveNoFileComp
}

// recordedIn are the distributions that an environment has installed, judged by the names of
// its records.
func recordedIn(prefix string) (dists []string) {
	records, _, _ := open.SomeNames(filepath.Join(prefix, meta.CondaMeta), cachenames.Most)
	for _, record := range records {
		if distribution, ok := strings.CutSuffix(record, ".json"); ok {
			dists = append(dists, distribution)
		}
	}
	return dists
}

// asideIn yields the distributions in the quarantine of a cache.
func asideIn(path string, yield func(distribution string) bool) {
	dir, err := walk.Open(path)
	if err != nil {
		return
	}
	defer dir.Close()
	found, _ := quarantine.Read(dir)
	for _, f := range found {
		if f.Whole() && !yield(string(f.Note.Dist)) {
			return
		}
	}
}

// completePrefix offers the environments whose paths begin as typed. If no environment
// does, it offers folders.
func (a *app) completePrefix(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	values := a.offer(cmd, func(h meta.Host, c *meta.Config, yield func(string) bool) {
		environments(h, c, func(_, prefix string) bool {
			return !strings.HasPrefix(prefix, typed) || yield(prefix)
		})
	})
	if len(values) == 0 {
		return completeFolders(cmd, args, typed)
	}
	return values, cobra.ShellCompDirectiveNoFileComp
}

// completeName offers the names of environments.
func (a *app) completeName(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return a.offer(cmd, func(h meta.Host, c *meta.Config, yield func(string) bool) {
		environments(h, c, func(name, _ string) bool {
			return !strings.HasPrefix(name, typed) || yield(name)
		})
	}), cobra.ShellCompDirectiveNoFileComp
}

// completeGone offers environments that a list names and that are missing. If there is
// none, it offers folders.
func (a *app) completeGone(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	values := a.offer(cmd, func(h meta.Host, _ *meta.Config, yield func(string) bool) {
		for _, prefix := range h.Registered() {
			if _, err := os.Lstat(filepath.Join(prefix, meta.CondaMeta)); err != nil && strings.HasPrefix(prefix, typed) && !yield(prefix) {
				return
			}
		}
	})
	if len(values) == 0 {
		return completeFolders(cmd, args, typed)
	}
	return values, cobra.ShellCompDirectiveNoFileComp
}

// environments are those that the user's configuration and list name and that exist. name
// is "" if an environment has none.
func environments(h meta.Host, c *meta.Config, yield func(name, prefix string) bool) {
	isThere := func(prefix string) bool {
		fi, err := os.Lstat(filepath.Join(prefix, meta.CondaMeta))
		return err == nil && fi.Mode()&fs.ModeType == fs.ModeDir
	}
	if root := c.RootPrefix.Path; root != "" && isThere(root) && !yield("base", root) {
		return
	}
	for _, dir := range c.EnvsDirs {
		found, _, _ := open.SomeNames(dir.Path, cachenames.Most)
		for _, name := range found {
			if prefix := filepath.Join(dir.Path, name); isThere(prefix) && !yield(name, prefix) {
				return
			}
		}
	}
	for _, prefix := range h.Registered() {
		if isThere(prefix) && !yield("", prefix) {
			return
		}
	}
}
