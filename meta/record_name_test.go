package meta

import "testing"

func TestRecordName(t *testing.T) {
	for file, want := range map[string]string{
		"a-1-0.json":                "a-1-0",
		"a-1-0.JSON":                "a-1-0",
		"a-1-0.json.c~":             "a-1-0",
		"a-1-0.json.trash":          "a-1-0",
		"a-1-0.json.conda_trash":    "a-1-0",
		"a-1-0.json.conda_trash_12": "a-1-0",
		"a-1-0.json.mamba_trash":    "a-1-0",
		"a-1-0.json0.mamba_trash":   "a-1-0",
		"a-1-0.JSON.c~":             "a-1-0",
		"a.json-1-0.json":           "a.json-1-0",
		"._a-1-0.json":              "",
		"._a-1-0.json.c~":           "",
		".json":                     "",
		"json":                      "",
		"history":                   "",
		"history.c~":                "",
		"mamba_trash.txt":           "",
		"a-1-0.json.bak":            "",
		"a-1-0.json.conda_trash_x":  "",
		"":                          "",
	} {
		got, ok := RecordName(file)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v, want %q", file, got, ok, want)
		}
	}
}

func BenchmarkRecordName(b *testing.B) {
	for b.Loop() {
		RecordName("package-1.26.4-py311h7125741_0.json")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "names/s")
}
