package visible

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for s, want := range map[string]string{
		"https://conda.anaconda.org/t/SECRET/private/linux-64/foo-1.0-0.conda":      "https://conda.anaconda.org/t/***/private/linux-64/foo-1.0-0.conda",
		"https://conda.anaconda.org/t/SECRET":                                       "https://conda.anaconda.org/t/***",
		"https://host:8443//t//SECRET/x":                                            "https://host:8443//t//***/x",
		`https:\/\/host\/t\/SECRET\/x`:                                              `https:\/\/host\/t\/***\/x`,
		"https://user:SECRET@host/ch/t/SECRET/x":                                    "https://***@host/ch/t/***/x",
		"https://SECRET@host/ch":                                                    "https://***@host/ch",
		"https://user:SEC@RET@host/ch":                                              "https://***@host/ch",
		"https://user:SEC/RET@host/ch":                                              "https://***@host/ch",
		"https://user:SEC?RET@host":                                                 "https://***@host",
		"https://user:SECRET":                                                       "https://user:***",
		"HTTPS://User:SECRET@HOST/ch":                                               "HTTPS://***@HOST/ch",
		"https:/user:SECRET@host/ch":                                                "https:/***@host/ch",
		"git+ssh://user:SECRET@host/x":                                              "git+ssh://***@host/x",
		"https://host/x.conda?token=SECRET":                                         "https://host/x.conda?token=***",
		"https://host/x?a=SECRET&sig=SECRET;X-Amz-Signature=SECRET%2F":              "https://host/x?a=***&sig=***;X-Amz-Signature=***",
		"https://host/x?SECRET":                                                     "https://host/x?***",
		"https://host/x#access_token=SECRET":                                        "https://host/x#access_token=***",
		"https://host/x.conda#d41d8cd98f":                                           "https://host/x.conda#d41d8cd98f",
		"https://host/x.conda#sha256=d41d8cd98f":                                    "https://host/x.conda#sha256=d41d8cd98f",
		"https%3A//host/x":                                                          "https%3A//host/x",
		"https://host/x%2Ft%2FSECRET%2Fx%3Ftoken%3DSECRET":                          "https://host/x%2Ft%2F***%2Fx%3F***",
		"/c/pkgs/https/conda.anaconda.org/t/SECRET/private/noarch/a-1-0":            "/c/pkgs/https/conda.anaconda.org/t/***/private/noarch/a-1-0",
		"https/user:SECRET@host/ch":                                                 "https/***@host/ch",
		"/c/https/host/ch?token=SECRET/noarch":                                      "/c/https/host/ch?token=***",
		`C:\pkgs\https\host\t\SECRET\noarch`:                                        `C:\pkgs\https\host\t\***\noarch`,
		`"C:\\pkgs\\https\\host\\t\\SECRET\\noarch"`:                                `"C:\\pkgs\\https\\host\\t\\***\\noarch"`,
		"t/SECRET/private":                                                          "t/***/private",
		"channel=t/SECRET/private":                                                  "channel=t/***/private",
		"conda.example.com/t/SECRET/ch":                                             "conda.example.com/t/***/ch",
		"conda.example.com:8080/t/SECRET/ch":                                        "conda.example.com:8080/t/***/ch",
		"conda.example.com/ch?token=SECRET":                                         "conda.example.com/ch?token=***",
		"user:SECRET@conda.example.com/ch":                                          "***@conda.example.com/ch",
		"10.0.0.1:8080/t/SECRET/c":                                                  "10.0.0.1:8080/t/***/c",
		"10.0.0.1/t/SECRET/c":                                                       "10.0.0.1/t/***/c",
		"localhost:8080/t/SECRET/c":                                                 "localhost:8080/t/***/c",
		"artifactory:8081/t/SECRET/c":                                               "artifactory:8081/t/***/c",
		"u:SECRET@10.0.0.1/c":                                                       "***@10.0.0.1/c",
		"/conda.example.org/t/SECRET/c":                                             "/conda.example.org/t/***/c",
		"https://h.org/c;token=SECRET":                                              "https://h.org/c;token=***",
		"https%3A%2F%2Fu%3ASECRET%40h.org%2Fc":                                      "https%3A%2F%2F***%40h.org%2Fc",
		"artifactory/t/SECRET/c":                                                    "artifactory/t/***/c",
		"artifactory/t/SECRET":                                                      "artifactory/t/***",
		"-c=artifactory/t/SECRET/c::numpy":                                          "-c=artifactory/t/***/c::numpy",
		"artifactory/t%2FSECRET%2Fc":                                                "artifactory/t%2F***%2Fc",
		"artifactory%2Ft%2FSECRET%2Fc":                                              "artifactory%2Ft%2F***%2Fc",
		"t%2FSECRET%2Fc":                                                            "t%2F***%2Fc",
		"https%3A%2F%2Fh.org%2Ft%2FSECRET%2Fc":                                      "https%3A%2F%2Fh.org%2Ft%2F***%2Fc",
		"https%3A%2F%2Fu%3ASECRET%40h%2Ft%2FSECRET%3Fa%3DSECRET":                    "https%3A%2F%2F***%40h%2Ft%2F***%3F***",
		"https%253A%252F%252Fh.org%252Ft%252FSECRET%252Fc":                          "https%253A%252F%252Fh.org%252Ft%252F***%252Fc",
		"//user:SECRET@host/c":                                                      "//***@host/c",
		"//SECRET@host/c":                                                           "//***@host/c",
		"channel=//user:SECRET@host":                                                "channel=//***@host",
		"//host/t/SECRET/c":                                                         "//host/t/***/c",
		"user:SECRET@artifactory/c":                                                 "***@artifactory/c",
		"user:SECRET@artifactory:8081/c":                                            "***@artifactory:8081/c",
		"artifactory/c?token=SECRET":                                                "artifactory/c?token=***",
		"x.conda?X-Amz-Signature=SECRET&b=SECRET":                                   "x.conda?X-Amz-Signature=***&b=***",
		"ANACONDA_API_TOKEN=SECRET conda install":                                   "ANACONDA_API_TOKEN=*** conda install",
		"env 'CONDA_PASSWORD=SECRET'":                                               "env 'CONDA_PASSWORD=***'",
		"conda --token SECRET install":                                              "conda --token *** install",
		"--password=SECRET x":                                                       "--password=*** x",
		"machine h.org login me password SECRET\nmachine":                           "machine h.org login me password ***\nmachine",
		"machine h.org\n  login me\n  password SECRET":                              "machine h.org\n  login me\n  password ***",
		"Authorization: Bearer SECRET":                                              "Authorization: Bearer ***",
		"/srv/t/xx-12345678-90ab-cdef-1234-567890abcdef/linux":                      "/srv/t/***/linux",
		"a/b/c/t/cmVmdGtuOjAxOjE3ODg5ODg5ODg6YWJjZGVmZ2hpag/x":                      "a/b/c/t/***/x",
		"user:SECRET@localhost/ch":                                                  "***@localhost/ch",
		"a https://h/t/SECRET, b: https://u:SECRET@h: no":                           "a https://h/t/***, b: https://***@h: no",
		"https://h/t/SECRET,https://u:SECRET@h/x":                                   "https://h/t/***,https://***@h/x",
		"https://proxy/https://u:SECRET@h/x":                                        "https://proxy/https://***@h/x",
		"'https://h/x?token=SECRET'":                                                "'https://h/x?token=***'",
		`"https://h/x?token=SECRET\"`:                                               `"https://h/x?token=***\"`,
		`file:///c/https/user:SECRET@h/ch`:                                          `file:///c/https/***@h/ch`,
		"<a href=https://u:SECRET@h>":                                               "<a href=https://***@h>",
		"https://[::1]:8080/t/SECRET/x":                                             "https://[::1]:8080/t/***/x",
		"# cmd: conda create -c https://u:SECRET@h/ch -c https://h/t/SECRET/x -n a": "# cmd: conda create -c https://***@h/ch -c https://h/t/***/x -n a",
	} {
		got := Redact(s)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", s, got, want)
		}
		if again := Redact(got); again != got {
			t.Errorf("%s is redacted once more, to %s", got, again)
		}
	}
}

