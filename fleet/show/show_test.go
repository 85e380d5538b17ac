package show

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/hold"
	"gclean/fleet"
	"gclean/internal/asuser/wire"
	"gclean/meta"
)

// sample is a round whose names are as bad as names can be.
func sample() *View {
	const bad = "=<b>\x1b[31m"
	r := &fleet.Round{
		Nonce: "N", Dir: "/shared/round", Host: bad, User: bad, Opened: time.Unix(0, 0), Policy: "--older-than 30d", Without: []string{"c"}, Fenced: true,
		Hosts: []fleet.Host{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Caches: []fleet.Cache{{Path: "/shared/pkgs", Family: cache.Conda}},
	}
	for i, name := range []string{bad, "held", "doubt", "companion"} {
		r.Entries = append(r.Entries, fleet.Entry{
			Item: fence.Item{Number: i, Kind: fence.Package, Name: wire.Path(name)}, Package: &hold.Package{}, Companion: i == 3, Apparent: 1000, Freed: 2000, Inodes: 3, UID: 7, Owner: bad,
		})
	}
	return &View{
		Round: r, Going: []fleet.State{fleet.Goes},
		Hosts: []fleet.HostState{
			{Host: r.Hosts[0], Presence: fleet.Marked, Answer: &fleet.Answer{Holds: map[int][]hold.Hold{1: nil}}},
			{Host: r.Hosts[1], Presence: fleet.Invalid, Err: errors.New(bad)}, {Host: r.Hosts[2], Presence: fleet.Passed},
		},
		Verdicts: []fleet.Verdict{
			{State: fleet.Goes}, {State: fleet.Held, Holds: []fleet.HeldOn{{Host: "a", Hold: hold.Hold{Reason: hold.SoftLinked, Prefix: bad}}}},
			{State: fleet.InDoubt, Holds: []fleet.HeldOn{{Host: "a", Hold: hold.Hold{Reason: hold.UnreadableEnv, Err: errors.New(bad)}}}}, {State: fleet.Held},
		},
		Failures: []fleet.Failure{{Path: bad, Err: errors.New(bad)}}, Problems: meta.Problems{{Code: "x", Err: errors.New("y")}},
	}
}

func TestBadNames(t *testing.T) {
	o := Options{Verbose: true, Generator: "<i>", Code: func(error) string { return "failed" }}
	for name, write := range map[string]func(*strings.Builder) error{
		"text": func(b *strings.Builder) error { return Text(b, sample(), o) },
		"HTML": func(b *strings.Builder) error { return HTML(b, sample(), o) },
		"JSON": func(b *strings.Builder) error { return JSON(b, sample(), o) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if strings.Contains(text, "\x1b") || name == "HTML" && (strings.Contains(text, "<b>") || strings.Contains(text, "<i>")) || name == "JSON" && !json.Valid([]byte(text)) {
			t.Errorf("%s: %s", name, text)
		}
	}
	var b strings.Builder
	if err := CSV(&b, sample()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\r\n")
	if len(lines) != 5 || !strings.Contains(lines[1], ",'=<b>") || strings.Contains(b.String(), "companion") || strings.Contains(b.String(), "\x1b") {
		t.Errorf("%q", lines)
	}
}

func TestFigures(t *testing.T) {
	v := sample()
	if got := v.Summary(); got != "Would remove 1 entry: 1000 B, 2 KB of disk space. Kept: 1 in use, 1 in doubt." {
		t.Error(got)
	}
	if got := strings.Join(v.without(), " "); got != "c" || v.State() != "open" || None().State() != "none" {
		t.Errorf("%s, %s", got, v.State())
	}
	v.End = &fleet.End{Aborted: true}
	if v.State() != "aborted" {
		t.Error(v.State())
	}
}
