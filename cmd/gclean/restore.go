package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/quarantine"
	"gclean/cache/removal"
	"gclean/internal/table"
	"gclean/internal/terminal"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/meta/dist"
)

// restoreFlags are the flags of "gclean restore".
type restoreFlags struct {
	placeFlags
	all, dryRun bool
	lockTimeout span
}

// newRestore is "gclean restore".
func newRestore(a *app) *cobra.Command {
	f := new(restoreFlags)
	cmd := &cobra.Command{
		Use:   "restore [DIST|PATH...]",
		Short: "put back what clean --quarantine put aside",
		Long: `Put back what gclean clean --quarantine put aside. gclean renames each entry and
its archive to where they were, with their modes and times. Nothing is
overwritten. The next cleaning may remove them again, unless an environment then
uses them, or --exclude names them.

Without DIST, PATH and --all, list what is in quarantine.

DIST is a distribution, its name, or a pattern such as 'numpy-*'. PATH is where
the entry was.`,
		Example: `gclean restore
gclean restore numpy
gclean restore --all --pkgs-dir /opt/conda/pkgs`,
		Annotations:       common("all", "dry-run", "pkgs-dir", "json"),
		ValidArgsFunction: a.completeDist,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.restore(cmd.Context(), f, args) },
	}
	section(cmd.Flags(), placeHeading, func(fs *pflag.FlagSet) {
		f.registerCaches(fs)
		f.configFlags.register(fs)
	})
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) {
		fs.BoolVarP(&f.all, "all", "a", false, "restore everything that is in quarantine")
		fs.BoolVarP(&f.dryRun, "dry-run", "d", false, "show what would be restored")
		registerJSON(fs, &a.json, "print one JSON document")
		registerLockTimeout(fs, &f.lockTimeout)
	})
	return cmd
}

// restoring is the result of "gclean restore".
type restoring struct {
	list     bool // nothing was asked for
	dryRun   bool
	restored []removal.Restored // those without an error; in a dry run, those that would be restored
	errors   []error
	missed   []string      // what was asked for but is not in quarantine
	left     []cache.Aside // what is in quarantine now
	problems meta.Problems // unreadable caches, or no cache at all
}

func (r *restoring) failed() bool { return len(r.errors) > 0 || len(r.missed) > 0 }

// restore puts back what args name. Without args, it lists the quarantine.
func (a *app) restore(ctx context.Context, f *restoreFlags, args []string) error {
	switch {
	case f.all && len(args) > 0:
		return usageError{"--all restores everything: pass names or --all, not both."}
	case slices.Contains(args, ""):
		return usageError{"the name is empty."}
	}
	for _, arg := range args {
		if _, err := path.Match(arg, ""); err != nil {
			return usageError{told(fmt.Errorf("%s: %w", arg, cache.ErrPattern))}
		}
	}
	d, err := a.discover(ctx, &f.placeFlags, nil)
	if err != nil {
		return err
	}
	a.alsoJSON(d.Config.JSON)
	f.dryRun = f.dryRun || d.Config.DryRun && !a.typed("dry-run")
	r := &restoring{list: !f.all && len(args) == 0, dryRun: f.dryRun}
	if err := a.putBack(ctx, d, f, args, r); err != nil {
		return err
	}
	if a.json {
		a.stdout.WriteString(encoded(r.document()))
	} else {
		r.print(a.stdout, a.now(), terminal.Width(a.screen), styleOf(a.screen, "auto"))
	}
	if err := a.shown(); err != nil {
		return err
	}
	if !a.json {
		t := text{err: a.stderr}
		t.problems(r.problems)
		for _, err := range r.errors {
			t.warn(told(err))
		}
		for _, arg := range r.missed {
			t.warn(quoted(arg) + ": nothing in quarantine has that name" + nearDist(arg, r.dists()))
		}
	}
	if r.failed() {
		return status(exitFailed)
	}
	return nil
}

