package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"gclean/installed"
	"gclean/internal/units"
	"gclean/meta"
)

// verifyInstalled compares environments with their records. On request, it puts back what
// the caches have.
func (a *app) verifyInstalled(ctx context.Context, f *verifyFlags, d *meta.Discovery, m mode, dists []string) error {
	prefixes := absolutes(f.prefixes)
	if f.name != "" {
		prefix, err := d.Config.Named(f.name)
		if err != nil {
			return a.noName(d.Config, f.name, err)
		}
		prefixes = append(prefixes, prefix)
	}
	run := installedRun{app: a, f: f, mode: m, t: text{out: a.stdout, err: a.stderr, quiet: m.quiet, verbose: m.verbose}}
	look := f.look(d)
	look.Grace, look.System = f.grace.span, a.system
	for _, prefix := range prefixes {
		o := installed.Options{Prefix: prefix, Dists: dists, Fast: f.fast, Jobs: f.jobs, Grace: f.grace.span, NothingRuns: look.NothingRuns, System: a.system, Now: look.Now}
		var bar *readProgress
		if !a.json && !m.quiet {
			bar = newReadProgress(ctx, a.stderr, "Verifying")
			o.Begin, o.Progress = bar.start, bar.read
		}
		v, err := installed.Verify(ctx, o)
		bar.close()
		if err != nil {
			return lookError(ctx, err)
		}
		run.found = append(run.found, v)
	}
	if f.repair && run.verdict() != nil {
		for _, v := range run.found {
			p, err := v.RepairPlan(ctx, look)
			if err != nil {
				return lookError(ctx, err)
			}
			run.plans = append(run.plans, p)
		}
	}
	if a.json {
		return run.json(ctx)
	}
	return run.text(ctx)
}

// installedRun is one run of "gclean verify --prefix".
type installedRun struct {
	*app
	f     *verifyFlags
	mode  mode
	t     text
	found []*installed.Verification
	plans []*installed.RepairPlan
}

// verdict is the exit code for the findings.
func (r *installedRun) verdict() error {
	for _, v := range r.found {
		if len(v.Unmatched) > 0 || v.Problems.Failed() || slices.ContainsFunc(v.Checks, func(c *installed.Check) bool { return len(c.Faults) > 0 }) {
			return status(exitFailed)
		}
	}
	return r.skipped()
}

// skipped is the exit code if an installer may be changing what differs.
func (r *installedRun) skipped() error {
	for _, v := range r.found {
		if slices.ContainsFunc(v.Checks, func(c *installed.Check) bool { return c.Skipped != nil }) {
			return status(exitDoubt)
		}
	}
	return nil
}

func (r *installedRun) text(ctx context.Context) error {
	files, broken, skipped, noted, records := 0, 0, 0, 0, 0
	for _, v := range r.found {
		for _, c := range v.Checks {
			records++
			files += c.Files
			at := quoted(filepath.Join(v.Prefix, meta.CondaMeta, c.Record))
			for _, f := range c.Faults {
				path := filepath.Join(v.Prefix, filepath.FromSlash(f.Path))
				f.Path = ""
				fmt.Fprintf(r.stdout, "%s: %s (%s)\n", quoted(path), printable(f.String()), printable(c.Dist))
			}
			if !r.t.quiet {
				r.t.notes(at, c.Notes)
			}
			switch {
			case c.Skipped != nil:
				skipped++
				if !r.t.quiet {
					fmt.Fprintf(r.stdout, "Skipped %s: %s\n", at, printable(told(c.Skipped)))
				}
			case !c.Sound():
				broken++
			case len(c.Notes) > 0:
				noted++
			}
			if c.Sound() && r.t.verbose {
				fmt.Fprintf(r.stdout, "%s: sound\n", at)
			}
		}
	}
	if !r.t.quiet {
		outcome := "all sound"
		switch {
		case broken > 0 && skipped > 0:
			outcome = fmt.Sprintf("%d broken, %d skipped", broken, skipped)
		case broken > 0:
			outcome = fmt.Sprintf("%d broken", broken)
		case skipped > 0:
			outcome = fmt.Sprintf("%d skipped", skipped)
		case records == 0:
			outcome = "nothing is there"
		case noted > 0:
			outcome = fmt.Sprintf("all sound, %d with notes", noted)
		}
		fmt.Fprintf(r.stdout, "Checked %s of %s: %s.\n", units.Count(files, "file", "files"), units.Count(records, "installed package", "installed packages"), outcome)
	}
	for _, v := range r.found {
		r.t.problems(v.Problems)
		for _, pattern := range v.Unmatched {
			r.t.warn(fmt.Sprintf("%s: nothing in %s has that name%s", quoted(pattern), quoted(v.Prefix), nearDist(pattern, recordedIn(v.Prefix))))
		}
	}
	if err := r.shown(); err != nil {
		return err
	}
	if len(r.plans) == 0 {
		return r.verdict()
	}
	return r.repair(ctx)
}