func TestRedactLeavesOtherTexts(t *testing.T) {
	for _, s := range []string{
		"", "/home/t/me/pkgs", "/t/x/y", "home/t/me", "lib/perl5/5.32/t/op.t", "numpy-1.26.4-0/t/x", "python3.12/t/x", "part/x",
		"C:/t/x", `C:\t\x`, `"C:\\t\\x"`, "server:/export/t/x", "node1:/t/x", "--root t",
		"https://conda.anaconda.org/conda-forge/linux-64", "https://host:8080/x", "https://host:8080, x", "https://host: no", "http://[::1]/",
		"gclean@host", "docker.io/gclean:1.0@sha256:0123", "a@b.c", "what? yes", "lib/@scope/x", "/c/https", "at https/ x", "50%2f",
		"https://host/a@b.conda", "https://host/ch::numpy", "git@github.com:x/y.git", "./t/x", "../t/x", "a/../t/x",
		"/srv/t/numpy", "/srv/t/numpy-1.26.4-py311h7125741_0/lib", "share/t/x", "src/t/op.t", "pkgs/t/x", "//srv/t/x", "a//b:c", "lib/t/scikit_learn_extensions_of_somebody_else",
		"--root /srv", "-n t", "password of root", "default login", "the password is asked for", "machine x", "tokens=3", "name:1.0@sha256:12", "x=y@z", "really?", "what?=", "a?b", "100%", "sha256=abc",
		"--token-file x", "dir/@user:x",
	} {
		if got := Redact(s); got != s {
			t.Errorf("%s: became %s", s, got)
		}
	}
}

