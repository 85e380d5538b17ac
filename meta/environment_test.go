package meta

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"gclean/internal/fixture"
	"gclean/walk"
)

func environments(t testing.TB, h Host, o Options) ([]Environment, Problems) {
	t.Helper()
	envs, problems, err := h.Environments(context.Background(), configure(t, h, o), o)
	if err != nil {
		t.Fatal(err)
	}
	return envs, problems
}

func prefixes(envs []Environment, top string) string {
	var s []string
	for _, e := range envs {
		s = append(s, strings.TrimPrefix(e.Prefix, top))
	}
	return strings.Join(s, " ")
}

func TestEnvironments(t *testing.T) {
	h, top := host(t, map[string]string{
		"home/u/.conda/environments.txt":    "TOP/e1\n\n# gone\nTOP/gone\n  TOP/e1/ \nrelative/path\nTOP/file\n",
		"file":                              "",
		"e1/conda-meta/b-1-0.json":          "{}",
		"e1/conda-meta/a-1-0.json":          "{}",
		"e1/conda-meta/history":             "",
		"root/envs/e2/conda-meta/history":   "",
		"root/envs/nothing/":                "",
		"root/envs/notes/text":              "",
		"root/envs/bare/lib/x":              "",
		"root/conda-meta/x-1-0.json":        "{}",
		"home/u/.conda/envs/e3/conda-meta/": "",
		"extra/e4/conda-meta/history":       "",
		"named/conda-meta/history":          "",
		"other/pkgs/urls.txt":               "",
		"other/envs/e5/conda-meta/history":  "",
		"active/conda-meta/history":         "",
		"before1/conda-meta/history":        "",
		"before2/conda-meta/history":        "",
	}, map[string]string{"CONDA_ROOT": "TOP/root", "CONDA_PREFIX": "TOP/active", "CONDA_PREFIX_1": "TOP/before1", "CONDA_PREFIX_2": "TOP/before2"})
	if runtime.GOOS != "windows" {
		if err := fixture.Symlink(filepath.Join(top, "e1"), filepath.Join(top, "extra/same")); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{EnvsDirs: From("--envs-dir", filepath.Join(top, "extra")), Prefixes: From("--prefix", filepath.Join(top, "named")), PkgsDirs: From("--pkgs-dir", filepath.Join(top, "other/pkgs"))}
	envs, problems := environments(t, h, o)
	want := "/active /before1 /before2 /e1 /extra/e4 /home/u/.conda/envs/e3 /named /other/envs/e5 /root /root/envs/bare /root/envs/e2"
	if got := filepath.ToSlash(prefixes(envs, top)); got != want {
		t.Errorf("environments\n%s, want\n%s", got, want)
	}
	for _, e := range envs {
		if bare := filepath.Base(e.Prefix) == "bare"; e.Bare != bare || e.Err != nil {
			t.Errorf("%+v", e)
		}
	}
	e1 := envs[3]
	if strings.Join(e1.Records, " ") != "a-1-0.json b-1-0.json" || runtime.GOOS != "windows" && len(e1.Sources) != 2 {
		t.Errorf("%+v", e1)
	}
	if len(problems) != 1 || problems[0].Hides || !strings.Contains(problems[0].Err.Error(), "line 6") {
		t.Errorf("problems %+v", problems)
	}
}

func TestNamedEnvironments(t *testing.T) {
	h, top := host(t, map[string]string{"empty/": ""}, nil)
	named := []Options{
		{Prefixes: From("--prefix", filepath.Join(top, "missing"))},
		{Prefixes: From("--prefix", filepath.Join(top, "empty"))},
		{EnvsDirs: From("--envs-dir", filepath.Join(top, "missing"))},
	}
	if fixture.CanSymlink() == nil {
		must(t, fixture.Symlink("loop", filepath.Join(top, "loop")))
		named = append(named, Options{Prefixes: From("--prefix", filepath.Join(top, "loop"))})
	}
	for _, o := range named {
		_, _, err := h.Environments(context.Background(), configure(t, h, o), o)
		if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), top) {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}

func TestEnvironmentsOfAllUsers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no passwd file")
	}
	h, top := host(t, map[string]string{
		"passwd": "root:x:0:0::/root-of-test:/bin/sh\nu:x:1000:1000::TOP/home/u:/bin/sh\nshort:x\nnohome:x:1:1:::\n" +
			"svc:x:2:2::/nonexistent:/bin/false\n",
		"home/u/.conda/environments.txt":    "TOP/e1\n",
		"home/ldap/.conda/environments.txt": "TOP/e2\n",
		"e1/conda-meta/history":             "",
		"e2/conda-meta/history":             "",
	}, nil)
	h.Passwd = filepath.Join(top, "passwd")
	h.Home = filepath.Join(top, "roothome")
	if envs, _ := environments(t, h, Options{}); len(envs) != 0 {
		t.Errorf("a user sees %v", prefixes(envs, top))
	}
	h.UID = 0
	envs, problems := environments(t, h, Options{})
	if got := filepath.ToSlash(prefixes(envs, top)); got != "/e1 /e2" || len(problems) > 0 {
		t.Errorf("root sees %s, problems %v", got, problems)
	}
	if !slices.Contains(h.Homes(), filepath.Join(top, "home", "ldap")) {
		t.Errorf("homes %v", h.Homes())
	}
}

func TestUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything: this test runs as another user")
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	h, top := host(t, map[string]string{
		"home/u/.conda/environments.txt": "TOP/e1\nTOP/closed/e2\n",
		"e1/conda-meta/a.json":           "{}",
		"closed/e2/conda-meta/a.json":    "{}",
	}, nil)
	for _, dir := range []string{"e1/conda-meta", "closed"} {
		path := filepath.Join(top, dir)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
	envs, _ := environments(t, h, Options{})
	if len(envs) != 2 || envs[0].Err == nil || envs[1].Err == nil {
		t.Errorf("%+v", envs)
	}
	if err := os.Chmod(filepath.Join(top, "home/u/.conda/environments.txt"), 0); err != nil {
		t.Fatal(err)
	}
	if _, problems := environments(t, h, Options{}); len(problems) != 1 || !problems[0].Hides {
		t.Errorf("problems %+v", problems)
	}
}

func TestEnvironmentsTxtBytes(t *testing.T) {
	abs := "/srv/\xff\xfe env"
	if runtime.GOOS == "windows" {
		abs = `C:\srv\env`
	}
	list, hides, err := parseEnvironmentsTxt([]byte("\n" + abs + "\r\n# x\n" + abs + "/" + strings.Repeat("x", maxPath) + "\n"))
	if len(list) != 1 || list[0] != abs || hides || err == nil || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("%q, %v", list, err)
	}
}

