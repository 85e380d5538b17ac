package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/metrics"
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
	format  string
	html    file // path of the page, "-" for stdout
	metrics file
	top     int
	color   string
	// summary says that five lines were asked for.
	summary bool
	merge   bool // of the files that the arguments name
	by      string
	owner   string
	// filesOnly says that no format was asked for beside files.
	filesOnly bool
}

func (f *reportFlags) register(fs *pflag.FlagSet, json *bool) {
	f.placeFlags.register(fs)
	section(fs, "Output", func(fs *pflag.FlagSet) {
		f.format, f.top, f.color = "table", 10, "auto"
		fs.Var(choice{&f.format, "FORMAT", []string{"table", "text", "json", "csv", "markdown"}}, "format", "print a table, text (plain, for a mail), json, csv (one row per entry) or markdown (for GitHub)")
		fs.Var(choice{&f.by, "WHAT", []string{"owner"}}, "by", "owner: print for each owner what can be removed, what keeps the rest, and the command to run (table, text or json)")
		fs.Var(word{&f.owner, "NAME"}, "owner", "with --by owner, print only the part of this login name or UID")
		fs.Var(&f.html, "html", "write an HTML page to FILE, with a treemap and tables that you can sort and search; - is stdout")
		fs.Var(&f.metrics, "metrics", "write what each owner has in each cache to FILE, for node exporter")
		fs.BoolVar(&f.summary, "summary", false, "print five lines: what there is, what is used, and what can be freed")
		fs.BoolVar(&f.merge, "merge", false, "merge the reports of several hosts: each FILE is the output of gclean report --json on one host")
		fs.Var(whole{&f.top, math.MaxInt}, "top", "show at most N rows of the long tables; 0 shows all")
		fs.Var(choice{&f.color, "WHEN", []string{"auto", "always", "never"}}, "color", "use colours: auto (on a terminal), always or never")
		f.lookFlags.register(fs, json)
	})
}

