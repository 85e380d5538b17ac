package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gclean/internal/progress"
	"gclean/internal/shellquote"
	"gclean/internal/table"
	"gclean/internal/terminal"
	"gclean/internal/units"
	"gclean/slim"
	"gclean/slim/taken"
)

// compare prints what each kind would free.
func (s slimRun) compare() error {
	given := []string{s.plan.Prefix}
	if s.cmd.Flags().Changed("name") {
		given = []string{"-n", s.cmd.Flags().Lookup("name").Value.String()}
	}
	at := len(given)
	for _, k := range s.plan.ByKind {
		if k.Files > 0 {
			given = append(given, "--"+k.Kind.String())
			switch k.Kind {
			case slim.Locales:
				given = append(given, "en")
			case slim.Terminfo:
				given = append(given, "xterm*,linux,screen*")
			}
		}
	}
	if !s.t.quiet {
		s.where()
		fmt.Fprintf(s.stdout, "What each kind alone would free in %s:\n", quoted(s.plan.Prefix))
		s.table()
		s.others()
		s.footnotes(slim.Figures{})
		if len(given) == at {
			fmt.Fprintln(s.stdout, "There is nothing to remove.")
		} else {
			fmt.Fprintf(s.stdout, "To remove all of these, run: %s\n", s.again("slim", given...))
		}
	}
	if err := s.shown(); err != nil {
		return err
	}
	s.warnings()
	return outcome(s.plan, nil)
}

// runText is slim for people.
func (s slimRun) runText(ctx context.Context, m mode) error {
	p := s.plan
	if !s.t.quiet {
		s.show()
	} else if (!m.yes || m.dryRun) && len(p.Items) > 0 {
		s.total() // do not ask if there is nothing to remove, or in a dry run
	}
	if err := s.shown(); err != nil {
		return err
	}
	s.warnings()
	switch {
	case m.dryRun:
		fmt.Fprint(s.stderr, "\nDryRunExit: Dry run. Exiting.\n\n")
		return outcome(s.plan, nil)
	case len(p.Items) == 0:
		return outcome(s.plan, nil)
	case !m.yes:
		if ok, err := s.confirm(ctx, "to remove"); !ok {
			return err
		}
	}
	finish := s.progress(ctx)
	res := p.Execute(ctx, s.remove)
	finish()
	s.result(res)
	s.soFar = "removed " + units.Count(len(res.Removed), "file", "files")
	if err := s.shown(); err != nil {
		return err
	}
	return outcome(s.plan, endOfSlim(res))
}

func (s slimRun) where() {
	if s.t.image != "" {
		fmt.Fprintf(s.stdout, "Paths below are inside %s.\n", quoted(s.t.image))
	}
}

// show prints the plan: sizes by kind first.
func (s slimRun) show() {
	p := s.plan
	s.where()
	if len(p.Items) == 0 {
		fmt.Fprintf(s.stdout, "There is nothing of these kinds to remove from %s.\n", quoted(p.Prefix))
	} else {
		fmt.Fprintf(s.stdout, "Will remove from %s:\n", quoted(p.Prefix))
		s.table()
	}
	if s.t.verbose {
		for _, it := range p.Items {
			fmt.Fprintf(s.stdout, "  - %-60s %10s\n", quoted(it.Path), units.Bytes(it.Stat.Size))
		}
	}
	for _, it := range p.Items {
		if it.Kind == slim.History {
			fmt.Fprintf(s.stdout, "Will empty %s: conda forgets revisions and requested packages.\n", quoted(it.Path))
		}
	}
	s.kept()
	s.others()
	if len(p.Items) > 0 {
		s.total()
	}
}

// table prints a row for each kind. Columns that would say nothing are left out.
func (s slimRun) table() {
	t := &table.Table{Columns: []table.Column{
		{Title: "KIND"}, {Title: "FILES", Right: true, Drop: 2}, {Title: "SIZE", Right: true, Drop: 3},
		{Title: "FREED", Right: true}, {Title: "LINKED", Right: true, Drop: 4}, {Title: "HIDDEN", Right: true, Drop: 5},
	}}
	var linked, hidden bool
	for _, k := range s.plan.ByKind {
		t.Add("", "--"+k.Kind.String(), fmt.Sprint(k.Files), units.Bytes(k.Apparent), units.Bytes(k.Freed), units.Bytes(k.Shared), units.Bytes(k.Hidden))
		linked, hidden = linked || k.Shared > 0, hidden || k.Hidden > 0
	}
	if !linked {
		t.Hide("LINKED")
	}
	if !hidden {
		t.Hide("HIDDEN")
	}
	const indent = "  "
	lines := t.Render(terminal.Width(s.screen)-len(indent), table.Style{})
	for line := range strings.Lines(lines) {
		fmt.Fprint(s.stdout, indent+line)
	}
}

// kept prints what gclean keeps of the chosen kinds, and why.
func (s slimRun) kept() {
	type group struct {
		kind   slim.Kind
		reason slim.Reason
	}
	var order []group
	members := map[group][]slim.Kept{}
	for _, k := range s.plan.Kept {
		g := group{k.Kind, k.Reason}
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], k)
	}
	for _, g := range order {
		files, size := 0, int64(0)
		for _, k := range members[g] {
			files, size = files+k.Files, size+k.Size
		}
		fmt.Fprintf(s.stdout, "Will keep of --%s %s, %s: %s.\n", g.kind, units.Count(files, "file", "files"), units.Bytes(size), g.reason)
		if !s.t.verbose {
			continue
		}
		for _, k := range members[g] {
			fmt.Fprintf(s.stdout, "  - %s\n", keptLine(k))
		}
	}
}

