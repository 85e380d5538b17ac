package hold

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseCmdline(t *testing.T) {
	for line, want := range map[string][]string{
		"":                              nil,
		"\x00\x00":                      nil,
		"conda\x00install\x00":          {"conda", "install"},
		"conda\x00\x00x\x00":            {"conda", "", "x"},
		"nginx: worker process":         {"nginx: worker process"},
		strings.Repeat("a\x00", 40):     strings.Split(strings.Repeat("a", 16), ""),
		"conda\x00-c\x00cut off in the": {"conda", "-c", "cut off in the"},
	} {
		if got := parseCmdline([]byte(line)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

const statRest = "S 812 900 900 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 9 10"

func TestParseStat(t *testing.T) {
	for _, name := range []string{"conda", "a b", "a) S 1 (b", "(((", ")", "", "a\nb"} {
		got, err := parseStat([]byte("4711 (" + name + ") " + statRest))
		if err != nil || got != (stat{812, 1234560 * time.Millisecond}) {
			t.Errorf("%q: %+v, %v", name, got, err)
		}
	}
	for _, text := range []string{"", "4711 (x", "4711 (x) S 1", "4711 (x) S y" + statRest[5:], "4711 (x) " + strings.Replace(statRest, "123456", "soon", 1)} {
		if got, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestParseBoot(t *testing.T) {
	got, err := parseBoot([]byte("cpu  1 2 3\nintr 7\nctxt 5\nbtime 1700000000\nprocesses 9\n"))
	if err != nil || !got.Equal(time.Unix(1_700_000_000, 0)) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "btime soon\n"} {
		if got, err := parseBoot([]byte(text)); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func statusText(uid, groups, capabilities string) []byte {
	return []byte("Name:\tconda\nUmask:\t0022\nUid:\t5\t6\t7\t" + uid + "\nGid:\t50\t60\t70\t80\nGroups:\t" + groups + " \nCapEff:\t" + capabilities + "\n")
}

func TestWhoReads(t *testing.T) {
	for _, c := range []struct {
		uid, capabilities string
		allUsers          bool
		want              int
	}{
		{"1000", "0000000000000000", true, 1000},
		{"0", "000001ffffffffff", true, 0},
		{"1000", "0000000000000004", true, AnyUser}, // CAP_DAC_READ_SEARCH
		{"1000", "0000000000000002", true, AnyUser}, // CAP_DAC_OVERRIDE
		{"65534", "0000000000000000", true, 65534},
		{"65534", "0000000000000000", false, AnyUser}, // a user that this namespace does not know
		{"1000", "0000000000000000", false, 1000},
	} {
		s, err := parseStatus(statusText(c.uid, "4 24", c.capabilities))
		if got := s.reader(c.allUsers); err != nil || got != c.want || !slices.Equal(s.groups, []int{80, 4, 24}) {
			t.Errorf("%+v: %d, %+v, %v", c, got, s, err)
		}
	}
	if s, err := parseStatus([]byte("Uid:\t1\n")); err != nil || s.reader(true) != AnyUser {
		t.Errorf("no user: %+v, %v", s, err)
	}
	if s, err := parseStatus(statusText("many", "", "0")); err == nil {
		t.Errorf("%+v", s)
	}
	for text, want := range map[string]bool{
		"         0          0 4294967295\n": true,
		"         0       1000          1\n": false,
		"":                                   false,
	} {
		if got := hasAllUsers([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestHidePID(t *testing.T) {
	user := status{uid: 1000, groups: []int{1000, 50}}
	root := status{uid: 0, groups: []int{0}, capabilities: 1<<40 - 1}
	for _, c := range []struct {
		super    string
		self     status
		allUsers bool
		want     bool
	}{
		{"rw", user, true, false},
		{"rw,hidepid=0", user, true, false},
		{"rw,hidepid=off", user, true, false},
		{"rw,hidepid=2", user, true, true},
		{"rw,hidepid=invisible", user, true, true},
		{"rw,hidepid=1", user, true, true},
		{"rw,hidepid=noaccess", user, true, true},
		{"rw,gid=50,hidepid=2", user, true, false},
		{"rw,gid=51,hidepid=2", user, true, true},
		{"rw,gid=50,hidepid=ptraceable", user, true, true},
		{"rw,hidepid=4", root, true, false},
		{"rw,hidepid=2", root, true, false},
		{"rw,hidepid=4", root, false, true}, // root of a user namespace
	} {
		if got := hides(c.super, c.self, c.allUsers); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
