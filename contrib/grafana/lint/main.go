// Command lint checks a dashboard against the schema of Grafana (grafana-foundation-sdk),
// strictly: an unknown key is an error. It also applies those rules of Grafana's
// dashboard-linter that suit metrics without counters: data sources are variables, panels have
// a title, a description, a unit and queries for the chosen hosts, and none covers another.
// On stdout are the queries, as recording rules that promtool can check.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

func main() {
	plugins.RegisterDefaultPlugins()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lint DASHBOARD")
		os.Exit(2)
	}
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	l := new(linter)
	l.dashboard(raw)
	for _, problem := range l.problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(l.problems) > 0 {
		os.Exit(1)
	}
	fmt.Print(l.rules.String())
}

type linter struct {
	problems []string
	rules    strings.Builder
}

func (l *linter) say(format string, args ...any) {
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}

const datasource = "${datasource}"

func (l *linter) dashboard(raw []byte) {
	var d dashboard.Dashboard
	strict := new(dashboard.Dashboard).UnmarshalJSONStrict(raw) // leaves panels out whose faults it lists
	if err := json.Unmarshal(raw, &d); err != nil {
		l.say("%v", err)
		return
	}
	for _, err := range []error{strict, d.Validate()} {
		if err != nil && err.Error() != "" { // an empty list is no fault
			l.say("not as Grafana's schema has it: %v", err)
		}
	}
	variables := map[string]string{}
	for _, v := range d.Templating.List {
		variables[v.Name] = string(v.Type)
		if v.Type == "query" && (v.Refresh == nil || *v.Refresh != dashboard.VariableRefreshOnTimeRangeChanged) {
			l.say("variable %s: it is not read anew when the time range changes", v.Name)
		}
		if v.Label == nil || *v.Label == "" {
			l.say("variable %s: no label", v.Name)
		}
	}
	if variables["datasource"] != "datasource" || variables["instance"] != "query" {
		l.say("no variable chooses the data source, or the hosts")
	}
	l.rules.WriteString("groups:\n  - name: panels\n    rules:\n")
	ids, taken := map[uint32]bool{}, map[[2]uint32]string{}
	panels := 0
	for _, p := range d.Panels {
		if p.Panel == nil {
			l.say("a row: panels stand by themselves")
			continue
		}
		panels++
		l.panel(p.Panel)
		if p.Panel.Id == nil || ids[*p.Panel.Id] {
			l.say("panel %s: no id of its own", title(p.Panel))
			continue
		}
		ids[*p.Panel.Id] = true
		g := p.Panel.GridPos
		if g == nil || g.W == 0 || g.H == 0 || g.X+g.W > 24 {
			l.say("panel %s: it is outside of the grid", title(p.Panel))
			continue
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, ok := taken[[2]uint32{x, y}]; ok {
					l.say("panels %s and %s cover each other", other, title(p.Panel))
					return
				}
				taken[[2]uint32{x, y}] = title(p.Panel)
			}
		}
	}
	if panels == 0 {
		l.say("no panels")
	}
}

func title(p *dashboard.Panel) string {
	if p.Title == nil {
		return "?"
	}
	return *p.Title
}

func (l *linter) panel(p *dashboard.Panel) {
	name := title(p)
	if p.Title == nil || *p.Title == "" || p.Description == nil || *p.Description == "" {
		l.say("panel %s: no title or no description", name)
	}
	if p.FieldConfig == nil || p.FieldConfig.Defaults.Unit == nil || *p.FieldConfig.Defaults.Unit == "" {
		l.say("panel %s: no unit", name)
	}
	if !chosen(p.Datasource) {
		l.say("panel %s: its data source is not %s", name, datasource)
	}
	if len(p.Targets) == 0 {
		l.say("panel %s: no query", name)
	}
	for i, t := range p.Targets {
		q, ok := t.(*prometheus.Dataquery)
		if !ok {
			if v, is := t.(prometheus.Dataquery); is {
				q, ok = &v, true
			}
		}
		switch {
		case !ok:
			l.say("panel %s: a query that is not for Prometheus: %T", name, t)
			continue
		case !chosen(q.Datasource):
			l.say("panel %s: the data source of query %d is not %s", name, i, datasource)
		case strings.Count(q.Expr, "gclean_") != strings.Count(q.Expr, `{instance=~"$instance"`):
			l.say("panel %s: query %d is not for the chosen hosts", name, i)
		}
		expr := strings.NewReplacer("$instance", ".*", "$owner", ".*").Replace(q.Expr)
		if strings.Contains(expr, "$") {
			l.say("panel %s: query %d has a variable that is not known", name, i)
		}
		fmt.Fprintf(&l.rules, "      - record: panel:%d:query%d\n        expr: %q\n", *p.Id, i, expr)
	}
}

func chosen(ds *dashboard.DataSourceRef) bool {
	return ds != nil && ds.Uid != nil && *ds.Uid == datasource && ds.Type != nil && *ds.Type == "prometheus"
}
