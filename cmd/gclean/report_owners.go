package main

import (
	"fmt"
	"path/filepath"
	"strconv"

	"gclean/cache"
	"gclean/meta"
	"gclean/textreport"
)

// codeUnmatchedOwner is the code of a name of --owner whose user has nothing in the caches.
const codeUnmatchedOwner = "unmatched_owner"

// showOwners shows what each owner has, in the format that was asked for.
func (a *app) showOwners(f *reportFlags, look cache.Look, r *cache.Report, success bool) {
	owners, unmatched := chosenOwners(r, f.owner)
	r.Problems = append(r.Problems, unmatched...)
	prose, tables, style := f.layout(a.screen)
	if a.json {
		prose, tables, style = (&reportFlags{format: "text"}).layout(a.screen)
	}
	text := func(o *textreport.Owner) string {
		return o.Text(textreport.Options{
			Prose: prose, Tables: tables, Style: style, Top: f.top, Commands: a.commandsOf(o, f, look, r), More: "; --top 0 shows all.",
		})
	}
	if a.json {
		l := list{}
		for _, o := range owners {
			l = append(l, append(ownerDocument(r, o.OwnerUse), member{"commands", stringList(a.commandsOf(o, f, look, r))}, member{"text", text(o)}))
		}
		a.stdout.WriteString(encoded(newDocument(
			member{"success", success}, member{"version", version()}, member{"made", stamp(r.Made)}, member{"host", known(r.Host)},
			member{"doubt", r.Doubt}, member{"owners", l}, member{"warnings", warningsDocument(r.Problems)},
		)))
		return
	}
	for i, o := range owners {
		if i > 0 {
			a.stdout.WriteString("\n\n")
		}
		a.stdout.WriteString(text(o))
	}
}

// chosenOwners are the owners, or the one with a name or number. Where nobody has it,
// there is a problem.
func chosenOwners(r *cache.Report, name string) ([]*textreport.Owner, meta.Problems) {
	owners := textreport.Owners(r)
	if name == "" {
		return owners, nil
	}
	var chosen []*textreport.Owner
	var known []string
	for _, o := range owners {
		user := bareOwner(r, o.Host, o.User)
		known = append(known, user)
		if name == user || name == strconv.Itoa(o.UID) {
			chosen = append(chosen, o)
		}
	}
	if chosen != nil {
		return chosen, nil
	}
	return nil, meta.Problems{{Code: codeUnmatchedOwner, Err: fmt.Errorf("--owner %s: that user has nothing in the caches%s", name, didYouMean("", name, known))}}
}

// commandsOf are the commands that show and remove what nothing uses of an owner's
// entries; nil if there is nothing to remove. They name caches outside of the owner's
// home, because the owner may have another configuration.
func (a *app) commandsOf(o *textreport.Owner, f *reportFlags, look cache.Look, r *cache.Report) []string {
	if o.Items == o.Held {
		return nil
	}
	home := ""
	if look.Discovery != nil && o.UID >= 0 {
		home = look.Discovery.User(o.UID).Home
	}
	named := f.pkgsDirs != nil
	var places []string
	for _, c := range o.Report.ByCache {
		if c.Items == c.Held {
			continue
		}
		path := bare(r, c.Host, r.Caches[c.Cache].Path)
		places = append(places, "--pkgs-dir", path)
		rel, err := filepath.Rel(home, path)
		named = named || home == "" || err != nil || !filepath.IsLocal(rel)
	}
	if !named {
		places = nil
	}
	return []string{
		a.againBut("all-users", "", append([]string{"--all", "--dry-run"}, places...)...), a.againBut("all-users", "", append([]string{"--all"}, places...)...),
	}
}