// keptLine says in one line what gclean keeps and why.
func keptLine(k slim.Kept) string {
	line := quoted(k.Path)
	switch {
	case k.Reason == slim.Unrecorded && k.Files > 1:
		line += fmt.Sprintf(" and %d more", k.Files-1)
	case k.Files > 1:
		line += fmt.Sprintf(" (%d files)", k.Files)
	}
	switch k.Reason {
	case slim.Imported:
		line += ": imported by " + quoted(k.By)
	case slim.NeededToBuild:
		line += ": needed by " + k.By
	case slim.HasCompiler, slim.Compiles, slim.Unscanned, slim.NamedBy:
		line += ": " + quoted(k.By)
	}
	if k.Err != nil {
		line += ": " + printable(told(k.Err))
	}
	return line
}

// others prints with --verbose what is below the prefix but not part of the environment.
func (s slimRun) others() {
	if s.t.verbose && len(s.plan.Others) > 0 {
		fmt.Fprintf(s.stdout, "Does not enter %s: other environments, package caches, mount points.\n", strings.Join(quotedAll(s.plan.Others), ", "))
	}
}

// total prints the line on which the question is answered.
func (s slimRun) total() {
	sum := slim.Sum(s.plan.Items)
	fmt.Fprintf(s.stdout, "In total: %s, %s. This frees %s of disk space.\n", units.Count(sum.Files, "file", "files"), units.Bytes(sum.Apparent), units.Bytes(sum.Freed))
	s.footnotes(sum)
}

// footnotes explain LINKED and HIDDEN, once.
func (s slimRun) footnotes(sum slim.Figures) {
	for _, k := range s.plan.ByKind {
		sum.Shared, sum.Hidden = max(sum.Shared, k.Shared), max(sum.Hidden, k.Hidden)
	}
	if sum.Shared > 0 {
		fmt.Fprintf(s.stdout, "Files that are also linked or reflinked elsewhere, mostly in a package cache, are freed if you clean it in the same RUN: %s\n", s.again("", "-afy"))
	}
	if sum.Hidden > 0 {
		fmt.Fprint(s.stdout, "Files in an earlier layer of this image are hidden, not freed. Run slim in the RUN that installs.\n")
	}
}

// warnings prints what gclean could not read, and what is in doubt.
func (s slimRun) warnings() {
	s.t.problems(s.plan.Problems)
	for _, k := range s.plan.Kept {
		if k.Reason.Doubt() {
			s.t.warn(fmt.Sprintf("%s is kept: %s may import from it and cannot be read: %s", s.plan.Full(k.Path), s.plan.Full(k.By), told(k.Err)))
		}
	}
}

// progress shows a bar on a terminal. It returns a function that removes the bar.
func (s *slimRun) progress(ctx context.Context) func() {
	if s.t.quiet || s.t.verbose || !terminal.Moves(s.stderr) {
		return func() {}
	}
	b := progress.NewBar(ctx, s.stderr, int64(len(s.plan.Items)), "Removing", progress.Files)
	s.remove.Done = func(*slim.Item, error) { b.Add(1) }
	return b.Finish
}

// result prints the outcome of the plan.
func (s slimRun) result(res *slim.Result) {
	s.failures(res)
	interrupted := errors.Is(res.Err, context.Canceled)
	freed := units.Bytes(slim.Sum(res.Removed).Freed)
	if !s.t.quiet {
		s.left("already removed by another process", res.Gone)
		s.left("replaced in the meantime, and kept", res.Changed)
	}
	if !s.t.quiet || len(res.Removed) > 0 {
		folders := ""
		if res.Folders > 0 {
			folders = " and " + units.Count(res.Folders, "empty folder", "empty folders")
		}
		of := units.Count(len(res.Removed), "file", "files")
		if n := len(s.plan.Items); len(res.Removed) < n {
			of = fmt.Sprintf("%d of %s", len(res.Removed), units.Count(n, "file", "files"))
		}
		fmt.Fprintf(s.stdout, "Removed %s%s, %s freed.\n", of, folders, freed)
	}
	if !s.t.quiet && s.t.image == "" && slices.ContainsFunc(res.Removed, restorable) {
		note := s.plan.Full("conda-meta/" + taken.Name)
		fmt.Fprintf(s.stdout, "To undo, before the package cache is cleaned, run: %s && %s\n",
			shellquote.Join("mv", note, os.TempDir()), s.again("verify", "--prefix", s.plan.Prefix, "--repair"))
	}
	if interrupted {
		fmt.Fprint(s.stderr, "\nInterrupted. The next run removes the rest.\n\n")
	}
}

// restorable says whether a package has the file: byte code is made again, and nobody has
// the history.
func restorable(it *slim.Item) bool { return it.Kind != slim.Bytecode && it.Kind != slim.History }

func (s slimRun) failures(res *slim.Result) {
	for _, f := range res.Failures {
		s.t.warn("cannot remove " + told(f.Err))
	}
}

// left prints how many items were not removed for a reason, with one example.
func (s slimRun) left(why string, items []*slim.Item) {
	if len(items) > 0 {
		fmt.Fprintf(s.stdout, "%s %s, e.g. %s.\n", units.Count(len(items), "file", "files"), why, quoted(items[0].Path))
	}
}
