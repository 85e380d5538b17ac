package slim_test

import (
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

// Documents stay if a program reads them.
func TestDocsThatAProgramReads(t *testing.T) {
	const tips, guide, manual = "share/doc/pkg/tips.txt", "share/doc/pkg/html/guide.html", "share/man/man1/pkg.1"
	const all = guide + " " + tips + " " + manual
	for _, c := range []struct {
		name  string
		files map[string]string
		goes  string
	}{
		{"nobody", map[string]string{site + "pkg/x.py": "x = open('tips.txt')"}, all},
		{"a path", map[string]string{site + "pkg/x.py": "x = open(sys.prefix + '/share/doc/pkg/tips.txt')"}, guide + " " + manual},
		{"a path in parts", map[string]string{site + "pkg/x.py": "x = os.path.join(sys.prefix, 'share', 'doc', 'pkg', 'tips.txt')"}, guide + " " + manual},
		{"a path of pathlib", map[string]string{site + "pkg/x.py": "x = Path(sys.prefix) / 'share/doc' / 'pkg' / 'html' / 'guide.html'"}, tips + " " + manual},
		{"a folder", map[string]string{site + "other/x.py": "x = glob(join(sys.prefix, 'share', 'doc', 'pkg'))"}, manual},
		{"a folder in it", map[string]string{site + "other/x.py": "x = 'share/doc/pkg/html'"}, tips + " " + manual},
		{"a manual", map[string]string{site + "pkg/x.py": "x = 'share/man/man1/pkg.1'"}, guide + " " + tips},
		{"a folder of manuals", map[string]string{site + "pkg/x.py": "x = 'share/man/man1'"}, all},
		{"a name in another module", map[string]string{site + "pkg/conf.py": "DOC = join(sys.prefix, 'share', 'doc', NAME)", site + "pkg/x.py": "x = join(DOC, 'tips.txt')"}, manual},
		{"its folder by a name", map[string]string{site + "other/conf.py": "DOC = join(sys.prefix, 'share', 'doc')", site + "other/x.py": "x = join(DOC, 'pkg')"}, manual},
		{"a name, with a place that has another", map[string]string{site + "other/conf.py": "D = join(sys.prefix, 'share', 'doc', 'other')", site + "other/x.py": "x = 'tips.txt'"}, all},
		{"a script", map[string]string{"bin/pkg": "#!/bin/sh\nexec cat $PREFIX/share/doc/pkg/tips.txt\n"}, guide + " " + manual},
		{"a program", map[string]string{"lib/pkg/worker": "\x7fELF\x00/opt/env/share/doc/pkg/html/guide.html\x00"}, tips + " " + manual},
		{"a library", map[string]string{"lib/libpkg.so.1": "\x7fELF\x00/opt/env/share/doc/pkg\x00"}, manual},
		{"a configuration", map[string]string{"etc/pkg.conf": "help = ../share/doc/pkg/tips.txt\n"}, guide + " " + manual},
		{"a module of Perl", map[string]string{"lib/perl5/P.pm": "open(F, \"$ENV{CONDA_PREFIX}/share/doc/pkg/tips.txt\");"}, guide + " " + manual},
		{"a script of R", map[string]string{"lib/R/x.R": "readLines(file.path(p, 'share', 'doc', 'pkg', 'tips.txt'))"}, guide + " " + manual},
		{"a name with an ending", map[string]string{site + "pkg/x.py": "x = os.path.join(p, 'share', 'doc', 'pkg', 'tips' + '.txt')"}, guide + " " + manual},
		{"another document", map[string]string{"share/doc/pkg/x.json": "share/doc/pkg/tips.txt"}, all},
		{"a place of all", map[string]string{"bin/pkg": "\x7fELF\x00/opt/env/share/doc\x00/opt/env/share/man\x00"}, all},
		{"a comment", map[string]string{site + "pkg/x.py": "# see share/doc/pkg/tips.txt\nx = 1"}, all},
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("pkg", tips, guide, manual))
		for file, text := range c.files {
			must(t, env.AddFile(file, text))
		}
		check(t, c.name, names(prepare(t, env.Prefix, slim.Docs).Items), c.goes)
	}
}
