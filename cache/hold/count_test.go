package hold

import (
	"context"
	"fmt"
	"testing"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// TestRecordsOpenedForManyEnvironments has 1,000 environments of 300 records, and 3,000
// entries. Half of the entries are hard-linked, which one probed record shows. A hundred
// are soft-linked, which the first record shows. The others are in no environment. gclean
// opens at most one record for each entry, and those of entries in doubt. These are copies,
// for which it must ask every environment that has them.
func TestRecordsOpenedForManyEnvironments(t *testing.T) {
	const entries, records, doubtful = 3000, 300, 5
	distribution := func(i int) string { return fmt.Sprintf("p%d-1-0", i) }
	var envs []meta.Environment
	asked := 0 // records of the entries in doubt
	for i := range 1000 {
		env := meta.Environment{Prefix: fmt.Sprint("/env", i), ID: walk.ID{Ino: uint64(i + 1)}}
		for j := range records {
			n := (i*7 + j) % (entries / 2) // entries of the second half are in no environment
			env.Records = append(env.Records, distribution(n)+".json")
			if n < doubtful {
				asked++
			}
		}
		envs = append(envs, env)
	}
	ev := manyTold{soft: map[string]bool{}, copied: map[string]bool{}}
	var list []*Package
	for i := range entries {
		e := &Package{Dist: distribution(i), Payload: true}
		switch {
		case i < doubtful:
			ev.copied[e.Dist] = true
		case i < 100:
			ev.soft[e.Dist] = true
		}
		list = append(list, e)
	}
	h := newHolders(envs, list, nil, ev)
	held := 0
	for _, e := range list {
		h.Probe(e)
		holds, err := h.Of(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		if len(holds) > 0 {
			held++
		}
	}
	if want := entries/2 - doubtful; held != want {
		t.Errorf("%d entries are held, want %d", held, want)
	}
	// Each soft-linked entry needs the probes too.
	if got, most := h.parsed.Load(), int64(entries+asked+doubtful*probes); got > most {
		t.Errorf("%d records were opened, of %d; want no more than %d", got, len(envs)*records, most)
	}
}

// manyTold is evidence for many environments. A package is a copy or soft-linked in all
// environments that have it; otherwise it is hard-linked.
type manyTold struct{ soft, copied map[string]bool }

func (m manyTold) link(_ *meta.Environment, record string) (dist.RecordLink, error) {
	distribution := record[:len(record)-len(".json")]
	switch {
	case m.copied[distribution]:
		return dist.RecordLink{Type: dist.Copy}, nil
	case m.soft[distribution]:
		return dist.RecordLink{Type: dist.SoftLink}, nil
	}
	return dist.RecordLink{Type: dist.HardLink}, nil
}

func (m manyTold) origin(env *meta.Environment, record string) (dist.RecordOrigin, error) {
	l, err := m.link(env, record)
	return dist.RecordOrigin{Link: l}, err
}

func (m manyTold) bare(context.Context, *meta.Environment, []*Package) (map[*Package]string, error) {
	return nil, nil
}

func (m manyTold) names(string, *Package) bool { return true }

func (m manyTold) symlinkInto(context.Context, *meta.Environment, string, *Package) (string, error) {
	return "", nil
}

func (m manyTold) sharedFile(env *meta.Environment, record string, _ *Package) string {
	distribution := record[:len(record)-len(".json")]
	if m.soft[distribution] || m.copied[distribution] {
		return ""
	}
	return env.Prefix + "/file"
}
