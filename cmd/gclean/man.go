package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newMan is "gclean man", which packagers run.
func newMan(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "write the man pages into a folder",
		Long: `Write the man pages of gclean and its commands into a folder, which is made if
it is missing: gclean.1, gclean-ls.1 and so on. Their date is that of the commit
that was built, or $SOURCE_DATE_EPOCH.`,
		Annotations: exits("0 done", "1 a page could not be written", "2 wrong usage"),
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

// writePages writes a page of each command into dir. They are about gclean, by
// whatever name it was called.
func (a *app) writePages(root *cobra.Command, dir string) error {
	delete(root.Annotations, cobra.CommandDisplayNameAnnotation)
	date, err := pageDate(committed())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, cmd := range append(shownCommands(root), root) {
		f, err := a.create(filepath.Join(dir, pageName(cmd)+".1"))
		if err != nil {
			return err
		}
		err = f.keep(func(w io.Writer) error {
			_, err := io.WriteString(w, page(cmd, date))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// pageDate is the date of the pages, which must be the same for every build of a
// commit.
func pageDate(committed time.Time) (string, error) {
	if epoch, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok {
		const most = 253402300799 // the end of the year 9999
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 || seconds > most {
			return "", usageError{fmt.Sprintf("SOURCE_DATE_EPOCH is %s: want seconds since 1970.", printable(strconv.Quote(epoch)))}
		}
		committed = time.Unix(seconds, 0)
	}
	if committed.IsZero() {
		return "", usageError{"This gclean does not know the date of its commit: say seconds since 1970 by SOURCE_DATE_EPOCH."}
	}
	return committed.UTC().Format("January 2, 2006"), nil
}

// pageName is the name of the page of cmd, without its section.
func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// page is the man page of cmd, in the language of mdoc(7).
func page(cmd *cobra.Command, date string) string {
	var p mdoc
	name := pageName(cmd)
	p.macro("Dd", date)
	p.macro("Dt", strings.ToUpper(name), "1")
	p.macro("Os")
	p.macro("Sh", "NAME")
	p.macro("Nm", name)
	p.macro("Nd", cmd.Short)
	p.macro("Sh", "SYNOPSIS")
	p.macro("Nm", cmd.CommandPath())
	p.text(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()+" "))
	commands := shownCommands(cmd)
	if len(commands) > 0 {
		p.macro("Nm", cmd.CommandPath())
		p.text("COMMAND [flags]")
	}
	p.macro("Sh", "DESCRIPTION")
	p.text(cmd.Long)
	if len(commands) > 0 {
		p.macro("Sh", "COMMANDS")
		p.tagged(func() {
			for _, sub := range commands {
				p.item("Cm", called(sub))
				p.text(sentence(sub.Short) + ".")
				p.macro("Xr", pageName(sub), "1")
			}
		})
	}
	p.macro("Sh", "OPTIONS")
	for _, s := range flagSections(cmd) {
		p.heading(s.heading)
		p.tagged(func() { s.flags.VisitAll(p.flag) })
	}
	if !cmd.HasParent() {
		p.places()
	}
	if codes := exitCodes(cmd); codes != nil {
		p.macro("Sh", "EXIT STATUS")
		p.tagged(func() {
			for _, line := range codes {
				code, meaning, _ := strings.Cut(line, " ")
				p.item(code)
				p.text(sentence(meaning) + ".")
			}
		})
	}
	if cmd.Example != "" {
		p.macro("Sh", "EXAMPLES")
		for line := range strings.Lines(cmd.Example) {
			p.example(strings.TrimSpace(line))
		}
	}
	if cmd.HasParent() {
		p.macro("Sh", "SEE ALSO")
		p.macro("Xr", pageName(cmd.Root()), "1")
	}
	return p.String()
}

// places writes what gclean reads besides its command line.
func (p *mdoc) places() {
	p.macro("Sh", "ENVIRONMENT")
	p.text(`gclean finds caches and environments as conda, mamba, rattler and pixi do, by the same variables. These matter most:`)
	p.tagged(func() {
		for _, v := range [][2]string{
			{"CONDA_PKGS_DIRS", "package caches"},
			{"CONDA_ENVS_DIRS , CONDA_ENVS_PATH", "folders of environments"},
			{"CONDA_ROOT , CONDA_ROOT_PREFIX , CONDA_EXE", "the conda installation"},
			{"CONDARC , MAMBARC", "one more configuration file"},
			{"CONDA_DRY_RUN , CONDA_ALWAYS_YES , CONDA_JSON , CONDA_QUIET", "as --dry-run, --yes, --json and --quiet"},
			{"MAMBA_ROOT_PREFIX", "the installation of mamba or micromamba"},
			{"RATTLER_CACHE_DIR , PIXI_CACHE_DIR", "the caches of rattler and pixi"},
			{"PIXI_HOME", "where pixi keeps global environments"},
		} {
			p.item("Ev", v[0])
			p.text(sentence(v[1]) + ".")
		}
	})
	p.macro("Sh", "FILES")
	p.tagged(func() {
		for _, v := range [][2]string{
			{"/etc/" + configName, "flags for everybody"},
			{"$XDG_CONFIG_HOME/" + configName, "flags of the user; without the variable, in ~/.config"},
			{"~/.conda/environments.txt", "environments that conda and mamba know"},
		} {
			p.item("Pa", v[0])
			p.text(sentence(v[1]) + ".")
		}
	})
}
