package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
)

// metrics are the figures of a run, for the textfile collector of the Prometheus
// node exporter.
type metrics struct {
	version     string
	started     time.Time
	ended       time.Time
	lastSuccess float64 // seconds since 1970, of an earlier run; 0 for none
	code        int     // the exit code
	dryRun      bool
	plan        *cache.Plan     // nil if it came to none
	result      *removal.Result // nil if nothing was carried out
}

const lastSuccessName = "gclean_last_success_timestamp_seconds"

// write writes the text exposition format, in names by Prometheus' conventions.
func (m *metrics) write(w io.Writer) error {
	var b bytes.Buffer
	gauge := func(name, help string, samples ...string) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
		for _, s := range samples {
			fmt.Fprintf(&b, "%s%s\n", name, s)
		}
	}
	value := func(v float64) string { return " " + strconv.FormatFloat(v, 'f', -1, 64) }
	seconds := func(t time.Time) float64 { return math.Round(float64(t.UnixNano())/1e6) / 1e3 }
	flag := func(v bool) string {
		if v {
			return " 1"
		}
		return " 0"
	}
	var removed, planned cache.Sizes
	errors := 0
	if m.plan != nil {
		planned = cache.SizesOf(m.plan.Remove)
		for _, x := range m.plan.Problems {
			if x.Failed || x.Doubt {
				errors++
			}
		}
	}
	if m.result != nil {
		removed = cache.SizesOf(m.result.Removed)
		errors += len(m.result.Failures)
	}
	if m.plan == nil && m.code != exitDone {
		errors++
	}
	gauge("gclean_build_info", "The gclean that ran.", `{version="`+label(m.version)+`"} 1`)
	gauge("gclean_planned_bytes", "Disk space that the plan of the last run frees.", value(float64(planned.Freed)))
	gauge("gclean_freed_bytes", "Disk space that the last run freed.", value(float64(removed.Freed)))
	gauge("gclean_planned_inodes", "Inodes (files and folders) that the plan of the last run frees.", value(float64(planned.Inodes)))
	gauge("gclean_freed_inodes", "Inodes (files and folders) that the last run freed.", value(float64(removed.Inodes)))
	gauge("gclean_entries", "Entries of the caches, by the outcome in the last run.", m.entries()...)
	gauge("gclean_errors", "What could not be looked at or removed in the last run.", value(float64(errors)))
	gauge("gclean_exit_code", "Exit code of the last run.", value(float64(m.code)))
	gauge("gclean_dry_run", "Whether the last run was a dry run.", flag(m.dryRun))
	gauge("gclean_duration_seconds", "How long the last run took.", value(m.ended.Sub(m.started).Round(time.Millisecond).Seconds()))
	gauge("gclean_last_run_timestamp_seconds", "When the last run ended.", value(seconds(m.ended)))
	success := m.lastSuccess
	if !m.dryRun && (m.code == exitDone || m.code == exitDoubt) {
		success = seconds(m.ended)
	}
	if success > 0 {
		gauge(lastSuccessName, "When the last run ended that removed everything it found to be free.", value(success))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// entries are the samples of gclean_entries: each state of each category that
// was asked for.
func (m *metrics) entries() []string {
	if m.plan == nil {
		return nil
	}
	counts := map[string]map[cache.Category]int{}
	count := func(state string, e *cache.Entry) {
		if counts[state] == nil {
			counts[state] = map[cache.Category]int{}
		}
		counts[state][e.Category]++
	}
	for _, e := range m.plan.Remove {
		count("planned", e)
	}
	for _, k := range m.plan.Kept {
		switch {
		case k.Doubt():
			count("doubt", k.Entry)
		case cache.IsPolicy(k.Holds[0].Reason):
			count("policy", k.Entry)
		default:
			count("held", k.Entry)
		}
	}
	if m.result != nil {
		for _, e := range m.result.Removed {
			count("removed", e)
		}
		for _, f := range m.result.Failures {
			count("failed", f.Entry)
		}
	}
	var samples []string
	for _, c := range m.plan.Targets {
		for _, state := range []string{"planned", "removed", "failed", "held", "policy", "doubt"} {
			samples = append(samples, fmt.Sprintf("{category=\"%s\",state=\"%s\"} %d", label(c.Code()), state, counts[state][c]))
		}
	}
	return samples
}

// removed are the entries that went.
func (m *metrics) removed() []*cache.Entry {
	if m.result == nil {
		return nil
	}
	return m.result.Removed
}

// label is s as the value of a label.
func label(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

// lastSuccessIn is when a run last succeeded, by the metrics of an earlier run:
// 0 if they do not say.
func lastSuccessIn(metrics []byte) float64 {
	for line := range strings.Lines(string(metrics)) {
		if text, ok := strings.CutPrefix(line, lastSuccessName+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err == nil && v > 0 && v < 1e12 {
				return v
			}
		}
	}
	return 0
}
