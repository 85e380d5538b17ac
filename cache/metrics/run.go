package metrics

import (
	"fmt"
	"io"
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
	Success     bool // the run removed everything known to be free; see ExitCode
	DryRun      bool
	Plan        *cache.Plan     // nil if no plan was made
	Result      *removal.Result // nil if nothing was carried out
}

const lastSuccessName = "gclean_last_success_timestamp_seconds"

// Write writes the text exposition format of Prometheus.
func (m *Run) Write(w io.Writer) error {
	var p page
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
	p.gauge("gclean_build_info", "The gclean that ran.", `{version="`+label(m.Version)+`"} 1`)
	p.gauge("gclean_planned_bytes", "Disk space that the plan of the last run frees.", value(float64(planned.Freed)))
	p.gauge("gclean_freed_bytes", "Disk space that the last run freed.", value(float64(removed.Freed)))
	p.gauge("gclean_planned_inodes", "Inodes (files and folders) that the plan of the last run frees.", value(float64(planned.Inodes)))
	p.gauge("gclean_freed_inodes", "Inodes (files and folders) that the last run freed.", value(float64(removed.Inodes)))
	p.gauge("gclean_entries", "Entries of the caches, by the outcome in the last run.", m.entries()...)
	if m.Plan != nil {
		p.gauge("gclean_quarantined_bytes", "Disk space in quarantine when the last run ended.", value(float64(m.quarantined())))
	}
	p.gauge("gclean_errors", "What could not be looked at or removed in the last run.", value(float64(errors)))
	p.gauge("gclean_exit_code", "Exit code of the last run.", value(float64(m.ExitCode)))
	p.gauge("gclean_dry_run", "Whether the last run was a dry run.", truth(m.DryRun))
	p.gauge("gclean_duration_seconds", "How long the last run took.", value(m.Ended.Sub(m.Started).Round(time.Millisecond).Seconds()))
	p.gauge("gclean_last_run_timestamp_seconds", "When the last run ended.", value(seconds(m.Ended)))
	success := m.LastSuccess
	if !m.DryRun && m.Success {
		success = seconds(m.Ended)
	}
	if success > 0 {
		p.gauge(lastSuccessName, "When the last run ended that removed everything it found to be free.", value(success))
	}
	return p.writeTo(w)
}

// quarantined is the disk space, in bytes, of entries that were in quarantine before the
// run, and of those that the run put there.
func (m *Run) quarantined() int64 {
	bytes := m.Plan.Aside
	if m.Result != nil {
		for _, e := range m.Result.Removed {
			if e.Aside() {
				bytes += e.Usage.Disk
			}
		}
	}
	return bytes
}

// policy is the state of entries that JSON has as kept, if a policy keeps them.
const policy = "policy"

// stateOf returns the state of an entry that is kept.
func stateOf(k cache.Kept) string {
	state := cache.StateOf(k.Holds)
	if state == cache.StateKept && cache.IsPolicy(k.Holds[0].Reason) {
		return policy
	}
	return state.String()
}

// entries returns the samples of gclean_entries: one for each state of each requested
// category.
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
		count(stateOf(k), k.Entry)
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
		for _, state := range []string{"planned", "removed", "failed", "held", policy, "kept", "doubt"} {
			samples = append(samples, fmt.Sprintf("{category=\"%s\",state=\"%s\"} %d", label(c.Code()), state, counts[state][c]))
		}
	}
	return samples
}

// Removed returns the entries that were removed.
func (m *Run) Removed() []*cache.Entry {
	if m.Result == nil {
		return nil
	}
	return m.Result.Removed
}

// LastSuccess returns when a run last succeeded, in seconds since 1970, from the metrics of
// an earlier run. It returns 0 if they do not say.
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
