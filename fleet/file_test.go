package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/hold"
	"gclean/internal/asuser/wire"
	"gclean/walk"
)

// sample is a round, with everything that one can have.
func sample() *Round {
	r := &Round{
		Nonce: "N", Dir: "/shared/round", Host: "a", User: "ann", PID: 7, Opened: time.Unix(1_000_000, 0).UTC(), Policy: "--older-than 30d",
		Hosts: []Host{{"a", false}, {"b", false}, {"login", true}}, Without: []string{"login"}, KeepInstalled: true,
		Caches: []Cache{{"/shared/pkgs", cache.Conda, 3}, {"/shared/rattler/pkgs", cache.Rattler, 4}}, mark: "M", Fenced: true,
	}
	for i, name := range []string{"x-1-0.conda", "x-1-0", "y-1-0\xff"} {
		e := Entry{Cache: i / 2, Item: fence.Item{Number: i, Kind: fence.Archive, Name: wire.Path(name), Ino: 9}, Apparent: 1, Freed: 2, Inodes: 3, UID: 4, Owner: "bob", Because: "why"}
		if i > 0 {
			e.Kind, e.Index = fence.Package, "z-1-0"
			e.Package = &hold.Package{Cache: r.Caches[e.Cache].Path, Name: name, Dist: "x-1-0", Index: "z-1-0", ID: walk.ID{Dev: 1, Ino: 9}, Newest: 5, Payload: true}
		}
		r.Entries = append(r.Entries, e)
	}
	return r
}