// putBack restores in each cache what args name. Its errors are those of ctx and of wrong
// usage.
func (a *app) putBack(ctx context.Context, d *meta.Discovery, f *restoreFlags, args []string, r *restoring) error {
	caches, problems, err := cache.Quarantines(d)
	if err != nil {
		return lookError(ctx, err)
	}
	r.problems = problems
	met := map[string]bool{}
	for _, c := range caches {
		if c.Err != nil {
			r.errors = append(r.errors, c.Err)
		}
		wanted := func(n *quarantine.Note) bool {
			is := f.all
			for _, arg := range args {
				if means(arg, c.Cache.Path, n) {
					met[arg], is = true, true
				}
			}
			return is
		}
		some := false
		for _, found := range c.Found {
			if found.Err != nil {
				r.errors = append(r.errors, found.Err)
			}
			if !found.Whole() || !wanted(found.Note) {
				continue
			}
			some = true
			if f.dryRun {
				r.restored = append(r.restored, removal.Restored{Path: whereWas(c, found.Note), Note: found.Note})
			}
		}
		if some && !f.dryRun {
			a.soFar = "restored " + count(len(r.restored))
			err := r.take(removal.Restore(ctx, c.Cache, wanted, removal.RestoreOptions{LockTimeout: time.Duration(f.lockTimeout), Waiting: (text{err: a.stderr}).waiting}))
			a.soFar = "restored " + count(len(r.restored))
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				r.errors = append(r.errors, err)
			}
		}
	}
	for _, arg := range args {
		if !met[arg] {
			r.missed = append(r.missed, arg)
		}
	}
	r.left, _, err = cache.Quarantines(d)
	return err
}

// take records the result of one cache.
func (r *restoring) take(list []removal.Restored, err error) error {
	for _, one := range list {
		if one.Err != nil {
			r.errors = append(r.errors, one.Err)
		} else {
			r.restored = append(r.restored, one)
		}
	}
	return err
}

// means says whether an argument names an entry in quarantine, by its old path or its
// distribution.
func means(arg, dir string, n *quarantine.Note) bool {
	if filepath.IsAbs(arg) || strings.ContainsAny(arg, "/"+string(filepath.Separator)) {
		return filepath.Clean(absolute(arg)) == filepath.Join(dir, filepath.FromSlash(string(n.Path)))
	}
	distribution := string(n.Dist)
	name, version, _ := dist.Split(distribution)
	return dist.Selects(arg, distribution) || arg == name || arg == name+"-"+version
}

// whereWas is the path at which an entry was.
func whereWas(c cache.Aside, n *quarantine.Note) string {
	return filepath.Join(c.Cache.Path, filepath.FromSlash(string(n.Path)))
}

// dists are the distributions in quarantine.
func (r *restoring) dists() (list []string) {
	for _, c := range r.left {
		for _, f := range c.Found {
			if f.Whole() {
				list = append(list, string(f.Note.Dist))
			}
		}
	}
	return list
}

// print prints the result for people.
func (r *restoring) print(out io.Writer, now time.Time, width int, st table.Style) {
	verb := "Restored"
	if r.dryRun {
		verb = "Would restore"
	}
	for _, one := range r.restored {
		fmt.Fprintf(out, "%s %s\n", verb, quoted(one.Path))
	}
	switch {
	case r.list:
		r.table(out, now, width, st)
	case len(r.restored) > 0 && !r.dryRun:
		fmt.Fprintln(out, "The next cleaning may remove them again, unless an environment uses them or --exclude names them.")
	case len(r.restored) == 0 && !r.failed():
		fmt.Fprintln(out, "Nothing is in quarantine.")
	}
}

// table lists what is in quarantine.
func (r *restoring) table(out io.Writer, now time.Time, width int, st table.Style) {
	var bytes int64
	entries := 0
	t := &table.Table{Columns: []table.Column{{Title: "SIZE", Right: true}, {Title: "SINCE", Drop: 1}, {Title: "GOES"}, {Title: "PATH", Shrink: true}}}
	for _, c := range r.left {
		for _, f := range c.Found {
			if !f.Whole() {
				continue
			}
			entries++
			bytes += f.Note.ApparentSize
			goes := day(f.Note.Until)
			if f.Note.Due(now) {
				goes = "in the next run"
			}
			t.Add("", units.Bytes(f.Note.ApparentSize), day(f.Note.Time), goes, quoted(whereWas(c, f.Note)))
		}
	}
	if entries == 0 {
		fmt.Fprintln(out, "Nothing is in quarantine.")
		return
	}
	fmt.Fprint(out, t.Render(width, st))
	fmt.Fprintf(out, "%s, %s in quarantine.\n", count(entries), units.Bytes(bytes))
}

