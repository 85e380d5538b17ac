package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/meta/others"
)

// newInfo is "gclean info".
func newInfo(a *app) *cobra.Command {
	f := new(placeFlags)
	cmd := &cobra.Command{
		Use:   "info",
		Short: "show the caches, environments and configuration files",
		Long:  "Show the caches, environments and configuration files that gclean finds.",
		Example: `gclean info
gclean info --root /mnt/image`,
		Annotations: common("root", "json"),
		Args:        noArguments,
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.info(cmd.Context(), f) },
	}
	f.register(cmd.Flags())
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) { registerJSON(fs, &a.json, "print one JSON document") })
	return cmd
}

// info prints where gclean looks and what it finds. It changes nothing.
func (a *app) info(ctx context.Context, f *placeFlags) error {
	users := a.usersToLook(f)
	defer users.Close()
	d, err := a.discover(ctx, f, users)
	if err != nil {
		return err
	}
	found, err := others.Find(ctx, d, 0)
	if err != nil {
		return lookError(ctx, err)
	}
	aside, _, err := cache.Quarantines(d)
	if err != nil {
		aside = nil // the state of the cache says why
	}
	a.alsoJSON(d.Config.JSON)
	if a.json {
		a.stdout.WriteString(encoded(infoDocument(d, a.configs, found, aside)))
	} else {
		printInfo(a.stdout, d, a.configs, found, aside, a.again("restore"))
	}
	if err := a.shown(); err != nil {
		return err
	}
	return nil
}

// state is the result of cache.Inspect, in a word.
func state(err error) string {
	switch {
	case err == nil:
		return "cache"
	case errors.Is(err, fs.ErrNotExist):
		return "absent"
	case errors.Is(err, cache.ErrNotCache):
		return "no cache"
	case errors.Is(err, cache.ErrRefused):
		return "refused"
	case errors.Is(err, cache.ErrReadOnly):
		return "read-only"
	}
	return "unreadable"
}

// stateCode is the same for scripts.
func stateCode(err error) string {
	switch s := state(err); s {
	case "no cache":
		return "not_a_cache"
	case "read-only":
		return "read_only"
	default:
		return s
	}
}

// printInfo prints info for people. configs are gclean's own configuration files.
func printInfo(out *output, d *meta.Discovery, configs []string, found []others.Folder, aside []cache.Aside, restore string) {
	// One line per finding; notes follow in parentheses.
	section := func(title string, lines []string) {
		fmt.Fprintf(out, "%s:\n", title)
		if len(lines) == 0 {
			lines = []string{"none"}
		}
		for _, l := range lines {
			fmt.Fprintf(out, "  %s\n", l)
		}
	}
	fmt.Fprintf(out, "gclean %s\n", version())
	fmt.Fprintf(out, "user: %d, home %s\n", d.Host.UID, quoted(d.Host.Home))
	var lines []string
	if root := d.Config.RootPrefix; root.Path != "" {
		lines = append(lines, note(root.Path, root.Source))
	}
	section("root prefix", lines)

	lines = quotedAll(configs)
	for _, f := range d.Config.Files {
		if f.Err != nil {
			lines = append(lines, note(f.Path, told(f.Err)))
		} else {
			lines = append(lines, quoted(f.Path))
		}
	}
	section("configuration files", lines)

	lines = nil
	for _, c := range d.Caches {
		family, err := cache.InspectFamily(c.Path, d.Homes)
		notes := []string{c.Source, state(err)}
		if err == nil && family != cache.Conda {
			notes[1] += " of " + family.String()
		}
		if state(err) == "unreadable" || state(err) == "refused" {
			notes = append(notes, told(err))
		}
		lines = append(lines, note(c.Path, notes...))
	}
	section("package caches", lines)
	if lines := asideLines(aside); len(lines) > 0 {
		section("quarantine (to list it, run: "+restore+")", lines)
	}
	if len(found) > 0 {
		section(othersTitle, othersLines(found))
	}

	lines = nil
	for _, v := range d.Config.EnvsDirs {
		lines = append(lines, note(v.Path, v.Source))
	}
	section("folders of environments", lines)

	section("environments", envsLines(d.Environments))
	printUnread(out, "", d.Unread)
}

// infoDocument is the same for scripts.
func infoDocument(d *meta.Discovery, configs []string, found []others.Folder, aside []cache.Aside) object {
	files, caches, dirs := list{}, list{}, list{}
	for _, path := range configs {
		files = append(files, object{{"path", path}, {"error", nil}})
	}
	for _, f := range d.Config.Files {
		files = append(files, object{{"path", f.Path}, {"error", message(f.Err)}})
	}
	for _, c := range d.Caches {
		family, err := cache.InspectFamily(c.Path, d.Homes)
		var layout any
		if err == nil || errors.Is(err, cache.ErrReadOnly) {
			layout = family.Code()
		}
		caches = append(caches, object{
			{"path", c.Path}, {"source", c.Source}, {"state", stateCode(err)}, {"family", layout}, {"error", message(err)},
		})
	}
	for _, v := range d.Config.EnvsDirs {
		dirs = append(dirs, object{{"path", v.Path}, {"source", v.Source}})
	}
	return newDocument(object{
		{"success", true},
		{"version", version()},
		{"uid", int64(d.Host.UID)},
		{"home", d.Host.Home},
		{"root_prefix", known(d.Config.RootPrefix.Path)},
		{"root_prefix_source", known(d.Config.RootPrefix.Source)},
		{"config_files", files},
		{"caches", caches},
		{"other_folders", othersList(found)},
		{"quarantined", asideList(aside)},
		{"environment_dirs", dirs},
		{"environments", envsList(d.Environments)},
		{"warnings", warningsDocument(d.Unread)},
	}...)
}

// othersTitle stands above othersLines.
const othersTitle = "other folders (not cleaned unless named: gclean --all --pkgs-dir DIR)"

// othersLines has a line for each folder that gclean knows but does not clean.
func othersLines(found []others.Folder) []string {
	var lines []string
	for _, f := range found {
		size := fmt.Sprintf("%s, %s on disk in %s", units.Bytes(f.Usage.Apparent), units.Bytes(f.Usage.Disk), units.Count(int(f.Usage.Inodes), "inode", "inodes"))
		notes := []string{f.Kind.String(), f.Source, size}
		if !f.Cache {
			notes = append(notes, "not a package cache, so gclean cannot clean it")
		}
		if f.Err != nil {
			notes[2] = "at least " + size
			notes = append(notes, told(f.Err))
		}
		lines = append(lines, note(f.Path, notes...))
	}
	return lines
}

// othersList is the same for scripts.
func othersList(found []others.Folder) list {
	l := list{}
	for _, f := range found {
		l = append(l, object{
			{"path", f.Path}, {"kind", string(f.Kind)}, {"source", f.Source}, {"cache", f.Cache},
			{"files", f.Usage.Files}, {"apparent_size", f.Usage.Apparent}, {"disk_size", f.Usage.Disk}, {"inodes", f.Usage.Inodes},
			{"error", message(f.Err)},
		})
	}
	return l
}
