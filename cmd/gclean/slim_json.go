package main

import (
	"context"
	"strings"

	"gclean/internal/pyjson"
	"gclean/internal/units"
	"gclean/slim"
)

// runJSON is slim for scripts. As clean does, it prints what the plan knows before
// anything is removed, and what came of it afterwards.
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
	if err := s.stdout.commit(); err != nil {
		return outputError{err, nothingRemoved}
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
	if err := s.stdout.commit(); err != nil {
		if res == nil {
			return outputError{err, nothingRemoved}
		}
		s.failures(res) // the document that named them is lost
		return outputError{err, "removed " + units.Count(len(res.Removed), "file", "files")}
	}
	return outcome(s.plan, endOfSlim(res))
}

func figures(f slim.Figures) object {
	return object{
		{"files", int64(f.Files)}, {"apparent_size", f.Apparent}, {"freed_size", f.Freed}, {"linked_size", f.Shared}, {"hidden_size", f.Hidden},
	}
}

// findings are what went or, in a dry run, would; what stays and why.
func (s slimRun) findings(res *slim.Result) object {
	p := s.plan
	gone := p.Items
	if res != nil {
		gone = res.Removed
	}
	sum := slim.Sum(gone)
	doc := append(object{{"version", version()}, {"dry_run", res == nil}, {"entries", int64(sum.Files)}}, figures(sum)[1:]...)
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
	kept := list{}
	for _, k := range p.Kept {
		kept = append(kept, object{
			{"path", p.Full(k.Path)}, {"kind", k.Kind.String()}, {"files", int64(k.Files)}, {"size", k.Size},
			{"doubt", k.Reason.Doubt()}, {"reason", k.Reason.Code()}, {"by", known(k.By)}, {"error", message(k.Err)},
		})
	}
	doc.Set("kept", kept)
	others := list{}
	for _, name := range p.Others {
		others = append(others, p.Full(name))
	}
	doc.Set("not_touched", others)
	doc.Set("warnings", warningsDocument(p.Problems))
	errs := list{}
	if res != nil {
		for _, f := range res.Failures {
			errs = append(errs, object{{"path", p.Full(f.Path)}, {"message", told(f.Err)}})
		}
	}
	doc.Set("errors", errs)
	if res != nil {
		doc.Set("folders", int64(res.Folders))
		doc.Set("gone_before", itemPaths(p, res.Gone))
		doc.Set("changed", itemPaths(p, res.Changed))
	}
	if res != nil && res.Err != nil {
		doc.Set("interrupted", interrupted(res.Err))
		doc.Set("message", told(res.Err))
	}
	return doc
}

func itemPaths(p *slim.Plan, items []*slim.Item) list {
	l := list{}
	for _, it := range items {
		l = append(l, p.Full(it.Path))
	}
	return l
}