// repair shows what can be put back, asks once, and puts it back.
func (r *installedRun) repair(ctx context.Context) error {
	planned := 0
	for _, p := range r.plans {
		for _, u := range p.Unmendable {
			r.t.warn(fmt.Sprintf("%s: not repaired: %s", filepath.Join(p.Prefix, filepath.FromSlash(u.Finding.Path)), told(u.Err)))
		}
		for _, f := range p.Files {
			planned++
			fmt.Fprintf(r.stdout, "Will put back %s (%v) from %s.\n", quoted(filepath.Join(p.Prefix, filepath.FromSlash(f.Path))), f.Kind, quoted(f.From))
		}
	}
	if err := r.shown(); err != nil {
		return err
	}
	switch {
	case r.mode.dryRun:
		fmt.Fprint(r.stderr, "\nDryRunExit: Dry run. Exiting.\n\n")
		return r.repaired(make([]*installed.RepairResult, len(r.plans)))
	case planned == 0:
		return r.verdict()
	case !r.mode.yes:
		if ok, err := r.confirm(ctx, "to repair"); !ok {
			if err == nil {
				err = r.verdict()
			}
			return err
		}
	}
	results := r.execute(ctx)
	repaired := 0
	for _, res := range results {
		repaired += len(res.Repaired)
		for _, f := range res.Failures {
			r.t.warn("cannot repair " + told(f.Err))
		}
	}
	if !r.t.quiet {
		fmt.Fprintf(r.stdout, "Put back %d of %s.\n", repaired, units.Count(planned, "file", "files"))
	}
	r.soFar = fmt.Sprintf("repaired %d", repaired)
	if err := r.shown(); err != nil {
		return err
	}
	return r.repaired(results)
}

func (r *installedRun) execute(ctx context.Context) []*installed.RepairResult {
	var results []*installed.RepairResult
	for _, p := range r.plans {
		results = append(results, p.Execute(ctx, installed.RepairOptions{}))
	}
	return results
}

// repaired is the exit code of --repair: 0 if nothing broken is left. A result is nil in a
// dry run: gclean would put back what it can.
func (r *installedRun) repaired(results []*installed.RepairResult) error {
	for i, res := range results {
		v := r.found[i]
		if res == nil {
			res = &installed.RepairResult{}
		}
		switch {
		case res.Err != nil:
			return status(exitInterrupted)
		case len(res.Failures) > 0, len(r.plans[i].Unmendable) > 0, len(v.Unmatched) > 0, v.Problems.Failed():
			return status(exitFailed)
		}
	}
	return r.skipped()
}

func (r *installedRun) json(ctx context.Context) error {
	entries, missed := list{}, []string{}
	var broken, unreadable, skipped, noted, files, records, bytes int64
	var problems meta.Problems
	for _, v := range r.found {
		problems = append(problems, v.Problems...)
		missed = append(missed, v.Unmatched...)
		for _, c := range v.Checks {
			records++
			files += int64(c.Files)
			bytes += c.Bytes
			state := stateSound
			switch {
			case c.Skipped != nil:
				state = stateSkipped
				skipped++
			case c.Broken():
				state = stateBroken
				broken++
			case !c.Sound():
				state = stateUnreadable
				unreadable++
			case len(c.Notes) > 0:
				noted++
			}
			entries = append(entries, object{
				{"path", filepath.Join(v.Prefix, meta.CondaMeta, c.Record)}, {"prefix", v.Prefix}, {"dist", c.Dist}, {"type", "installed"},
				{"files", int64(c.Files)}, {"apparent_size", c.Bytes}, {"state", state}, {"error", message(c.Skipped)}, {"held", nil}, {"findings", findingsDocument(c.Faults)}, {"notes", notesDocument(c.Notes)},
			})
		}
	}
	code := r.verdict()
	doc := object{{"verify", object{
		{"fast", r.f.fast}, {"checked_count", records}, {"files", files}, {"apparent_size", bytes},
		{"broken_count", broken}, {"unreadable_count", unreadable}, {"skipped_count", skipped}, {"noted_count", noted},
		{"not_found", stringList(missed)}, {"entries", entries},
	}}}
	repairedFiles := 0
	if len(r.plans) > 0 {
		var results []*installed.RepairResult
		if r.mode.dryRun {
			code = r.repaired(make([]*installed.RepairResult, len(r.plans)))
		} else {
			results = r.execute(ctx)
			code = r.repaired(results)
		}
		planned, not, done, errs := list{}, list{}, list{}, list{}
		for _, p := range r.plans {
			full := func(name string) string { return filepath.Join(p.Prefix, filepath.FromSlash(name)) }
			for _, f := range p.Files {
				planned = append(planned, object{
					{"path", full(f.Path)}, {"dist", f.Dist()}, {"code", f.Kind.Code()}, {"source", f.From}, {"environments", list{p.Prefix}},
				})
			}
			for _, u := range p.Unmendable {
				not = append(not, unmendableDocument(full(u.Finding.Path), u.Dist, u.Err))
			}
		}
		for i, res := range results {
			for _, f := range res.Repaired {
				repairedFiles++
				done = append(done, filepath.Join(r.plans[i].Prefix, filepath.FromSlash(f.Path)))
			}
			for _, f := range res.Failures {
				errs = append(errs, failureDocument(filepath.Join(r.plans[i].Prefix, filepath.FromSlash(f.File.Path)), f.Err))
			}
		}
		doc = append(doc, member{"repair", repairDocument(r.mode.dryRun, planned, not, done, errs)})
	}
	doc = append(doc, member{"success", code == nil}, member{"warnings", warningsDocument(problems)})
	r.stdout.WriteString(encoded(newDocument(doc...)))
	if r.soFar != "" {
		r.soFar = fmt.Sprintf("repaired %d", repairedFiles)
	}
	if err := r.shown(); err != nil {
		return err
	}
	return code
}
