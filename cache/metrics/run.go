package metrics

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

// Run is what one run of gclean planned and removed.
type Run struct {
	Version     string // of gclean
	Started     time.Time
	Ended       time.Time
	LastSuccess float64 // of an earlier run, as LastSuccess returns it
	ExitCode    int
	Success     bool // removed all that could be known to be free; see ExitCode
	DryRun      bool
	Plan        *cache.Plan     // nil if it came to none
	Result      *removal.Result // nil if nothing was carried out
}

const lastSuccessName = "gclean_last_success_timestamp_seconds"

// Write writes the text exposition format of Prometheus.
func (m *Run) Write(w io.Writer) error {
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
	if m.Plan != nil {
		planned = cache.SizesOf(m.Plan.Remove)
		for _, x := range m.Plan.Problems {
			if x.Failed || x.Doubt {
				errors++
			}
		}
	}
	if m.Result != nil {
		removed = cache.SizesOf(m.Result.Removed)
		errors += len(m.Result.Failures)
	}
	if m.Plan == nil && m.ExitCode != 0 {
		errors++
	}
	gauge("gclean_build_info", "The gclean that ran.", `{version="`+label(m.Version)+`"} 1`)
	gauge("gclean_planned_bytes", "Disk space that the plan of the last run frees.", value(float64(planned.Freed)))
	gauge("gclean_freed_bytes", "Disk space that the last run freed.", value(float64(removed.Freed)))
	gauge("gclean_planned_inodes", "Inodes (files and folders) that the plan of the last run frees.", value(float64(planned.Inodes)))
	gauge("gclean_freed_inodes", "Inodes (files and folders) that the last run freed.", value(float64(removed.Inodes)))
	gauge("gclean_entries", "Entries of the caches by what became of them in the last run.", m.entries()...)
	gauge("gclean_errors", "What could not be looked at or removed in the last run.", value(float64(errors)))
	gauge("gclean_exit_code", "Exit code of the last run.", value(float64(m.ExitCode)))
	gauge("gclean_dry_run", "Whether the last run was to remove nothing.", flag(m.DryRun))
	gauge("gclean_duration_seconds", "How long the last run took.", value(m.Ended.Sub(m.Started).Round(time.Millisecond).Seconds()))
	gauge("gclean_last_run_timestamp_seconds", "When the last run ended.", value(seconds(m.Ended)))
	success := m.LastSuccess
	if !m.DryRun && m.Success {
		success = seconds(m.Ended)
	}
	if success > 0 {
		gauge(lastSuccessName, "When a run last ended that removed all that it could know to be free.", value(success))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// entries are the samples of gclean_entries: each state of each category that
// was asked for.
func (m *Run) entries() []string {
	if m.Plan == nil {
		return nil
	}
	counts := map[string]map[cache.Category]int{}
	count := func(state string, e *cache.Entry) {
		if counts[state] == nil {
			counts[state] = map[cache.Category]int{}
		}
		counts[state][e.Category]++
	}
	for _, e := range m.Plan.Remove {
		count("planned", e)
	}
	for _, k := range m.Plan.Kept {
		switch {
		case k.Doubt():
			count("doubt", k.Entry)
		case cache.IsPolicy(k.Holds[0].Reason):
			count("policy", k.Entry)
		default:
			count("held", k.Entry)
		}
	}
	if m.Result != nil {
		for _, e := range m.Result.Removed {
			count("removed", e)
		}
		for _, f := range m.Result.Failures {
			count("failed", f.Entry)
		}
	}
	var samples []string
	for _, c := range m.Plan.Targets {
		for _, state := range []string{"planned", "removed", "failed", "held", "policy", "doubt"} {
			samples = append(samples, fmt.Sprintf("{category=\"%s\",state=\"%s\"} %d", label(c.Code()), state, counts[state][c]))
		}
	}
	return samples
}

// Removed are the entries that went.
func (m *Run) Removed() []*cache.Entry {
	if m.Result == nil {
		return nil
	}
	return m.Result.Removed
}

// label is s as the value of a label.
func label(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

// LastSuccess is when a run last succeeded, in seconds since 1970, by the metrics that
// an earlier run wrote. It is 0 if they do not say.
func LastSuccess(metrics []byte) float64 {
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
