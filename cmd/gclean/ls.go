package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/internal/table"
	"gclean/internal/terminal"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/meta/dist"
)

// lookFlags are the flags of commands that look at distributions.
type lookFlags struct {
	placeFlags
	ignoreUnreadable bool
	jobs             int
}

func (f *lookFlags) register(fs *pflag.FlagSet, json *bool) {
	registerJSON(fs, json, "print one JSON document")
	registerIgnoreUnreadable(fs, &f.ignoreUnreadable)
	registerJobs(fs, &f.jobs, "read up to N folders at a time")
}

// look says where and how the library looks.
func (f *lookFlags) look(d *meta.Discovery) cache.Look {
	return cache.Look{
		Discovery:        d,
		IgnoreUnreadable: f.ignoreUnreadable,
		NothingRuns:      f.root != "",
		Jobs:             f.jobs,
	}
}

// lsFlags are the flags of "gclean ls".
type lsFlags struct {
	lookFlags
	order        string
	unused, held bool
}

// check refuses flags that make no sense together.
func (f *lsFlags) check() error {
	if f.unused && f.held {
		return usageError{"--unused and --held: choose one; without them, ls lists both."}
	}
	return nil
}

// takes says whether a package is to be listed.
func (f *lsFlags) takes(p *cache.Package) bool {
	return !f.unused && !f.held || f.held == p.Held()
}

// newLs is "gclean ls".
func newLs(a *app) *cobra.Command {
	f := new(lsFlags)
	cmd := &cobra.Command{
		Use:   "ls [DIST...]",
		Short: "list the packages in the caches",
		Example: `gclean ls --unused --sort size
gclean ls 'numpy-*' python`,
		Annotations: common("sort", "unused", "held", "pkgs-dir", "prefix", "all-users", "json"),
		Long: `List the packages in the caches.

` + distText + `

SIZE is the sum of the file sizes. FREED and INODES are the disk space (df) and
the inodes (df -i) that gclean frees if it removes only this package. HELD is
the number of environments that use the extracted package, or "+" if something
else keeps it.`,
		ValidArgsFunction: a.completeDist,
		RunE:              func(cmd *cobra.Command, dists []string) error { return a.ls(cmd.Context(), f, dists) },
	}
	f.placeFlags.register(cmd.Flags())
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) {
		f.order = "name"
		fs.Var(choice{&f.order, "KEY", []string{"name", "size", "age", "held"}}, "sort", "sort by name, size, age or held")
		fs.BoolVar(&f.unused, "unused", false, "list only packages that gclean would remove")
		fs.BoolVar(&f.held, "held", false, "list only packages that gclean would keep")
		f.register(fs, &a.json)
	})
	return cmd
}

// ls lists the distributions in the caches. It changes nothing.
func (a *app) ls(ctx context.Context, f *lsFlags, dists []string) error {
	if err := f.check(); err != nil {
		return err
	}
	users := a.usersToLook(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	a.alsoJSON(d.Config.JSON)
	list, problems, err := cache.List(ctx, cache.ListOptions{Look: f.look(d), Dists: dists})
	if err != nil {
		return lookError(ctx, err)
	}
	slices.SortStableFunc(list, lsOrders()[f.order])
	missed := unmatched(dists, list)
	list = slices.DeleteFunc(list, func(p *cache.Package) bool { return !f.takes(p) })
	failed := len(missed) > 0 || problems.Failed()
	if a.json {
		a.stdout.WriteString(encoded(lsDocument(list, problems, missed, failed)))
	} else {
		lsTable(a.stdout, list, terminal.Width(a.screen), styleOf(a.screen, "auto"))
	}
	if err := a.shown(); err != nil {
		return err
	}
	if !a.json {
		a.warnLook(ctx, f.look(d), problems, missed)
	}
	if failed {
		return status(exitFailed)
	}
	return nil
}

// lookError is an error of the library, before anything is shown.
func lookError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return usageError{told(err)}
}

// warnLook reports what gclean could not read, and what it did not find.
func (a *app) warnLook(ctx context.Context, look cache.Look, problems meta.Problems, missed []string) {
	t := text{err: a.stderr}
	t.problems(problems)
	if len(missed) == 0 {
		return
	}
	names, _ := cache.Names(ctx, look) // the reason was reported
	for _, pattern := range missed {
		t.warn(quoted(pattern) + ": nothing in the caches has that name" + nearDist(pattern, names))
	}
}

// unmatched are the patterns that match no package.
func unmatched(dists []string, list []*cache.Package) []string {
	var missed []string
	for _, pattern := range dists {
		if !slices.ContainsFunc(list, func(p *cache.Package) bool { return dist.Selects(pattern, p.Dist) }) {
			missed = append(missed, pattern)
		}
	}
	return missed
}

// lsOrders are the values of --sort: names in ascending order, everything else in
// descending order.
func lsOrders() map[string]func(a, b *cache.Package) int {
	return map[string]func(a, b *cache.Package) int{
		"name": func(a, b *cache.Package) int { return strings.Compare(a.Dist, b.Dist) },
		"size": func(a, b *cache.Package) int { return cmp.Compare(b.Apparent, a.Apparent) },
		"age":  func(a, b *cache.Package) int { return a.Changed.Compare(b.Changed) },
		"held": func(a, b *cache.Package) int {
			return cmp.Or(cmp.Compare(len(b.Environments), len(a.Environments)), cmp.Compare(len(b.Holds), len(a.Holds)))
		},
	}
}

