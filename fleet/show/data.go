package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"gclean/internal/pyjson"
	"gclean/internal/spreadsheet"
)

// schema is the version of the JSON document.
const schema int64 = 1

// JSON writes the document of a round.
func JSON(w io.Writer, v *View, o Options) error {
	total := v.total()
	opened := any(nil)
	if !v.Opened.IsZero() {
		opened = v.Opened.UTC().Format(time.RFC3339)
	}
	without, caches, hosts, owners, entries, failures, warnings := pyjson.List{}, pyjson.List{}, pyjson.List{}, pyjson.List{}, pyjson.List{}, pyjson.List{}, pyjson.List{}
	for _, name := range v.without() {
		without = append(without, name)
	}
	for _, c := range v.Caches {
		caches = append(caches, pyjson.Object{{"path", c.Path}, {"family", c.Family.Code()}})
	}
	for _, h := range v.Hosts {
		holds := 0
		if h.Answer != nil {
			holds = len(h.Answer.Holds)
		}
		hosts = append(hosts, pyjson.Object{{"host", h.Name}, {"state", string(h.Presence)}, {"held_count", int64(holds)}, {"error", o.optional(h.Err)}})
	}
	for _, w := range v.owners() {
		owners = append(owners, pyjson.Object{
			{"owner", w.name}, {"uid", int64(w.uid)}, {"package_count", int64(w.packages)}, {"archive_count", int64(w.archives)},
			{"apparent_size", w.Apparent}, {"freed_size", w.Freed}, {"freed_inodes", w.Inodes},
		})
	}
	for i := range v.Entries {
		if !v.Entries[i].Companion {
			entries = append(entries, v.entry(i, &o))
		}
	}
	for _, f := range v.Failures {
		failures = append(failures, pyjson.Object{{"code", o.Code(f.Err)}, {"path", f.Path}, {"message", o.message(f.Err)}})
	}
	for _, p := range v.Problems {
		warnings = append(warnings, pyjson.Object{{"code", p.Code}, {"path", known(p.Path)}, {"message", o.message(p.Err)}, {"doubt", p.Doubt}})
	}
	_, err := io.WriteString(w, pyjson.Encode(pyjson.Object{
		{"schema", schema}, {"success", len(v.Failures) == 0}, {"state", v.State()}, {"round", known(v.Nonce)}, {"dir", known(v.Dir)}, {"opened", opened},
		{"host", known(v.Host)}, {"user", known(v.User)}, {"policy", known(v.Policy)}, {"without", without}, {"caches", caches}, {"hosts", hosts},
		{"owners", owners}, {"entries", entries},
		{"apparent_size", total.Apparent}, {"freed_size", total.Freed}, {"freed_inodes", total.Inodes}, {"errors", failures}, {"warnings", warnings},
	})+"\n")
	return err
}

// entry is an entry in the document.
func (v *View) entry(i int, o *Options) pyjson.Object {
	e, verdict := &v.Entries[i], &v.Verdicts[i]
	reasons := pyjson.List{}
	for _, h := range verdict.Holds {
		reasons = append(reasons, pyjson.Object{
			{"host", h.Host}, {"code", string(h.Reason)}, {"message", h.Reason.Sentence()}, {"prefix", known(h.Prefix)}, {"record", known(h.Record)},
			{"file", known(h.File)}, {"error", o.optional(h.Err)},
		})
	}
	return pyjson.Object{
		{"path", v.Path(i)}, {"category", e.Category().Code()}, {"owner", known(e.Owner)}, {"uid", int64(e.UID)},
		{"apparent_size", e.Apparent}, {"freed_size", e.Freed}, {"freed_inodes", e.Inodes}, {"state", string(verdict.State)}, {"reasons", reasons},
		{"because", known(e.Because)}, {"error", o.optional(verdict.Err)},
	}
}

// known is a text, or nil if it says nothing.
func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (o *Options) optional(err error) any {
	if err == nil {
		return nil
	}
	return o.message(err)
}

// CSV writes a row for each entry. Sizes are in bytes.
func CSV(out io.Writer, v *View) error {
	w := spreadsheet.NewWriter(out)
	w.Row("path", "category", "cache", "owner", "apparent_size", "freed_size", "freed_inodes", "state", "reason", "hosts", "environments")
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Companion {
			continue
		}
		reason := ""
		var hosts, environments []string
		for n, h := range v.Verdicts[i].Holds {
			if n == 0 {
				reason = string(h.Reason)
			}
			if len(hosts) == 0 || hosts[len(hosts)-1] != h.Host {
				hosts = append(hosts, h.Host)
			}
			if h.Prefix != "" {
				environments = append(environments, h.Prefix)
			}
		}
		w.Row(
			v.Path(i), e.Category().Code(), v.Caches[e.Cache].Path, e.Owner, fmt.Sprint(e.Apparent), fmt.Sprint(e.Freed), fmt.Sprint(e.Inodes),
			string(v.Verdicts[i].State), reason, strings.Join(hosts, "\n"), strings.Join(environments, "\n"),
		)
	}
	return w.Flush()
}
