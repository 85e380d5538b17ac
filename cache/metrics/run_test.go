package metrics

import (
	"fmt"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
)

// TestStatesOfKeptEntries: gclean_entries counts an entry under the state that JSON gives
// it, except that a policy has a state of its own.
func TestStatesOfKeptEntries(t *testing.T) {
	for _, tt := range []struct {
		holds []hold.Reason
		want  string
	}{
		{[]hold.Reason{hold.HardLinked}, "held"},
		{[]hold.Reason{hold.UnreadableEnv, hold.InUse}, "held"},
		{[]hold.Reason{cache.LockHeld}, "held"},
		{[]hold.Reason{cache.Excluded}, "policy"},
		{[]hold.Reason{cache.RoomEnough}, "policy"},
		{[]hold.Reason{cache.NotPutAside}, "kept"},
		{[]hold.Reason{cache.Needed}, "kept"},
		{[]hold.Reason{cache.InReadOnlyCache}, "kept"},
		{[]hold.Reason{hold.Fresh}, "kept"},
		{[]hold.Reason{hold.UnreadableEnv}, "doubt"},
	} {
		k := cache.Kept{Entry: &cache.Entry{Category: cache.Packages}}
		for _, r := range tt.holds {
			k.Holds = append(k.Holds, hold.Hold{Reason: r})
		}
		if state := cache.StateOf(k.Holds).String(); state != tt.want && !(state == "kept" && tt.want == "policy") {
			t.Errorf("%s: JSON has %s, the metric is to have %s", tt.holds, state, tt.want)
		}
		m := Run{Plan: &cache.Plan{Targets: []cache.Category{cache.Packages}, Kept: []cache.Kept{k}}}
		var counted []string
		for _, sample := range m.entries() {
			if strings.HasSuffix(sample, " 1") {
				counted = append(counted, sample)
			}
		}
		if want := fmt.Sprintf("{category=\"packages\",state=%q} 1", tt.want); strings.Join(counted, " ") != want {
			t.Errorf("%s: %s, want %s", tt.holds, counted, want)
		}
	}
}