func TestWriter(t *testing.T) {
	const text = "path,owner\nhttps://u:SECRET@host/x?sig=SECRET,root\n" +
		`{"url": "https://host/t/SECRET/x?a=SEC,RET", "raw": "` + "\u009b2J\x7f\u202e" + `"}` + "\nProceed ([y]/n)? "
	const want = "path,owner\nhttps://***@host/x?sig=***,root\n" +
		`{"url": "https://host/t/***/x?a=***", "raw": "\u009b2J\u007f\u202e"}` + "\nProceed ([y]/n)? "
	for size := 1; size <= len(text); size++ {
		var b strings.Builder
		w := NewWriter(&b)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if got, err := w.Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatalf("wrote %d of %d, error %v", got, n, err)
			}
			rest = rest[n:]
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Fatalf("by %d bytes:\ngot  %s\nwant %s", size, b.String(), want)
		}
	}
	var b strings.Builder
	if _, err := Lines(&b).Write([]byte("\xc3\xa9\x9b https://u:SECRET@h")); err != nil || b.String() != `é\x9b https://***@h` {
		t.Errorf("%q, error %v", b.String(), err)
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{"https://u:p@h/t/x?a=b", "t/x", `a\/t\/b`, "%2f%3f@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Redact(s)
		if strings.Count(once, "\n") != strings.Count(s, "\n") {
			t.Errorf("%q: %q has other lines", s, once)
		}
		// A secret with nothing odd in it goes wherever it stands.
		for _, u := range []string{"https://u:S3CR3T@h/" + s, "https://h/t/S3CR3T/" + s, "https://h/x?sig=S3CR3T&" + s} {
			if strings.Contains(Redact(u), "S3CR3T") && !strings.Contains(s, "S3CR3T") {
				t.Errorf("%q: %q", u, Redact(u))
			}
		}
	})
}

func BenchmarkOutput(b *testing.B) {
	doc := `{"url": "https://conda.anaconda.org/t/SECRET/private"}` + strings.Repeat(`      {"path": "/opt/conda/pkgs/numpy-1.26.4-py311h7125741_0/lib/python3.11/site-packages/numpy/core/tests"},`+"\n", 1000)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		Output(doc)
	}
}
