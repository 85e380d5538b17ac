package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gclean/internal/atomicfile"
	"gclean/internal/mdoc"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan is "gclean man", for packagers.
func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "write the man pages into a folder",
		Example: "gclean man /usr/local/share/man/man1",
		Long: `Write the man pages of gclean and its commands (gclean.1, gclean-ls.1 and so on)
into a folder. gclean makes the folder if it is missing. The pages have the date
of $SOURCE_DATE_EPOCH, or else of the commit that was built, or else of today.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usageError{cmd.CommandPath() + " needs one folder to write into." + seeHelp(cmd)}
			}
			return nil
		},
		ValidArgsFunction: completeFolder,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.writePages(cmd.Root(), args[0]) },
	}
}

// writePages writes the page of each command into dir. The pages say "gclean", whatever
// name it was called by.
func (a *app) writePages(root *cobra.Command, dir string) error {
	delete(root.Annotations, cobra.CommandDisplayNameAnnotation)
	date, err := pageDate(committed(), a.now())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, cmd := range allCommands(root) {
		if pageName(cmd) == linter {
			continue // the linter writes that page itself
		}
		f, err := atomicfile.Create(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			return err
		}
		err = f.Keep(func(w io.Writer) error {
			_, err := io.WriteString(w, page(cmd, date))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pageDate is the date of the pages. It must be the same in every build of a commit.
func pageDate(committed, now time.Time) (string, error) {
	if epoch, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok {
		const most = 253402300799 // the end of the year 9999
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 || seconds > most {
			return "", usageError{fmt.Sprintf("SOURCE_DATE_EPOCH is %s: expected seconds since 1970.", printable(strconv.Quote(epoch)))}
		}
		committed = time.Unix(seconds, 0)
	}
	if committed.IsZero() {
		committed = now // built without a repository
	}
	return committed.UTC().Format("January 2, 2006"), nil
}

// pageName is the name of the page of cmd, without the section.
func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// page is the man page of cmd, as mdoc(7).
func page(cmd *cobra.Command, date string) string {
	p := new(mdoc.Page)
	name := pageName(cmd)
	p.Macro("Dd", date)
	p.Macro("Dt", strings.ToUpper(name), "1")
	p.Macro("Os")
	p.Macro("Sh", "NAME")
	p.Macro("Nm", name)
	p.Macro("Nd", cmd.Short)
	p.Macro("Sh", "SYNOPSIS")
	p.Macro("Nm", cmd.CommandPath())
	p.Text(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()+" "))
	commands := shownCommands(cmd)
	if len(commands) > 0 {
		p.Macro("Nm", cmd.CommandPath())
		p.Text("COMMAND [flags]")
	}
	p.Macro("Sh", "DESCRIPTION")
	p.Text(cmd.Long)
	if len(commands) > 0 {
		p.Macro("Sh", "COMMANDS")
		p.Tagged(func() {
			for _, sub := range commands {
				p.Item("Cm", called(sub, helpWidth))
				p.Text(sentence(sub.Short) + ".")
				p.Macro("Xr", pageName(sub), "1")
			}
		})
	}
	p.Macro("Sh", "OPTIONS")
	for _, s := range flagSections(cmd) {
		p.Heading(s.heading)
		p.Tagged(func() { s.flags.VisitAll(func(f *pflag.Flag) { flagItem(p, f) }) })
	}
	if !cmd.HasParent() {
		places(p)
	}
	p.Macro("Sh", "EXIT STATUS")
	p.Tagged(func() {
		for _, line := range exitCodes(cmd) {
			code, meaning, _ := strings.Cut(line, " ")
			p.Item(code)
			p.Text(sentence(meaning) + ".")
		}
	})
	if cmd.Example != "" {
		p.Macro("Sh", "EXAMPLES")
		for line := range strings.Lines(cmd.Example) {
			p.Example(strings.TrimSpace(line))
		}
	}
	if cmd.HasParent() {
		p.Macro("Sh", "SEE ALSO")
		p.Macro("Xr", pageName(cmd.Root()), "1")
	}
	return p.String()
}

// flagItem writes an item for a flag.
func flagItem(p *mdoc.Page, f *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(f)
	var words []string
	if f.Shorthand != "" {
		words = append(words, "Fl", f.Shorthand, ",")
	}
	words = append(words, "Fl", mdoc.Escape("-"+f.Name))
	if optional, ok := strings.CutPrefix(value, "["); ok {
		words = append(words, "Op")
		value = strings.TrimSuffix(optional, "]")
	}
	if value != "" {
		words = append(words, "Ar", mdoc.Escape(value))
	}
	p.Item(words...)
	p.Text(sentence(usage) + ".")
	switch f.DefValue {
	case "", "0", "0s", "false":
	default:
		p.Text("The default is " + f.DefValue + ".")
	}
}

// places describes what gclean reads besides its command line.
func places(p *mdoc.Page) {
	p.Macro("Sh", "ENVIRONMENT")
	p.Text(`gclean finds caches and environments by the same variables as conda, mamba, rattler and pixi. These matter most:`)
	p.Tagged(func() {
		for _, v := range [][2]string{
			{"CONDA_PKGS_DIRS", "package caches"},
			{"CONDA_ENVS_DIRS , CONDA_ENVS_PATH", "folders of environments"},
			{"CONDA_ROOT , CONDA_ROOT_PREFIX , CONDA_EXE", "the conda installation"},
			{"CONDARC , MAMBARC", "an additional configuration file"},
			{"CONDA_DRY_RUN , CONDA_ALWAYS_YES , CONDA_JSON , CONDA_QUIET", "the same as --dry-run, --yes, --json and --quiet"},
			{"MAMBA_ROOT_PREFIX", "the installation of mamba or micromamba"},
			{"RATTLER_CACHE_DIR , PIXI_CACHE_DIR", "the caches of rattler and pixi"},
			{"PIXI_HOME", "where pixi keeps global environments"},
		} {
			p.Item("Ev", v[0])
			p.Text(sentence(v[1]) + ".")
		}
	})
	p.Macro("Sh", "FILES")
	p.Tagged(func() {
		for _, v := range [][2]string{
			{"/etc/" + configName, "flags for all users"},
			{"$XDG_CONFIG_HOME/" + configName, "flags for this user; without the variable, the file is in ~/.config"},
			{"~/.conda/environments.txt", "the list of environments that conda and mamba keep"},
		} {
			p.Item("Pa", v[0])
			p.Text(sentence(v[1]) + ".")
		}
	})
}
