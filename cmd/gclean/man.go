package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// newMan is "gclean man", which packagers run.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "write the man pages into a folder",
		Long: `Write the man pages of gclean and its commands into a folder, which is made if
it is missing: gclean.1, gclean-ls.1 and so on. Their date is that of the commit
that was built, or $SOURCE_DATE_EPOCH.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usageError{"gclean man needs a folder to write into." + seeHelp(cmd)}
			}
			return nil
		},
		ValidArgsFunction: completeFolders,
		RunE:              func(cmd *cobra.Command, args []string) error { return writePages(cmd.Root(), args[0]) },
	}
}

// writePages writes a page of each command into dir.
func writePages(root *cobra.Command, dir string) error {
	date, err := pageDate()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, cmd := range append(shownCommands(root), root) {
		if err := os.WriteFile(filepath.Join(dir, pageName(cmd)+".1"), []byte(page(cmd, date)), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// pageDate is the date of the pages, "" if none is known. An own date of each
// build would make each another.
func pageDate() (string, error) {
	if epoch, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return "", usageError{fmt.Sprintf("SOURCE_DATE_EPOCH is %s: want seconds since 1970.", printable(strconv.Quote(epoch)))}
		}
		return time.Unix(seconds, 0).UTC().Format("January 2, 2006"), nil
	}
	if t := committed(); !t.IsZero() {
		return t.Format("January 2, 2006"), nil
	}
	return "", nil
}

// pageName is the name of the page of cmd, without its section.
func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(strings.TrimPrefix(cmd.CommandPath(), "conda "), " ", "-")
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
	called, arguments, _ := strings.Cut(cmd.UseLine(), " ")
	p.macro("Nm", called)
	p.text(arguments)
	commands := shownCommands(cmd)
	if len(commands) > 0 {
		p.macro("Nm", called)
		p.text("COMMAND [flags]")
	}
	p.macro("Sh", "DESCRIPTION")
	p.text(cmd.Long)
	if len(commands) > 0 {
		p.macro("Sh", "COMMANDS")
		p.tagged(func() {
			for _, sub := range commands {
				p.item("Cm", sub.Name())
				p.text(sentence(sub.Short) + ".")
				if !cmd.HasParent() { // theirs are on the page of their parent
					p.macro("Xr", pageName(sub), "1")
				}
			}
		})
	}
	p.macro("Sh", "OPTIONS")
	for _, s := range flagSections(cmd) {
		p.macro("Ss", s.heading)
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
			p.macro("Dl", strings.TrimSpace(line))
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