// TestEnvironmentsTxtEncodings has files as editors and shells on Windows write them: no
// prefix may get lost without a doubt.
func TestEnvironmentsTxtEncodings(t *testing.T) {
	a, b := "/srv/a", "/srv/\u00e9"
	if runtime.GOOS == "windows" {
		a, b = `C:\srv\a`, `C:\srv\`+"\u00e9"
	}
	wide := func(order binary.AppendByteOrder, text string) string {
		var data []byte
		for _, u := range utf16.Encode([]rune(text)) {
			data = order.AppendUint16(data, u)
		}
		return string(data)
	}
	lines := a + "\r\n" + b + "\r\n"
	for name, test := range map[string]struct {
		text, want string
		hides      bool
	}{
		"UTF-8 with a BOM":                       {"\ufeff" + lines, a + " " + b, false},
		"two lists with BOMs, one after another": {"\ufeff" + a + "\n\ufeff" + b + "\n", a + " " + b, false},
		"UTF-16":                                 {wide(binary.LittleEndian, "\ufeff"+lines), a + " " + b, false},
		"big-endian":                             {wide(binary.BigEndian, "\ufeff"+lines), a + " " + b, false},
		"UTF-16 after UTF-8":                     {a + "\n" + wide(binary.LittleEndian, b+"\r\n"), a, true},
		"UTF-8 after UTF-16":                     {wide(binary.LittleEndian, "\ufeff"+a+"\r\n") + b + "\n", a, true},
	} {
		list, hides, err := parseEnvironmentsTxt([]byte(test.text))
		if got := strings.Join(list, " "); got != test.want || hides != test.hides || hides != (err != nil) {
			t.Errorf("%s: %q, %v, %v", name, got, hides, err)
		}
	}
}

// A list of millions of lines, which anybody can write, takes no longer than one of
// maxPrefixes; the rest is a doubt. Duplicate lines do not count.
func TestEnvironmentsTxtHasLimits(t *testing.T) {
	top := "/srv/"
	if runtime.GOOS == "windows" {
		top = `C:\srv\`
	}
	var text strings.Builder
	for i := range maxPrefixes {
		fmt.Fprintf(&text, "%s%d\n%s%d\n", top, i, top, i)
	}
	list, hides, err := parseEnvironmentsTxt([]byte(text.String()))
	if len(list) != maxPrefixes || hides || err != nil {
		t.Errorf("%d prefixes, %v, %v", len(list), hides, err)
	}
	text.WriteString(top + "last\n")
	list, hides, err = parseEnvironmentsTxt([]byte(text.String()))
	if len(list) != maxPrefixes || !hides || err != errTooManyPrefixes {
		t.Errorf("one more: %d prefixes, %v, %v", len(list), hides, err)
	}
}

func FuzzEnvironmentsTxt(f *testing.F) {
	for _, seed := range []string{"/a\n/b\n", "# x\n\n rel\n", "/a\x00b\r\n", strings.Repeat("/", 5000)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _, _ := parseEnvironmentsTxt(data)
		if len(list) > bytes.Count(data, []byte("\n"))+1 {
			t.Errorf("%d prefixes in %q", len(list), data)
		}
		for _, p := range list {
			if !filepath.IsAbs(p) || strings.ContainsAny(p, "\n\x00") {
				t.Errorf("prefix %q", p)
			}
		}
	})
}

// TestEqualIDs: if a driver gives several folders the same number, their environments stay
// distinct. An environment with two paths is still one.
func TestEqualIDs(t *testing.T) {
	real := func(path string) (string, error) { return strings.TrimSuffix(path, "-link"), nil }
	none, one := walk.ID{Dev: 7}, walk.ID{Dev: 7, Ino: 1}
	for _, test := range []struct {
		id   walk.ID
		a, b Environment
		want string
	}{
		{none, Environment{Prefix: "/a"}, Environment{Prefix: "/b"}, "/a /b"},
		{none, Environment{Prefix: "/a"}, Environment{Prefix: "/a-link"}, "/a"},
		{one, Environment{Prefix: "/a", Records: []string{"x"}}, Environment{Prefix: "/b", Records: []string{"y"}}, "/a /b"},
		{one, Environment{Prefix: "/a", Records: []string{"x"}}, Environment{Prefix: "/mount", Records: []string{"x"}}, "/a"},
		{one, Environment{Prefix: "/a", Records: []string{"x"}}, Environment{Prefix: "/a-link", Records: []string{"x", "y"}}, "/a"},
		{one, Environment{Prefix: "/a"}, Environment{Prefix: "/b", Err: errors.New("closed")}, "/a /b"},
	} {
		test.a.ID, test.b.ID = test.id, test.id
		test.a.Sources, test.b.Sources = []string{"s"}, []string{"s", "t"}
		envs := distinct([]Environment{test.a, test.b}, real)
		if got := prefixes(envs, ""); got != test.want || len(envs) == 1 && strings.Join(envs[0].Sources, " ") != "s t" {
			t.Errorf("%+v %+v: %s", test.a, test.b, got)
		}
	}
}