// written is messages as they are in a file.
func written(t testing.TB, protocol string, messages []any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := wire.NewEncoder(&b, protocol, version)
	for _, m := range messages {
		if err := enc.Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestRoundIsReadAsItWasWritten(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no rounds on Windows: the sample has paths of Unix")
	}
	want := sample()
	got, err := readRound(bytes.NewReader(written(t, roundProtocol, want.messages())))
	if err != nil {
		t.Fatal(err)
	}
	got.Fenced, got.mark = true, "M" // of another file
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMarkIsReadAsItWasWritten(t *testing.T) {
	r := sample()
	want := &Answer{Host: "b", Machine: "m", UID: 5, Version: "1", Unseen: []int{1}, Holds: map[int][]hold.Hold{
		1: {{Reason: hold.SoftLinked, Prefix: "/env", Record: "/env/r", File: "/f"}, {Reason: hold.HardLinked}}, 2: {{Reason: hold.InstallerRunning}},
	}}
	got, err := r.readMark(bytes.NewReader(written(t, markProtocol, want.messages("M"))), "b")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := r.readMark(bytes.NewReader(written(t, markProtocol, want.messages("N"))), "b"); !errors.Is(err, ErrMark) {
		t.Errorf("the nonce of the round: %v", err)
	}
	r.mark = ""
	if _, err := r.readMark(bytes.NewReader(written(t, markProtocol, want.messages(""))), "b"); !errors.Is(err, ErrMark) {
		t.Errorf("no nonce: %v", err)
	}
}

// Every file that is cut anywhere is none.
func TestCutFiles(t *testing.T) {
	r := sample()
	round := written(t, roundProtocol, r.messages())
	for n := range len(round) - 1 {
		if _, err := readRound(bytes.NewReader(round[:n])); err == nil {
			t.Errorf("a round of %d bytes of %d is read", n, len(round))
		}
	}
	a := &Answer{Host: "b", Holds: map[int][]hold.Hold{1: {{Reason: hold.HardLinked}}}}
	mark := written(t, markProtocol, a.messages("M"))
	for n := range len(mark) {
		if _, err := r.readMark(bytes.NewReader(mark[:n]), "b"); err == nil {
			t.Errorf("a mark of %d bytes of %d is read", n, len(mark))
		}
	}
}

// FuzzMark is a hostile writer: whatever it writes is no mark, or one that keeps what it
// says; and no more is read than is bounded.
func FuzzMark(f *testing.F) {
	r := sample()
	a := &Answer{Host: "b", Machine: "m", Unseen: []int{0}, Holds: map[int][]hold.Hold{1: {{Reason: hold.SoftLinked, Prefix: "/e"}}}}
	whole := written(f, markProtocol, a.messages("M"))
	f.Add(whole)
	f.Add(whole[:len(whole)-2])
	f.Add(bytes.ReplaceAll(whole, []byte("soft_linked"), []byte("none")))
	f.Add([]byte(`{"protocol":"gclean-mark","version":1}` + "\n" + `{"end":{"complete":true,"nonce":"M","host":"b","holds":0}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := r.readMark(bytes.NewReader(data), "b")
		if err != nil {
			return
		}
		if !bytes.Contains(data, []byte(`"M"`)) || a.Host != "b" {
			t.Fatalf("a mark without its nonce: %+v", a)
		}
		for n, holds := range a.Holds {
			if n < 0 || n >= len(r.Entries) || len(holds) == 0 || len(holds) > maxHolds {
				t.Fatalf("%d: %+v", n, holds)
			}
		}
		again, err := r.readMark(bytes.NewReader(written(t, markProtocol, a.messages("M"))), "b")
		if err != nil || len(again.Holds) != len(a.Holds) {
			t.Fatalf("%+v is not what it was: %+v, %v", again, a, err)
		}
	})
}

// FuzzRound is a file of a round that anybody may have written.
func FuzzRound(f *testing.F) {
	f.Add(written(f, roundProtocol, sample().messages()))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readRound(bytes.NewReader(data))
		if err != nil {
			return
		}
		for i := range r.Entries {
			if e := &r.Entries[i]; e.Cache < 0 || e.Cache >= len(r.Caches) || strings.HasPrefix(string(e.Name), "..") {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// endless writes holds for ever.
type endless struct{ rest []byte }

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = []byte(`{"number":1,"hold":{"reason":"soft_linked","prefix":"/e"}}` + "\n")
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestEndlessMark(t *testing.T) {
	r := sample()
	head := written(t, markProtocol, []any{&markLine{Head: &markHead{Nonce: "M", Host: "b"}}})
	if _, err := r.readMark(io.MultiReader(bytes.NewReader(head), new(endless)), "b"); err == nil {
		t.Error("it has an end")
	}
}

func TestParseHosts(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb\n":                        "a b",
		"# all\n a \n\nb no-cache # x":  "a b-",
		"node-1.example.org\nfe80::1\n": "node-1.example.org fe80::1",
		"":                              "error",
		"# none":                        "error",
		"a\na":                          "error",
		"a b":                           "error",
		"../x":                          "error",
		".x":                            "error",
		"-x":                            "error",
		"a/b":                           "error",
		strings.Repeat("a", 201):        "error",
		"é":                             "error",
	} {
		hosts, err := ParseHosts([]byte(text))
		var list []string
		for _, h := range hosts {
			list = append(list, h.Name+map[bool]string{true: "-"}[h.NoCache])
		}
		got := strings.Join(list, " ")
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestNamed(t *testing.T) {
	hosts := []Host{{Name: "a"}, {Name: "b.x.org"}, {Name: "c.x.org"}, {Name: "c.y.org"}, {Name: "d"}, {Name: "d.x.org"}}
	for name, want := range map[string]string{
		"a": "a", "a.x.org": "a", "b": "b.x.org", "b.x.org": "b.x.org", "b.y.org": "", "c": "", "c.y.org": "c.y.org", "d": "d", "d.x.org": "d.x.org", "": "", "e": "",
	} {
		h, err := named(hosts, name)
		if got := fmt.Sprint(h); (h == nil) != (err != nil) || h != nil && h.Name != want || h == nil && want != "" {
			t.Errorf("%q: %s, %v; want %q", name, got, err, want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	r := sample()
	r.Entries[0].Companion = true
	says := func(host string, reasons ...hold.Reason) HostState {
		a := &Answer{Holds: map[int][]hold.Hold{}}
		for _, reason := range reasons {
			a.Holds[1] = append(a.Holds[1], hold.Hold{Reason: reason})
		}
		return HostState{Host: Host{Name: host}, Answer: a, Presence: Marked}
	}
	for _, c := range []struct {
		hosts []HostState
		want  State
	}{
		{nil, Goes},
		{[]HostState{says("a"), {Host: Host{Name: "b"}, Presence: Missing}}, Goes},
		{[]HostState{says("a"), says("b", hold.UnreadableEnv)}, InDoubt},
		{[]HostState{says("a", hold.InstallerRunning), says("b")}, InDoubt},
		{[]HostState{says("a", hold.UnreadableEnv), says("b", hold.SoftLinked)}, Held},
		{[]HostState{says("a", hold.SoftLinked), says("b", hold.UnseenUsers)}, Held},
	} {
		v := r.verdicts(c.hosts)
		if v[0].State != Held || v[1].State != c.want || v[2].State != Goes {
			t.Errorf("%+v: %+v, want %s", c.hosts, v, c.want)
		}
	}
	r.Entries[1].Unfenced = "no"
	if v := r.verdicts(nil); v[1].State != Apart {
		t.Errorf("%+v", v)
	}
}
