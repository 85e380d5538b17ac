package main

import (
	"context"
	"strings"

	"gclean/cache"
	"gclean/internal/pyjson"
	"gclean/internal/units"
	"gclean/slim"
)

// runJSON is slim for scripts. Like clean, it prints what the plan knows before it
// removes anything, and the result afterwards.
func (s slimRun) runJSON(ctx context.Context, dryRun bool) error {
	doc := newDocument()
	if s.image != "" {
		doc.Set("root", s.image)
	}
	doc.Set("prefix", s.plan.Prefix)
	kinds := object{}
	for _, k := range s.plan.ByKind {
		kinds.Set(k.Kind.String(), figures(k.Figures))
	}
	doc.Set("kinds", kinds)
	s.stdout.WriteString(strings.TrimSuffix(pyjson.Encode(doc), "\n}"))
	if err := s.shown(); err != nil {
		return err
	}
	var res *slim.Result
	if !dryRun {
		res = s.plan.Execute(ctx, s.remove)
	}
	rest := object{
		{"success", succeeded(s.plan, endOfSlim(res))},
		{"gclean", s.findings(res)},
	}
	s.stdout.WriteString("," + strings.TrimPrefix(pyjson.Encode(rest), "{") + "\n")
	if res != nil {
		s.soFar = "removed " + units.Count(len(res.Removed), "file", "files")
	}
	if err := s.shown(); err != nil {
		if res != nil {
			s.failures(res) // nothing else will name them: the document could not be written
		}
		return err
	}
	return outcome(s.plan, endOfSlim(res))
}

func figures(f slim.Figures) object {
	return object{
		{"files", int64(f.Files)}, {"apparent_size", f.Apparent}, {"freed_size", f.Freed}, {"linked_size", f.Shared}, {"hidden_size", f.Hidden},
	}
}

// findings are what was removed or, in a dry run, would be removed; and what was kept,
// with reasons.
func (s slimRun) findings(res *slim.Result) object {
	p := s.plan
	gone := p.Items
	if res != nil {
		gone = res.Removed
	}
	sum := slim.Sum(gone)
	doc := append(object{{"version", version()}, {"dry_run", res == nil}}, figures(sum)...)
	removed, emptied := list{}, list{}
	for _, it := range gone {
		if it.Kind == slim.History {
			emptied = append(emptied, p.Full(it.Path))
		} else {
			removed = append(removed, p.Full(it.Path))
		}
	}
	doc.Set("removed", removed)
	doc.Set("emptied", emptied)
	kept, others, errs := list{}, list{}, problemErrors(p.Problems)
	for _, k := range p.Kept {
		state := cache.StateKept
		if k.Reason.Doubt() {
			state = cache.StateDoubt
		}
		kept = append(kept, object{
			{"path", p.Full(k.Path)}, {"kind", k.Kind.String()}, {"files", int64(k.Files)}, {"apparent_size", k.Size},
			{"state", state.String()}, {"reasons", list{slimReason(&k)}},
		})
	}
	for _, name := range p.Others {
		others = append(others, p.Full(name))
	}
	if res == nil {
		res = new(slim.Result)
	}
	for _, f := range res.Failures {
		errs = append(errs, failureDocument(p.Full(f.Path), f.Err))
	}
	return append(doc, object{
		{"kept", kept},
		{"not_touched", others},
		{"warnings", warningsDocument(p.Problems)},
		{"errors", errs},
		{"folders", int64(res.Folders)},
		{"gone_before", itemPaths(p, res.Gone)},
		{"changed", itemPaths(p, res.Changed)},
		{"interrupted", interrupted(res.Err)},
		{"message", message(res.Err)},
	}...)
}

// slimReason is why something is kept, in the form of other reasons.
func slimReason(k *slim.Kept) object {
	return object{
		{"code", k.Reason.Code()}, {"message", k.Reason.String()},
		{"prefix", nil}, {"record", nil}, {"file", nil}, {"needed_by", known(k.By)},
		{"users", nil}, {"ends", nil}, {"error", message(k.Err)},
	}
}

func itemPaths(p *slim.Plan, items []*slim.Item) list {
	l := list{}
	for _, it := range items {
		l = append(l, p.Full(it.Path))
	}
	return l
}
