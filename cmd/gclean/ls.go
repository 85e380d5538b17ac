package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
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
	registerJSON(fs, json, "one JSON document")
	registerIgnoreUnreadable(fs, &f.ignoreUnreadable)
	registerJobs(fs, &f.jobs, "folders read at a time")
}

// look is where and how the library looks.
func (f *lookFlags) look(d *meta.Discovery) cache.Look {
	return cache.Look{
		Discovery:        d,
		IgnoreUnreadable: f.ignoreUnreadable,
		NothingRuns:      f.root != "",
		Jobs:             f.jobs,
	}
}

// newLs is "gclean ls".
func newLs(a *app) *cobra.Command {
	f, order := new(lookFlags), "name"
	cmd := &cobra.Command{
		Use:   "ls [DIST...]",
		Short: "list the packages in the caches",
		Example: `gclean ls --sort size
gclean ls 'numpy-*' python`,
		Annotations: common("sort", "pkgs-dir", "prefix", "all-users", "json"),
		Long: `List the packages in the caches.

` + distText + ` Columns: SIZE is the sum of
file sizes, FREED what df would gain if the package went alone, INODES what
df -i would; HELD the number of environments that use the extracted package,
"+" where something else keeps it.`,
		RunE: func(cmd *cobra.Command, dists []string) error { return a.ls(cmd.Context(), f, order, dists) },
	}
	f.placeFlags.register(cmd.Flags())
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) {
		fs.Var(choice{&order, "KEY", []string{"name", "size", "age", "held"}}, "sort", "by name, size, age or held")
		f.register(fs, &a.json)
	})
	return cmd
}

// ls lists the distributions in the caches, and changes nothing.
func (a *app) ls(ctx context.Context, f *lookFlags, order string, dists []string) error {
	users := a.usersToLook(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	a.json = a.json || d.Config.JSON
	list, problems, err := cache.List(ctx, cache.ListOptions{Look: f.look(d), Dists: dists})
	if err != nil {
		return lookError(ctx, err)
	}
	slices.SortStableFunc(list, lsOrders()[order])
	missed := unmatched(dists, list)
	failed := len(missed) > 0 || problems.Failed()
	if a.json {
		a.stdout.WriteString(encoded(lsDocument(list, problems, missed, failed)))
	} else {
		lsTable(a.stdout, list)
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

// lookError is an error of the library before anything is shown.
func lookError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return usageError{told(err)}
}

// warnLook tells what could not be looked at, and what is not there.
func (a *app) warnLook(ctx context.Context, look cache.Look, problems meta.Problems, missed []string) {
	t := text{err: a.stderr}
	t.problems(problems)
	if len(missed) == 0 {
		return
	}
	names, _ := cache.Names(ctx, look) // why it fails has been told
	for _, pattern := range missed {
		t.warn(quoted(pattern) + ": nothing in the caches has that name" + nearDist(pattern, names))
	}
}

// unmatched are the patterns that no package has.
func unmatched(dists []string, list []*cache.Package) []string {
	var missed []string
	for _, pattern := range dists {
		if !slices.ContainsFunc(list, func(p *cache.Package) bool { return dist.Selects(pattern, p.Dist) }) {
			missed = append(missed, pattern)
		}
	}
	return missed
}

// lsOrders are the values of --sort: names upwards, all else the greatest
// first.
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

// lsTable prints one line for each package.
func lsTable(out io.Writer, list []*cache.Package) {
	if len(list) == 0 {
		fmt.Fprintln(out, "There are no packages in the caches.")
		return
	}
	several := slices.ContainsFunc(list, func(p *cache.Package) bool { return p.Cache.ID != list[0].Cache.ID })
	now := time.Now()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	header := []string{"NAME", "VERSION", "BUILD", "CHANNEL", "FAMILY", "SIZE", "FREED", "INODES", "AGE", "HELD", "ARCHIVE", "EXTRACTED"}
	if several {
		header = append(header, "CACHE")
	}
	fmt.Fprintln(w, strings.Join(header, "\t"))
	var apparent, freed, inodes int64
	for _, p := range list {
		apparent, freed, inodes = apparent+p.Apparent, freed+p.Freed, inodes+p.Inodes
		row := []string{
			quoted(p.Name), orDash(p.Version), orDash(p.Build), orDash(channelName(p)), p.Cache.Family.String(),
			units.Bytes(p.Apparent), units.Bytes(p.Freed), number(p.Inodes), units.Span(now.Sub(p.Changed)), heldBy(p),
			archiveState(p), extractedState(p),
		}
		if several {
			row = append(row, quoted(p.Cache.Path))
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush() // out keeps its error
	fmt.Fprintf(out, "%s, %s; %s would be free on disk without them.\n", units.Count(len(list), "package", "packages"), units.Bytes(apparent), room(freed, inodes))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return quoted(s)
}

// channelName is a channel as people say it: conda-forge for
// https://conda.anaconda.org/conda-forge/linux-64.
func channelName(p *cache.Package) string {
	name := strings.TrimSuffix(strings.TrimSuffix(p.Channel, "/"), "/"+p.Subdir)
	for _, host := range []string{"https://conda.anaconda.org/", "https://repo.anaconda.com/", "https://repo.prefix.dev/"} {
		name = strings.TrimPrefix(name, host)
	}
	return name
}

// heldBy is by how many environments a package is held; "+" where something
// else keeps it.
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

// archiveState is what was downloaded, in a word.
func archiveState(p *cache.Package) string {
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

// extractedState says whether the package is unpacked, in a word.
func extractedState(p *cache.Package) string {
	switch {
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
			{"archives", archives}, {"extracted", extracted},
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
