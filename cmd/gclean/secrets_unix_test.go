//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"gclean/internal/fixture"
)

const (
	theSecret = "S3CR3T"
	secretURL = "https://user:S3CR3T@conda.example.com/t/S3CR3T/private"
	c1        = "\u009b31m\u0085" // two controls that terminals obey
)

// secretCase is an installation with a secret in every place where a URL can stand.
type secretCase struct{ home, root, flat, nested, env, broken string }

func newSecretCase(t *testing.T) secretCase {
	t.Helper()
	dir := t.TempDir()
	s := secretCase{
		home: filepath.Join(dir, "home"), root: filepath.Join(dir, "conda"), flat: filepath.Join(dir, "conda", "pkgs"),
		nested: filepath.Join(dir, "mamba", "pkgs"), broken: filepath.Join(dir, "broken.yml"),
	}
	// An environment below a folder that is named after a URL.
	s.env = filepath.Join(dir, "https", "user:S3CR3T@conda.example.com", "t", "S3CR3T", "env")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(path, text string) {
		t.Helper()
		must(os.MkdirAll(filepath.Dir(path), 0o755))
		must(os.WriteFile(path, []byte(text), 0o644))
	}
	flat, err := fixture.NewCache(s.flat)
	must(err)
	channel := filepath.Join(s.nested, "https", "user:S3CR3T@conda.example.com", "t", "S3CR3T", "private?token=S3CR3T", "linux-64")
	_, err = fixture.NewCache(s.nested)
	must(err)
	must(os.MkdirAll(channel, 0o755))
	nested := &fixture.Cache{Dir: channel}
	for _, c := range []*fixture.Cache{flat, nested} {
		for _, name := range []string{"used", "idle", "damaged", "odd" + c1} {
			p := scriptPackage(name)
			if strings.HasSuffix(name, c1) {
				p.Files = nil
			}
			must(c.Add(p))
			write(filepath.Join(c.Extracted(p), "info", "repodata_record.json"),
				`{"name": "`+name+`", "version": "1.0", "build": "0", "subdir": "linux-64", "fn": "`+p.Dist()+`.conda", "channel": "`+secretURL+
					`", "url": "`+secretURL+`/linux-64/`+p.Dist()+`.conda?X-Amz-Signature=S3CR3T&sig=S3CR3T"}`)
		}
		write(c.Extracted(scriptPackage("damaged"))+"/lib/damaged.so", "other")
		write(c.Path("urls.txt"), secretURL+"/linux-64/used-1.0-0.conda\n"+secretURL+"/linux-64/idle-1.0-0.conda#S3CR3T=S3CR3T\n")
		write(c.Path("cache/1234.json"), `{"_url": "`+secretURL+`/linux-64"}`)
		write(c.Path("cache/1234.info.json"), `{"url": "`+secretURL+`/linux-64"}`)
		write(c.Path("torn-1.0-0.conda.partial"), "x")
		write(c.Path("junk-1.0-0.conda"), secretURL)
		must(os.MkdirAll(c.Path("half-1.0-0/info"), 0o755))
	}
	env, err := fixture.NewEnvironment(s.env)
	must(err)
	must(env.Link(flat, scriptPackage("used"), fixture.Link{Kind: fixture.Soft}))
	other, err := fixture.NewEnvironment(s.env + "2")
	must(err)
	must(other.Link(nested, scriptPackage("used"), fixture.Link{Kind: fixture.Soft}))
	write(filepath.Join(s.env, "conda-meta", "history"), "==> 2026-01-01 00:00:00 <==\n# cmd: conda create -c "+secretURL+" used\n+"+secretURL+"/linux-64::used-1.0-0\n")
	write(filepath.Join(s.env, "conda-meta", secretName+"-1-0.json"), `{"url": "`+secretURL+`", "channel": `)
	write(filepath.Join(s.env, "share", "doc", "x.txt"), secretURL)
	must(env.Register(filepath.Join(s.home, ".conda", "environments.txt")))
	write(filepath.Join(s.home, ".conda", "environments.txt"), s.env+"\n"+s.env+"2\n"+s.env+"/gone"+c1+"\n")
	write(filepath.Join(s.home, ".condarc"), "channels:\n  - "+secretURL+"\nchannel_alias: "+secretURL+"\npkgs_dirs:\n  - "+s.flat+"\n  - "+s.nested+"\n  - "+secretURL+"\n")
	write(filepath.Join(s.home, ".mambarc"), "channels:\n  - "+secretURL+": [\n")
	write(filepath.Join(s.home, ".config", "pixi", "config.toml"), "default-channels = [\""+secretURL+"\"\nx = ]")
	write(s.broken, "older-than: "+secretURL+"\n")
	write(filepath.Join(s.root, "conda-meta", "history"), "")
	t.Setenv("HOME", s.home)
	t.Setenv("CONDA_ROOT", s.root)
	t.Setenv("CONDA_CHANNEL_ALIAS", secretURL)
	return s
}

const secretName = "t%2FS3CR3T"

