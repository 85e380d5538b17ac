package main

import (
	"testing"
	"time"
)

func TestParseSpan(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"30d": 30 * day, "2w": 14 * day, "12h": 12 * time.Hour, "90m": 90 * time.Minute, "1h30m": 90 * time.Minute, "0d": 0, "0": 0, "106751d": 106751 * day,
		"": -1, "d": -1, "-1d": -1, "-1h": -1, "30": -1, "1.5d": -1, "1d12h": -1, "106752d": -1, "99999999999d": -1, "15250w": 106750 * day, "15251w": -1, "30 d": -1, "3y": -1,
	} {
		got, err := parseSpan(text)
		if want < 0 != (err != nil) || err == nil && got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestAmountFlag(t *testing.T) {
	for text, want := range map[string]string{
		"50G": "50.00 GB", "50GB": "50.00 GB", "50GiB": "50.00 GB", "1.5T": "1536.00 GB", "500M": "500.0 MB", "500m": "500.0 MB", "1024": "1 KB", "0": "0 B",
		"20%": "20%", "0.5%": "0.5%", "100%": "100%",
		"": "", "0%": "", "101%": "", "-5%": "", "NaN%": "", "%": "", "-1": "", "-1G": "", "G": "", "5X": "", "1e400G": "",
	} {
		var a amountFlag
		err := a.Set(text)
		if want == "" != (err != nil) || a.String() != want {
			t.Errorf("%q: %q, %v; want %q", text, a.String(), err, want)
		}
	}
}

func TestFlagsOfFiles(t *testing.T) {
	for text, want := range map[string]struct{ free, most string }{
		"0": {"0", "0"}, "100000": {"100000", "100000"}, "20%": {"20%", ""}, "0.5%": {"0.5%", ""},
		"": {}, "0%": {}, "101%": {}, "-5%": {}, "-1": {}, "1.5": {}, "5k": {}, "NaN%": {}, "9223372036854775808": {},
	} {
		var free filesFlag
		if err := free.Set(text); want.free == "" != (err != nil) || free.String() != want.free {
			t.Errorf("--min-free-files %q: %q, %v; want %q", text, free.String(), err, want.free)
		}
		var most countFlag
		if err := most.Set(text); want.most == "" != (err != nil) || most.String() != want.most {
			t.Errorf("--max-files %q: %q, %v; want %q", text, most.String(), err, want.most)
		}
	}
}