// check refuses values that make no sense.
func (f *reportFlags) check(json bool) error {
	switch {
	case f.by != "" && (f.summary || f.format == "csv" || f.format == "markdown" || f.html != ""):
		return usageError{"--by owner prints a table, text or JSON: leave out --summary, --html and other formats."}
	case f.by == "" && f.owner != "":
		return usageError{"--owner selects a part of --by owner: pass both."}
	case f.summary && (json || f.format != "table" || f.html != ""):
		return usageError{"--summary prints a table: leave out --json, --format and --html, which print more."}
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
		Use:   "report [--merge FILE...]",
		Short: "show who uses what: tables, text, JSON, CSV, Markdown, HTML",
		Example: `gclean report
gclean report --summary
gclean report --all-users --html report.html
gclean report --format csv >report.csv
gclean report --all-users --by owner --format text`,
		Annotations: common("summary", "pkgs-dir", "all-users", "format", "by", "html", "top", "json"),
		Long: `Show who uses what in the caches, and what gclean --all would free now.

The report has tables by category, cache, owner, environment (what it alone
uses, and what it shares) and package name. It also lists packages that are in
several caches, and the largest entries. With --by owner, it has a part for each
owner, to be mailed. With --merge, it shows several hosts, from the reports in
FILE, and adds a table by host.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.merge {
				return checkMerge(cmd, args, a.fileSays)
			}
			return noArguments(cmd, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			if f.merge {
				return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			if cmd.Flags().Changed("html") || cmd.Flags().Changed("metrics") {
				f.filesOnly = !cmd.Flags().Changed("format") && !f.summary && f.by == "" && !a.json
			}
			if f.merge {
				return a.mergeReports(cmd.Context(), f, files)
			}
			return a.report(cmd.Context(), f)
		},
	}
	f.register(cmd.Flags(), &a.json)
	return cmd
}

// report shows who uses what in the caches. It changes nothing.
func (a *app) report(ctx context.Context, f *reportFlags) error {
	// The command line overrides a file.
	if f.summary || a.typed("format") {
		a.json = a.json && !a.fileSays("json")
	}
	if a.fileSays("format") && (f.summary || a.json && a.typed("json")) {
		f.format = "table"
	}
	if err := f.check(a.json); err != nil {
		return err
	}
	files, err := a.beginFiles(f) // before the long search
	if err != nil {
		return err
	}
	defer files.drop()
	users := a.usersToLook(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	a.alsoJSON(d.Config.JSON && f.format == "table" && f.html == "")
	o := cache.ReportOptions{Look: f.look(d)}
	o.System = a.system
	if a.image == "" { // an image has no host
		o.Host, o.Machine = reportHost()
	}
	o.TempPaths = new(tempPaths).folders(&cleanFlags{placeFlags: f.placeFlags}, d.Config.RootPrefix.Path)
	r, err := cache.NewReport(ctx, o)
	if err != nil {
		return lookError(ctx, err)
	}
	found, err := others.Find(ctx, d, f.jobs)
	if err != nil {
		return lookError(ctx, err)
	}
	return a.showReport(ctx, f, o.Look, files, r, found)
}

// reportFiles are the files that a report is written to; nil where none was asked for.
type reportFiles struct{ page, metrics *atomicfile.File }

// beginFiles begins the files of a report: it fails early if one cannot be written.
func (a *app) beginFiles(f *reportFlags) (files reportFiles, err error) {
	a.json = a.json || f.format == "json"
	if f.html != "" && f.html != "-" {
		if files.page, err = a.create("html", string(f.html)); err != nil {
			return files, err
		}
	}
	if f.metrics != "" {
		if files.metrics, err = a.create("metrics", string(f.metrics)); err != nil {
			files.drop()
		}
	}
	return files, err
}

func (files reportFiles) drop() {
	for _, file := range []*atomicfile.File{files.page, files.metrics} {
		if file != nil {
			file.Drop()
		}
	}
}

// showReport prints a report in the format that was asked for, and writes the page.
func (a *app) showReport(ctx context.Context, f *reportFlags, look cache.Look, files reportFiles, r *cache.Report, found []others.Folder) error {
	failed := r.Problems.Failed()
	if files.page != nil {
		err := files.page.Keep(func(w io.Writer) error { return htmlreport.Write(w, r, a.pageOptions(r, found)) })
		if err != nil {
			return outputError{err: err, file: string(f.html), flag: "html"}
		}
	}
	if files.metrics != nil {
		figures := metrics.Report{Report: r, Success: !failed}
		if err := files.metrics.Keep(figures.Write); err != nil {
			return outputError{err: err, file: string(f.metrics), flag: "metrics"}
		}
	}
	switch {
	case f.html == "-":
		if err := htmlreport.Write(a.stdout, r, a.pageOptions(r, found)); err != nil && !readerLeft(err) {
			return outputError{err: err}
		}
	case f.filesOnly:
		for _, path := range []file{f.html, f.metrics} {
			if path != "" {
				fmt.Fprintf(a.stdout, "Wrote %s.\n", quoted(string(path)))
			}
		}
	case f.by != "":
		a.showOwners(f, look, r, !failed)
	case a.json:
		a.stdout.WriteString(encoded(reportDocument(r, found, !failed)))
	case f.format == "csv":
		reportCSV(a.stdout, r, found)
	case f.summary:
		reportSummary(a.stdout, r, terminal.Width(a.screen), styleOf(a.screen, f.color))
	case f.format == "markdown":
		reportMarkdown(a.stdout, r, found, f.top)
	default:
		prose, tables, style := f.layout(a.screen)
		reportTable(a.stdout, r, found, f.top, prose, tables, style, a.again("", "--all"))
	}
	if err := a.shown(); err != nil {
		return err
	}
	if !a.json {
		a.warnLook(ctx, look, r.Problems, nil)
	}
	switch {
	case failed:
		return status(exitFailed)
	case r.Doubt:
		return status(exitDoubt)
	}
	return nil
}

// mailWidth is how wide sentences are in a mail (RFC 5322 asks for less than 79).
const mailWidth = 72

// layout is how a report is drawn: the widths of sentences and of tables, and the style.
// In text, no cell loses its middle.
func (f *reportFlags) layout(screen io.Writer) (prose, tables int, style table.Style) {
	if f.format == "text" {
		return mailWidth, math.MaxInt, table.Style{}
	}
	width := terminal.Width(screen)
	return width, width, styleOf(screen, f.color)
}

// styleOf is the style of tables on w, if --color has the value color.
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

// pageOptions are the parts of a page that come from gclean itself.
func (a *app) pageOptions(r *cache.Report, found []others.Folder) htmlreport.Options {
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
	o.Host = r.Host
	if r.Hosts != nil { // nothing that can be run on this host
		o.Host, o.Run = hostNames(r), htmlreport.Run{}
	}
	return o
}
