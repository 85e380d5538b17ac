package show

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"gclean/fleet"
	"gclean/internal/visible"
)

// schema is the version of the JSON document.
const schema = 1

// document is the JSON document of a round.
type document struct {
	Schema   int             `json:"schema"`
	Success  bool            `json:"success"`
	State    string          `json:"state"`
	Round    string          `json:"round"`
	Dir      string          `json:"dir"`
	Opened   string          `json:"opened"`
	Host     string          `json:"host"`
	User     string          `json:"user"`
	Policy   string          `json:"policy"`
	Without  []string        `json:"without"`
	Caches   []cacheDocument `json:"caches"`
	Hosts    []hostDocument  `json:"hosts"`
	Owners   []ownerDocument `json:"owners"`
	Entries  []entryDocument `json:"entries"`
	Apparent int64           `json:"apparent_size"`
	Freed    int64           `json:"freed_size"`
	Inodes   int64           `json:"freed_inodes"`
	Failures []string        `json:"failures"`
	Warnings []string        `json:"warnings"`
}

type cacheDocument struct {
	Path   string `json:"path"`
	Family string `json:"family"`
}

type hostDocument struct {
	Host  string  `json:"host"`
	State string  `json:"state"`
	Error *string `json:"error"`
	Holds int     `json:"holds"` // entries
}

type ownerDocument struct {
	Owner    string `json:"owner"`
	UID      uint32 `json:"uid"`
	Packages int    `json:"packages"`
	Archives int    `json:"archives"`
	Apparent int64  `json:"apparent_size"`
	Freed    int64  `json:"freed_size"`
	Inodes   int64  `json:"freed_inodes"`
}

type entryDocument struct {
	Path     string           `json:"path"`
	Cache    string           `json:"cache"`
	Category string           `json:"category"`
	Owner    string           `json:"owner"`
	State    fleet.State      `json:"state"`
	Reasons  []reasonDocument `json:"reasons"`
	Error    *string          `json:"error"`
	Because  string           `json:"because,omitzero"`
	Apparent int64            `json:"apparent_size"`
	Freed    int64            `json:"freed_size"`
	Inodes   int64            `json:"freed_inodes"`
}

type reasonDocument struct {
	Host        string  `json:"host"`
	Reason      string  `json:"reason"`
	Environment string  `json:"environment"`
	Error       *string `json:"error"`
}

// JSON writes the document of a round.
func JSON(w io.Writer, v *View, o Options) error {
	total := v.total()
	d := document{
		Schema: schema, Success: len(v.Failures) == 0, State: v.State(), Round: v.Nonce, Dir: v.Dir, Opened: v.Opened.UTC().Format(time.RFC3339),
		Host: v.Host, User: v.User, Policy: v.Policy, Without: v.without(),
		Caches: []cacheDocument{}, Hosts: []hostDocument{}, Owners: []ownerDocument{}, Entries: []entryDocument{}, Failures: []string{}, Warnings: []string{},
		Apparent: total.Apparent, Freed: total.Freed, Inodes: total.Inodes,
	}
	for _, c := range v.Caches {
		d.Caches = append(d.Caches, cacheDocument{c.Path, c.Family.String()})
	}
	for _, h := range v.Hosts {
		holds := 0
		if h.Answer != nil {
			holds = len(h.Answer.Holds)
		}
		d.Hosts = append(d.Hosts, hostDocument{h.Name, string(h.Presence), o.optional(h.Err), holds})
	}
	for _, w := range v.owners() {
		d.Owners = append(d.Owners, ownerDocument{w.name, w.uid, w.packages, w.archives, w.Apparent, w.Freed, w.Inodes})
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Companion {
			continue
		}
		entry := entryDocument{
			Path: v.Path(i), Cache: v.Caches[e.Cache].Path, Category: e.Category().Code(), Owner: e.Owner, State: v.Verdicts[i].State,
			Reasons: []reasonDocument{}, Error: o.optional(v.Verdicts[i].Err), Because: e.Because, Apparent: e.Apparent, Freed: e.Freed, Inodes: e.Inodes,
		}
		for _, h := range v.Verdicts[i].Holds {
			entry.Reasons = append(entry.Reasons, reasonDocument{h.Host, string(h.Reason), h.Prefix, o.optional(h.Err)})
		}
		d.Entries = append(d.Entries, entry)
	}
	for _, err := range v.Failures {
		d.Failures = append(d.Failures, o.message(err))
	}
	for _, err := range v.Warnings {
		d.Warnings = append(d.Warnings, o.message(err))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(&d)
}

func (o *Options) optional(err error) *string {
	if err == nil {
		return nil
	}
	text := o.message(err)
	return &text
}

// CSV writes a row for each entry, as RFC 4180 has it. Sizes are in bytes. A cell that a
// spreadsheet would take for a formula has a ' before it (OWASP: CSV Injection).
func CSV(out io.Writer, v *View) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	rows := [][]string{{"path", "category", "cache", "owner", "apparent_size", "freed_size", "freed_inodes", "state", "reason", "hosts", "environments"}}
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
		rows = append(rows, []string{
			v.Path(i), e.Category().Code(), v.Caches[e.Cache].Path, e.Owner, number(e.Apparent), number(e.Freed), number(e.Inodes),
			string(v.Verdicts[i].State), reason, strings.Join(hosts, "\n"), strings.Join(environments, "\n"),
		})
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// plain is a name fit for one line of a terminal.
func plain(s string) string { return visible.String(visible.Redact(s)) }
