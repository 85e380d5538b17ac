package main

import (
	"context"
	"io"
	"log/slog"

	"gclean/cache"
	"gclean/cache/removal"
)

// newLogger is the log of --log-format. It is nil for "", the output for people.
func newLogger(format string, w io.Writer) *slog.Logger {
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, nil))
	case "text":
		return slog.New(slog.NewTextHandler(w, nil))
	}
	return nil
}

// logPlan logs a plan: one record, and one for each entry if verbose.
func (t text) logPlan(p *cache.Plan) {
	if t.quiet && len(p.Remove) == 0 {
		return
	}
	s := cache.SizesOf(p.Remove)
	t.log.Info("plan", append([]any{"entries", len(p.Remove), "apparent_bytes", s.Apparent, "freed_bytes", s.Freed, "freed_inodes", s.Inodes, "kept", len(p.Kept)}, asideAttrs(s)...)...)
	if !t.verbose {
		return
	}
	for _, e := range p.Remove {
		t.log.Info("goes", entryAttrs(e)...)
	}
	for _, k := range p.Kept {
		t.log.Info("kept", append(entryAttrs(k.Entry), "reason", holdText(k.Holds[0]), "doubt", k.Doubt())...)
	}
}

func entryAttrs(e *cache.Entry) []any {
	attrs := []any{"path", e.Path(), "category", e.Category.Code(), "apparent_bytes", e.Usage.Apparent, "freed_bytes", e.Usage.Freed(), "freed_inodes", e.Usage.Inodes}
	if e.Because != "" {
		attrs = append(attrs, "because", e.Because)
	}
	if e.Aside() {
		attrs = append(attrs, "quarantined_until", stamp(e.Until))
	}
	return attrs
}

// logResult logs the outcome of a plan.
func (t text) logResult(res *removal.Result) {
	for _, f := range res.Failures {
		t.log.Error("cannot remove", "path", f.Entry.Path(), "error", told(f.Err))
	}
	for _, x := range res.Problems {
		t.log.Warn(told(x.Err), "path", x.Path, "code", x.Code)
	}
	if res.Err != nil && !interrupted(res.Err) {
		t.log.Error("the removal ended early", "error", told(res.Err))
	}
	level, s := slog.LevelInfo, cache.SizesOf(res.Removed)
	if interrupted(res.Err) {
		level = slog.LevelWarn
	}
	t.log.Log(context.Background(), level, "removed", append([]any{
		"entries", len(res.Removed), "freed_bytes", s.Freed, "freed_inodes", s.Inodes, "failed", len(res.Failures),
		"gone_before", len(res.Gone), "spared", len(res.Spared), "interrupted", interrupted(res.Err),
	}, asideAttrs(s)...)...)
}

// asideAttrs describe what is put in quarantine, if anything is.
func asideAttrs(s cache.Sizes) []any {
	if s.AsideEntries == 0 {
		return nil
	}
	return []any{"quarantined", s.AsideEntries, "quarantined_bytes", s.Aside}
}