// TestNoSecretIsPrinted runs every command and format on it, and looks at all that is
// printed and at the files that are written for people.
func TestNoSecretIsPrinted(t *testing.T) {
	s := newSecretCase(t)
	out := t.TempDir()
	page, figures := filepath.Join(out, "page.html"), filepath.Join(out, "gclean.prom")
	runs := [][]string{
		{"info"}, {"info", "--json"},
		{"envs"}, {"envs", "--json"},
		{"ls"}, {"ls", "--json"}, {"ls", secretURL}, {"ls", "--json", secretURL},
		{"report"}, {"report", "--json"}, {"report", "--format", "csv"}, {"report", "--format", "markdown", "--top", "0"}, {"report", "--html", "-"}, {"report", "--html", page}, {"report", "--color", "always", "--top", "0"},
		{"why", "used"}, {"why", "--json", "used"}, {"why", secretURL + "/linux-64/used-1.0-0.conda"}, {"why", "--json", secretURL}, {"why", s.env},
		{"verify"}, {"verify", "-v"}, {"verify", "--json"}, {"verify", "--repair", "-d"}, {"verify", "--repair", "-d", "--json"}, {"verify", "--remove", "-d", "-v"},
		{"slim", s.env}, {"slim", "--docs", "-d", "-v", s.env}, {"slim", "--docs", "-d", "--json", s.env}, {"slim", secretURL},
		{"round", "open", "--hosts", s.broken, s.env + "/round"}, {"round", "status", s.env}, {"round", secretURL}, {"mark", "--round", s.env}, {"mark", "--host", secretURL, "--round", s.env},
		{"man"}, {"man", filepath.Join(out, "man")}, {"help"}, {"help", "clean"}, {"help", secretURL}, {"--help"}, {"--version"},
		{"lint-dockerfile", secretURL},
		{"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"}, {"completion", "powershell"}, {"completion", secretURL},
		{"__complete", "why", ""}, {"__complete", "--pkgs-dir", s.nested},
		{secretURL}, {"--" + secretURL}, {"--jobs", secretURL, "-a"}, {"--json", "--jobs", secretURL, "-a"}, {"-a", "-d", "--pkgs-dir", secretURL},
		{"-a", "-d", "--root", secretURL}, {"-a", "-d", "--config", s.broken}, {"-a", "-d", "--metrics", s.env + "/none/x.prom"},
		{"-a", "-d"}, {"-a", "-d", "-v"}, {"-a", "-d", "--json"}, {"clean", "-a", "-d", "-v"}, {"-af", "-d", "-v"}, {"-a", "-d", "--metrics", figures},
		{"-a", "-d", "-v", "--log-format", "json"}, {"-a", "-d", "-v", "--log-format", "text"}, {"-c", s.env, "-d", "-v"},
		{"-a", "-d", "-v", "--keep-newest", "1"}, {"-a"}, {"-t", "-l", "-y", "-v"}, {"-i", "-y", "--json"}, {"-p", "-y", "-v", "--quarantine", "7d"},
		{"restore"}, {"restore", "--json"}, {"restore", secretURL}, {"report", "--json"}, {"ls"}, {"restore", "--all"}, {"-p", "-y", "-v"}, {"-a", "-y"},
	}
	covered := map[string]bool{}
	raw := regexp.MustCompile("[\u0080-\u009f\u202e\x7f]")
	look := func(what, text string) {
		t.Helper()
		if i := strings.Index(text, theSecret); i >= 0 {
			t.Errorf("%q: printed a secret: %q", what, text[max(0, i-100):min(len(text), i+60)])
		}
		if at := raw.FindStringIndex(text); at != nil {
			t.Errorf("%q: printed a control: %q", what, text[max(0, at[0]-60):min(len(text), at[1]+20)])
		}
	}
	seen := 0
	for _, args := range runs {
		var stdout, stderr strings.Builder
		run(t.Context(), "gclean", args, strings.NewReader(""), &stdout, &stderr)
		look(strings.Join(args, " "), stdout.String())
		look(strings.Join(args, " "), stderr.String())
		seen += strings.Count(stdout.String()+stderr.String(), "***")
		covered[args[0]] = true
	}
	if seen < 200 {
		t.Errorf("only %d secrets were hidden: the places are not asked for", seen)
	}
	root := newRoot(newApp("gclean", strings.NewReader(""), new(strings.Builder), new(strings.Builder)), nil)
	for _, cmd := range root.Commands() {
		if !covered[cmd.Name()] && !slices.ContainsFunc(cmd.Aliases, func(a string) bool { return covered[a] }) && !cmd.Hidden && cmd.Name() != cobra.ShellCompRequestCmd {
			t.Errorf("gclean %s is not tried: add it to runs", cmd.Name())
		}
	}
	for _, path := range []string{page, figures} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		look(path, string(text))
	}
	// What gclean remembers in a cache names environments and packages as they are
	// on the disk; all else that it leaves there is its own.
	for _, cache := range []string{s.flat, s.nested} {
		err := filepath.WalkDir(filepath.Join(cache, ".gclean"), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && filepath.Base(filepath.Dir(path)) != "marks" {
				t.Errorf("%s was left", path)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
