package dist

import (
	"strings"
	"testing"
)

func TestCompareRecord(t *testing.T) {
	for name, c := range map[string]struct{ index, record, want string }{
		"the same":                   {`"depends": ["b"], "timestamp": 5, "license": "MIT"`, `"depends": ["b"], "timestamp": 5, "license": "MIT"`, ""},
		"fewer keys":                 {`"depends": ["b"], "timestamp": 5, "license": "MIT"`, ``, ""},
		"null":                       {`"depends": ["b"], "timestamp": 5, "license": "MIT"`, `"depends": null, "timestamp": null, "license": null`, ""},
		"a stub":                     {`"depends": ["b"], "timestamp": 5, "license": "MIT"`, `"depends": [], "timestamp": 0, "license": ""`, "wrong_record wrong_record wrong_record"},
		"half a stub":                {`"depends": ["b"], "timestamp": 5, "license": "MIT"`, `"depends": ["b"], "timestamp": 0, "license": ""`, "wrong_record wrong_record"},
		"nothing in the index":       {`"depends": []`, `"depends": [], "timestamp": 0, "license": ""`, ""},
		"a patch":                    {`"depends": ["b"], "timestamp": 5`, `"depends": ["b <2", "c"], "timestamp": 5`, ""},
		"depends emptied by a patch": {`"depends": ["b"], "timestamp": 5`, `"depends": [], "timestamp": 5`, "patched"},
		"only depends":               {`"depends": ["b"]`, `"depends": []`, "wrong_record"},
		"odd types":                  {`"depends": "b", "license": ["MIT"]`, `"depends": {}, "license": 5`, ""},
	} {
		head := `{"name": "a", "version": "1", "build": "0", `
		text := func(rest string) *strings.Reader {
			return strings.NewReader(strings.TrimSuffix(head+rest, ", ") + "}")
		}
		index, err := ParseIndex(text(c.index))
		if err != nil {
			t.Fatal(err)
		}
		record, err := ParseRepodataRecord(text(c.record))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range CompareRecord(index, record) {
			got = append(got, f.Kind.Code())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestCompareSource(t *testing.T) {
	const url = "https://conda.anaconda.org/conda-forge/linux-64/a-1!2-0.conda"
	for name, c := range map[string]struct {
		record string
		line   DownloadedURL
		want   string
	}{
		"the same":          {url, DownloadedURL{URL: url}, ""},
		"another scheme":    {url, DownloadedURL{URL: strings.Replace(url, "https", "http", 1)}, ""},
		"encoded":           {url, DownloadedURL{URL: strings.Replace(url, "!", "%21", 1)}, ""},
		"a token":           {url, DownloadedURL{URL: strings.Replace(url, "org/", "org/t/tk-123/", 1)}, ""},
		"a user":            {url, DownloadedURL{URL: strings.Replace(url, "//", "//u:p@", 1)}, ""},
		"a query":           {url, DownloadedURL{URL: url + "?token=x"}, ""},
		"capitals":          {url, DownloadedURL{URL: strings.Replace(url, "conda.anaconda.org", "Conda.Anaconda.ORG", 1)}, ""},
		"a mirror":          {url, DownloadedURL{URL: "https://mirror.example/x/conda-forge/linux-64/a-1!2-0.conda"}, "other_url"},
		"another channel":   {url, DownloadedURL{URL: strings.Replace(url, "conda-forge", "other", 1)}, "wrong_source"},
		"another subdir":    {url, DownloadedURL{URL: strings.Replace(url, "linux-64", "noarch", 1)}, "wrong_source"},
		"no channel":        {"https://a.example/linux-64/a-1!2-0.conda", DownloadedURL{URL: "https://b.example/linux-64/a-1!2-0.conda"}, "wrong_source"},
		"a mirror, renamed": {url, DownloadedURL{URL: "https://b.example/linux-64/a-1!2-0.conda", SHA256: someSHA256}, "other_url"},
		"another hash":      {url, DownloadedURL{URL: "https://mirror.example/conda-forge/linux-64/a-1!2-0.conda", SHA256: strings.Repeat("0", 64)}, "wrong_source"},
		"no URL":            {"", DownloadedURL{URL: url}, ""},
		"no line":           {url, DownloadedURL{}, ""},
		"a local channel":   {"file:///srv/c/linux-64/a-1!2-0.conda", DownloadedURL{URL: "/srv/c/linux-64/a-1!2-0.conda"}, ""},
	} {
		rec := RepodataRecord{URL: c.record, SHA256: someSHA256}
		got := ""
		if f := CompareSource(rec, c.line); f != nil {
			got = f.Kind.Code()
			if strings.Contains(f.String(), "u:p") || strings.Contains(f.String(), "tk-") {
				t.Errorf("%s: a secret in %s", name, f)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"a-1!2-0", "a-1!2-0", true},
		{"a-1!2-0", "a-1%212-0", true},
		{"a-1%212-0", "a-1!2-0", true},
		{"a-1%2-0", "a-1%2-0", true}, // not percent-encoded
		{"a-1-0", "b-1-0", false},
		{"a-1%zz-0", "a-1-0", false},
	} {
		if got := SameName(c.a, c.b); got != c.same {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}

func TestWheelNames(t *testing.T) {
	for name, want := range map[string]string{
		"idna-3.10-py3-none-any.whl":         "idna-3.10-py3-none-any",
		"idna-3.10-py3-none-any.WHL.partial": "idna-3.10-py3-none-any",
		"a-1-0.conda.whl":                    "a-1-0.conda",
	} {
		if !IsArchive(name) || !IsWheel(name) || OfArchive(name) != want {
			t.Errorf("%s: %v, %v, %s", name, IsArchive(name), IsWheel(name), OfArchive(name))
		}
	}
	if IsWheel("a-1-0.conda") || IsArchive(".whl.txt") {
		t.Error("what is no wheel")
	}
}