// document is the same for scripts.
func (r *restoring) document() object {
	restored, errs := list{}, list{}
	for _, one := range r.restored {
		restored = append(restored, object{{"path", one.Path}, {"dist", string(one.Note.Dist)}, {"category", one.Note.Category}, {"apparent_size", one.Note.ApparentSize}})
	}
	for _, err := range r.errors {
		path := ""
		occupied, refused := (*removal.OccupiedError)(nil), (*quarantine.RefusedError)(nil)
		switch {
		case errors.As(err, &occupied):
			path = occupied.Path
		case errors.As(err, &refused):
			path = refused.Path
		}
		errs = append(errs, failureDocument(path, err))
	}
	return newDocument(object{
		{"success", !r.failed()}, {"dry_run", r.dryRun}, {"restored", restored}, {"not_found", stringList(r.missed)},
		{"quarantined", asideList(r.left)}, {"errors", errs}, {"warnings", warningsDocument(r.problems)},
	}...)
}

// asideList is what is in quarantine, for scripts.
func asideList(caches []cache.Aside) list {
	l := list{}
	for _, c := range caches {
		for _, f := range c.Found {
			if f.Whole() {
				l = append(l, object{
					{"path", filepath.Join(c.Cache.Path, quarantine.Dir, f.Name)}, {"origin", whereWas(c, f.Note)}, {"dist", string(f.Note.Dist)}, {"category", f.Note.Category},
					{"time", stamp(f.Note.Time)}, {"until", stamp(f.Note.Until)}, {"because", known(f.Note.Reason)},
					{"apparent_size", f.Note.ApparentSize}, {"disk_size", f.Note.DiskSize}, {"files", f.Note.Files},
				})
			}
		}
	}
	return l
}

// asideLines has a line for each cache with something in quarantine.
func asideLines(caches []cache.Aside) []string {
	var lines []string
	for _, c := range caches {
		var bytes int64
		var first time.Time
		entries := 0
		for _, f := range c.Found {
			if f.Whole() {
				entries++
				bytes += f.Note.ApparentSize
				if first.IsZero() || f.Note.Until.Before(first) {
					first = f.Note.Until
				}
			}
		}
		switch {
		case c.Err != nil:
			lines = append(lines, note(c.Cache.Path, told(c.Err)))
		case entries > 0:
			lines = append(lines, note(c.Cache.Path, count(entries), units.Bytes(bytes), "the first goes "+day(first)))
		}
	}
	return lines
}

// was shows the old path of an entry in quarantine, after its path.
func was(e *cache.Entry) string {
	if e.Origin == "" {
		return ""
	}
	return "  was " + quoted(e.Origin)
}

// aside prints what is put in quarantine. That frees nothing yet. then ends the line.
func (t text) aside(where, then string, s cache.Sizes, entries []*cache.Entry) {
	fmt.Fprintf(t.out, "%s: %s (%s) until %s.%s\n", where, count(s.AsideEntries), units.Bytes(s.Aside), day(untilOf(entries)), then)
}

// restoreAll is the command line that puts back what is in quarantine. It names the caches
// of other users: "gclean restore" does not look for them.
func (a *app) restoreAll(p *cache.Plan) string {
	words := []string{"--all"}
	if len(byUser(p.Remove)) > 0 {
		for _, e := range p.Remove {
			if e.Aside() && !slices.Contains(words, e.Dir) {
				words = append(words, "--pkgs-dir", e.Dir)
			}
		}
	}
	return a.again("restore", words...)
}

// untilOf is when the quarantine of entries ends.
func untilOf(entries []*cache.Entry) (until time.Time) {
	for _, e := range entries {
		if e.Aside() && e.Until.After(until) {
			until = e.Until
		}
	}
	return until
}

// day is a time with minutes, in the time zone of this machine.
func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