// lsTable prints one line for each package, at most width wide.
func lsTable(out io.Writer, list []*cache.Package, width int, st table.Style) {
	if len(list) == 0 {
		fmt.Fprintln(out, "There are no such packages in the caches.")
		return
	}
	now := time.Now()
	t := &table.Table{Columns: []table.Column{
		{Title: "NAME", Shrink: true}, {Title: "VERSION", Shrink: true}, {Title: "BUILD", Drop: 2, Shrink: true},
		{Title: "CHANNEL", Drop: 7, Shrink: true}, {Title: "FAMILY", Drop: 9},
		{Title: "SIZE", Right: true}, {Title: "FREED", Right: true}, {Title: "INODES", Right: true, Drop: 8}, {Title: "AGE", Right: true, Drop: 1},
		{Title: "HELD", Right: true}, {Title: "ARCHIVE", Drop: 6}, {Title: "EXTRACTED", Drop: 5}, {Title: "CACHE", Drop: 3, Shrink: true},
	}}
	if !slices.ContainsFunc(list, func(p *cache.Package) bool { return p.Cache.ID != list[0].Cache.ID }) {
		t.Hide("CACHE")
	}
	var apparent, freed, inodes int64
	for _, p := range list {
		apparent, freed, inodes = apparent+p.Apparent, freed+p.Freed, inodes+p.Inodes
		t.Add("", quoted(p.Name), orDash(p.Version), orDash(p.Build), orDash(channelName(p)), p.Cache.Family.String(),
			units.Bytes(p.Apparent), units.Bytes(p.Freed), number(p.Inodes), units.Span(now.Sub(p.Changed)), heldBy(p),
			archiveState(p), extractedState(p), quoted(p.Cache.Path))
	}
	io.WriteString(out, t.Render(width, st))
	io.WriteString(out, table.Wrap(fmt.Sprintf("%s, %s. Removing them would free %s.", units.Count(len(list), "package", "packages"), units.Bytes(apparent), diskSpace(freed, inodes)), width))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return quoted(s)
}

// channelName is the short name of a channel: conda-forge for
// https://conda.anaconda.org/conda-forge/linux-64.
func channelName(p *cache.Package) string {
	name := strings.TrimSuffix(strings.TrimSuffix(p.Channel, "/"), "/"+p.Subdir)
	for _, host := range []string{"https://conda.anaconda.org/", "https://repo.anaconda.com/", "https://repo.prefix.dev/"} {
		name = strings.TrimPrefix(name, host)
	}
	return name
}

// heldBy is the number of environments that hold a package; "+" if something else keeps
// it.
func heldBy(p *cache.Package) string {
	n := len(p.Environments)
	switch {
	case p.Extracted == nil:
		return "-"
	case n == 0 && p.Held():
		return "+"
	}
	return fmt.Sprint(n)
}

// archiveState describes the archive in a word.
func archiveState(p *cache.Package) string {
	if p.Aside != nil && dist.IsArchive(p.Aside.Origin) {
		return asideState(p)
	}
	if len(p.Archives) == 0 {
		return "-"
	}
	var states []string
	for _, e := range p.Archives {
		state := "tar.bz2"
		switch {
		case dist.IsPartial(e.Name):
			state = "partial"
		case dist.IsWheel(e.Name):
			state = "whl"
		case strings.HasSuffix(e.Name, ".conda"):
			state = "conda"
		}
		states = append(states, state)
	}
	return strings.Join(states, "+")
}

// asideState says until when a package stays in quarantine.
func asideState(p *cache.Package) string {
	return "quarantined until " + p.Aside.Until.Local().Format(time.DateOnly)
}

// extractedState says in a word whether the package is extracted.
func extractedState(p *cache.Package) string {
	switch {
	case p.Aside != nil && !dist.IsArchive(p.Aside.Origin):
		return asideState(p)
	case p.Extracted == nil:
		return "-"
	case p.Half:
		return "half"
	}
	return "yes"
}

// lsDocument is the list for scripts.
func lsDocument(packages []*cache.Package, problems meta.Problems, missed []string, failed bool) object {
	items := list{}
	for _, p := range packages {
		archives := list{}
		for _, e := range p.Archives {
			archives = append(archives, object{{"path", e.Path()}, {"apparent_size", e.Usage.Apparent}, {"partial", dist.IsPartial(e.Name)}})
		}
		var extracted, state any
		if p.Aside != nil {
			state = cache.StateAside.String()
		}
		if p.Extracted != nil {
			state = cache.StateOf(p.Holds).String()
			extracted = object{{"path", p.Extracted.Path()}, {"apparent_size", p.Extracted.Usage.Apparent}, {"files", p.Extracted.Usage.Files}, {"half", p.Half}}
		}
		items = append(items, object{
			{"dist", p.Dist}, {"name", p.Name}, {"version", known(p.Version)}, {"build", known(p.Build)},
			{"channel", known(p.Channel)}, {"subdir", known(p.Subdir)}, {"url", known(p.URL)},
			{"cache", p.Cache.Path}, {"family", p.Cache.Family.Code()},
			{"apparent_size", p.Apparent}, {"freed_size", p.Freed}, {"freed_inodes", p.Inodes},
			{"changed", p.Changed.UTC().Format(time.RFC3339)},
			{"archives", archives}, {"extracted", extracted}, {"quarantine", quarantineOf(p.Aside)},
			{"state", state}, {"environments", stringList(p.Environments)}, {"reasons", reasons(p.Holds)},
		})
	}
	return newDocument(object{
		{"success", !failed},
		{"packages", items},
		{"not_found", stringList(missed)},
		{"warnings", warningsDocument(problems)},
	}...)
}
