package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/fixture"
)

// impostor replaces the archive of a by one from another channel, with the same name and
// other files.
func impostor(t testing.TB, c *fixture.Cache, p fixture.Package) {
	t.Helper()
	other := p
	other.Files = nil
	for _, f := range p.Files {
		f.Content += " of another channel"
		other.Files = append(other.Files, f)
	}
	elsewhere := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, elsewhere.AddArchive(other))
	data, err := os.ReadFile(elsewhere.Path(other.ArchiveName()))
	must(t, err)
	must(t, os.WriteFile(c.Path(p.ArchiveName()), data, 0o644))
}

// withoutHashes removes the hashes from the record of the package.
func withoutHashes(t testing.TB, dir string) {
	t.Helper()
	name := filepath.Join(dir, "info", "repodata_record.json")
	text, err := os.ReadFile(name)
	must(t, err)
	text = regexp.MustCompile(`"(md5|sha256|size)": [^,\n}]*,?`).ReplaceAll(text, nil)
	text = regexp.MustCompile(`,\s*}`).ReplaceAll(text, []byte("}"))
	must(t, os.WriteFile(name, text, 0o644))
}

// An archive must be proven to be the package's before the package is replaced.
func TestRepairProvesTheArchive(t *testing.T) {
	remove := func(names ...string) func(*testing.T, *fixture.Cache, string) {
		return func(t *testing.T, _ *fixture.Cache, dir string) {
			for _, name := range names {
				must(t, os.RemoveAll(filepath.Join(dir, name)))
			}
		}
	}
	for name, c := range map[string]struct {
		evidence func(t *testing.T, c *fixture.Cache, dir string) // makes what is left of the evidence
		other    bool                                             // the archive is another channel's
		repaired bool
	}{
		"the record's hash":                        {remove(), false, true},
		"the record's hash differs":                {remove(), true, false},
		"the list's hashes":                        {func(t *testing.T, _ *fixture.Cache, dir string) { withoutHashes(t, dir) }, false, true},
		"the list's hashes differ":                 {func(t *testing.T, _ *fixture.Cache, dir string) { withoutHashes(t, dir) }, true, false},
		"no record":                                {remove("info/repodata_record.json"), false, true},
		"no record, another archive":               {remove("info/repodata_record.json"), true, false},
		"no list, the rest agrees":                 {remove("info", "lib"), false, true},
		"no list, the rest differs":                {remove("info", "lib"), true, false},
		"nothing left":                             {remove("info", "lib", "share"), false, true},
		"nothing left, another archive":            {remove("info", "lib", "share"), true, true},
		"a damaged file and no list":               {remove("info"), false, false},
		"the hash in urls.txt":                     {urlsTxt("https://conda.example/channel/linux-64/", true), false, true},
		"the hash in urls.txt, of another":         {urlsTxt("https://other.example/linux-64/", true), true, false},
		"no hash in urls.txt, of another":          {urlsTxt("https://other.example/linux-64/", false), true, false},
		"another URL in urls.txt, the list agrees": {urlsTxt("https://other.example/linux-64/", true), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
			p := pkg("a")
			must(t, pkgs.Add(p))
			if c.other {
				impostor(t, pkgs, p)
			}
			dir := pkgs.Extracted(p)
			must(t, os.WriteFile(filepath.Join(dir, "lib", "a.so"), []byte("damaged"), 0o755))
			c.evidence(t, pkgs, dir)
			if name == "no list, the rest agrees" || name == "no list, the rest differs" || strings.HasPrefix(name, "nothing left") {
				must(t, os.MkdirAll(filepath.Join(dir, "info"), 0o755))
			}
			before := modes(t, dir)
			plan := repairPlan(t, verified(t, options(pkgs)))
			if promised := len(plan.Repairs) == 1; promised != c.repaired {
				t.Fatalf("promised: %v, %+v", promised, plan.Unmendable)
			}
			r := plan.Execute(context.Background(), removal.Options{})
			if got := len(r.Repaired) == 1; got != c.repaired {
				t.Fatalf("repaired: %v, %+v %+v", got, r.Failures, plan.Unmendable)
			}
			if after := modes(t, dir); !c.repaired && after != before {
				t.Errorf("changed from\n%s\nto\n%s", before, after)
			}
			for _, u := range plan.Unmendable {
				broken := errors.Is(u.Err, verify.ErrBrokenArchive) || errors.Is(u.Err, verify.ErrArchiveItself)
				if !errors.Is(u.Err, verify.ErrUnproven) && (!broken || name != "the record's hash differs") {
					t.Error(u.Err)
				}
			}
		})
	}
}

// urlsTxt removes the hashes from the record, and writes a line of urls.txt, with or
// without the hash of the archive in the cache.
func urlsTxt(channel string, hash bool) func(*testing.T, *fixture.Cache, string) {
	return func(t *testing.T, c *fixture.Cache, dir string) {
		withoutHashes(t, dir)
		name := filepath.Base(dir) + ".conda"
		line := channel + name
		if hash {
			line += "#sha256:" + sha256Of(t, c.Path(name))
		}
		must(t, os.WriteFile(c.Path("urls.txt"), []byte(line+"\n"), 0o644))
	}
}

// An archive that was replaced after the plan was shown is proven again.
func TestRepairProvesAgain(t *testing.T) {
	pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	p := pkg("a")
	must(t, pkgs.Add(p))
	withoutHashes(t, pkgs.Extracted(p))
	must(t, os.WriteFile(filepath.Join(pkgs.Extracted(p), "lib", "a.so"), []byte("damaged"), 0o755))
	plan := repairPlan(t, verified(t, options(pkgs)))
	if len(plan.Repairs) != 1 {
		t.Fatalf("%+v", plan.Unmendable)
	}
	impostor(t, pkgs, p)
	r := plan.Execute(context.Background(), removal.Options{})
	if len(r.Repaired) != 0 || len(r.Failures) != 1 || !errors.Is(r.Failures[0].Err, verify.ErrUnproven) {
		t.Errorf("repaired %d, failures %v", len(r.Repaired), r.Failures)
	}
}

// Out of two archives, repair uses the one that is proven to be the package's.
func TestRepairUsesProvenArchive(t *testing.T) {
	pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	p := pkg("a")
	must(t, pkgs.Add(p))
	withoutHashes(t, pkgs.Extracted(p))
	old := p
	old.Format = fixture.TarBz2
	must(t, pkgs.AddArchive(old))
	impostor(t, pkgs, p) // the .conda, which is tried first
	must(t, os.WriteFile(filepath.Join(pkgs.Extracted(p), "lib", "a.so"), []byte("damaged"), 0o755))
	plan := repairPlan(t, verified(t, options(pkgs)))
	if len(plan.Repairs) != 1 || plan.Repairs[0].Archive.Entry.Name != "a-1.0-0.tar.bz2" {
		t.Errorf("%+v %+v", plan.Repairs, plan.Unmendable)
	}
}
