package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/htmlreport"
	"gclean/internal/atomicfile"
	"gclean/internal/shellquote"
	"gclean/internal/table"
	"gclean/internal/terminal"
	"gclean/meta/others"
)

// reportFlags are the flags of "gclean report".
type reportFlags struct {
	lookFlags
	format string
	html   file // path of the page, "-" for stdout
	top    int
	color  string
	// summary says that five lines are enough.
	summary bool
	// pageOnly says that no format was asked for beside the page.
	pageOnly bool
}

func (f *reportFlags) register(fs *pflag.FlagSet, json *bool) {
	f.placeFlags.register(fs)
	section(fs, "Output", func(fs *pflag.FlagSet) {
		f.format, f.top, f.color = "table", 10, "auto"
		fs.Var(choice{&f.format, "FORMAT", []string{"table", "json", "csv", "markdown"}}, "format", "table, json, csv, which has a row an entry, or markdown, for GitHub")
		fs.Var(&f.html, "html", "write one page, with a treemap and tables that sort and search; - is stdout")
		fs.BoolVar(&f.summary, "summary", false, "five lines: what there is, what is used, and what can be reclaimed")
		fs.Var(whole{&f.top, math.MaxInt}, "top", "rows of the long tables; 0 shows all")
		fs.Var(choice{&f.color, "WHEN", []string{"auto", "always", "never"}}, "color", "when to use colours: auto, always or never")
		f.lookFlags.register(fs, json)
	})
}

// check refuses values that make no sense.
func (f *reportFlags) check(json bool) error {
	switch {
	case f.summary && (json || f.format != "table" || f.html != ""):
		return usageError{"--summary is a table: leave --json, --format and --html out, which have more."}
	case json && f.format != "table" && f.format != "json":
		return usageError{"--json and --format " + f.format + ": choose one."}
	case f.html == "-" && (json || f.format != "table"):
		return usageError{"--html - and another format cannot both be on stdout."}
	}
	return nil
}

// newReport is "gclean report".
func newReport(a *app) *cobra.Command {
	f := new(reportFlags)
	cmd := &cobra.Command{
		Use:   "report",
		Short: "show who uses what, as tables, JSON, CSV, Markdown or a page",
		Example: `gclean report
gclean report --summary
gclean report --all-users --html report.html
gclean report --format csv >report.csv`,
		Annotations: common("summary", "pkgs-dir", "all-users", "format", "html", "top", "json"),
		Long: `Show who uses what in the caches, and what gclean --all would free now.

By category, cache, owner, environment (what it alone uses, what it shares) and
package name; what several caches have both; the largest entries.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("html") {
				f.pageOnly = !cmd.Flags().Changed("format") && !a.json
			}
			return a.report(cmd.Context(), f)
		},
	}
	f.register(cmd.Flags(), &a.json)
	return cmd
}

// report shows who uses what in the caches, and changes nothing.
func (a *app) report(ctx context.Context, f *reportFlags) error {
	if f.summary { // the command line goes before a file
		a.json = a.json && !a.fileSays("json")
		if a.fileSays("format") {
			f.format = "table"
		}
	}
	if err := f.check(a.json); err != nil {
		return err
	}
	var page *atomicfile.File
	var err error
	if f.html != "" && f.html != "-" { // before the long look around
		if page, err = a.create("html", string(f.html)); err != nil {
			return err
		}
		defer page.Drop()
	}
	users := a.usersToLook(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	a.json = a.json || f.format == "json" || d.Config.JSON && f.format == "table" && f.html == ""
	o := cache.ReportOptions{Look: f.look(d)}
	o.System = a.system
	o.TempPaths = new(tempPaths).folders(&cleanFlags{placeFlags: f.placeFlags}, d.Config.RootPrefix.Path)
	r, err := cache.NewReport(ctx, o)
	if err != nil {
		return lookError(ctx, err)
	}
	found, err := others.Find(ctx, d, f.jobs)
	if err != nil {
		return lookError(ctx, err)
	}
	failed := r.Problems.Failed()
	if page != nil {
		err := page.Keep(func(w io.Writer) error { return htmlreport.Write(w, r, a.pageOptions(found)) })
		if err != nil {
			return outputError{err: err, file: string(f.html), flag: "html"}
		}
	}
	switch {
	case f.html == "-":
		if err := htmlreport.Write(a.stdout, r, a.pageOptions(found)); err != nil && !readerLeft(err) {
			return outputError{err: err}
		}
	case f.pageOnly:
		fmt.Fprintf(a.stdout, "Wrote %s.\n", quoted(string(f.html)))
	case a.json:
		a.stdout.WriteString(encoded(reportDocument(r, found, !failed)))
	case f.format == "csv":
		reportCSV(a.stdout, r)
	case f.summary:
		reportSummary(a.stdout, r, terminal.Width(a.screen), styleOf(a.screen, f.color))
	case f.format == "markdown":
		reportMarkdown(a.stdout, r, found, f.top)
	default:
		reportTable(a.stdout, r, found, f.top, terminal.Width(a.screen), styleOf(a.screen, f.color), a.again("", "--all"))
	}
	if err := a.shown(); err != nil {
		return err
	}
	if !a.json {
		a.warnLook(ctx, o.Look, r.Problems, nil)
	}
	switch {
	case failed:
		return status(exitFailed)
	case r.Doubt:
		return status(exitDoubt)
	}
	return nil
}

// styleOf is how tables on w are drawn, where the flag --color has the value color.
func styleOf(w io.Writer, color string) table.Style {
	st := table.Style{Box: terminal.Moves(w) && terminal.UTF8(), Color: terminal.Escapes(w)}
	switch color {
	case "always":
		st.Color = true
	case "never":
		st.Color = false
	}
	return st
}

// pageOptions are what is gclean's own in a page.
func (a *app) pageOptions(found []others.Folder) htmlreport.Options {
	o := htmlreport.Options{
		Generator: "gclean " + version(), Root: a.image, Message: told, Others: found,
		Command: shellquote.Join(append(strings.Fields(a.name), a.args...)...),
		Run: htmlreport.Run{
			All: a.again("", "--all"), Base: a.again(""), Cache: "--pkgs-dir", OlderThan: "--older-than", Include: "--include",
			Targets: map[cache.Category]string{
				cache.Tarballs: "--tarballs", cache.IndexCache: "--index-cache", cache.Packages: "--packages",
				cache.LogFiles: "--logfiles", cache.Locks: "--locks", cache.Trash: "--trash",
			},
		},
	}
	if a.image == "" { // an image has no host
		o.Host, _ = os.Hostname()
	}
	return o
}
