package dist

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// TestVersionOrder has the lists of conda's tests/models/test_version.py, each in ascending
// order.
func TestVersionOrder(t *testing.T) {
	same := [][2]string{{"0.4", "0.4.0"}, {"0.5_5", "0.5-5"}}
	for _, list := range [][]string{{
		"0.4", "0.4.0", "0.4.1a.vc11", "0.4.1.rc", "0.4.1.vc11", "0.4.1", "0.5*", "0.5a1", "0.5b3", "0.5C1",
		"0.5z", "0.5za", "0.5", "0.5_5", "0.5-5", "0.9.6", "0.960923", "1.0", "1.0.4a3", "1.0.4b1", "1.0.4",
		"1.1dev1", "1.1_", "1.1a1", "1.1.dev1", "1.1.a1", "1.1", "1.1.post1", "1.1.1dev1", "1.1.1rc1", "1.1.1",
		"1.1.1post1", "1.1post1", "2g6", "2.0b1pr0", "2.2be.ta29", "2.2be5ta29", "2.2beta29", "2.2.0.1", "3.1.1.6",
		"3.2.p.r0", "3.2.pr0", "3.2.pr.1", "5.5.kw", "11g", "14.3.1", "14.3.1.post26.g9d75ca2", "1996.07.12",
		"1!0.4.1", "1!3.1.1.6", "2!0.4.1",
	}, {
		"1.0.1dev", "1.0.1_", "1.0.1a", "1.0.1b", "1.0.1c", "1.0.1d", "1.0.1r", "1.0.1rc", "1.0.1rc1", "1.0.1rc2",
		"1.0.1s", "1.0.1", "1.0.1post.a", "1.0.1post.b", "1.0.1post.z", "1.0.1post.za", "1.0.2",
	}, {
		"1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2", "1.0b2.post345.dev456",
		"1.0b2.post345", "1.0c1.dev456", "1.0c1", "1.0c3", "1.0rc2", "1.0.dev456", "1.0", "1.0.post456.dev34",
		"1.0.post456", "1.1.dev1", "1.2.r32+123456", "1.2.rev33+123456", "1.2+abc", "1.2+abc123def", "1.2+abc123",
		"1.2+123abc", "1.2+123abc456", "1.2+1234.abc", "1.2+123456", "1!1.0a1", "1!1.0a2.dev456",
		"1!1.0a12.dev456", "1!1.0a12", "1!1.0b1.dev456", "1!1.0b2", "1!1.0b2.post345.dev456", "1!1.0b2.post345",
		"1!1.0c1.dev456", "1!1.0c1", "1!1.0c3", "1!1.0rc2", "1!1.0.dev456", "1!1.0", "1!1.0.post456.dev34",
		"1!1.0.post456", "1!1.1.dev1", "1!1.2.r32+123456", "1!1.2.rev33+123456", "1!1.2+abc", "1!1.2+abc123def",
		"1!1.2+abc123", "1!1.2+123abc", "1!1.2+123abc456", "1!1.2+1234.abc", "1!1.2+123456",
	}, {
		"0.3.0.dev", "0.3.3",
	}, {
		"5.5++", "5.5..mw", "no&version", "0.1", "99999999999999999998", "99999999999999999999", "100000000000000000000",
	}} {
		for i, a := range list {
			for k, b := range list {
				got, want := CompareVersions(a, b), cmp.Compare(i, k)
				if slices.Contains(same, [2]string{a, b}) || slices.Contains(same, [2]string{b, a}) {
					want = 0
				}
				if cmp.Compare(got, 0) != want {
					t.Errorf("%s and %s: %d, want %d", a, b, got, want)
				}
			}
		}
	}
}

func TestInvalidVersions(t *testing.T) {
	for _, s := range []string{"", "  ", "3.5&1", "5.5++", "5.5..mw", "!", "a!1.0", "a!b!1.0", "+1", "1!2!3", "1-2_3", "é"} {
		if _, ok := parseVersion(s); ok {
			t.Errorf("%q is taken for a version", s)
		}
	}
	for _, same := range [][2]string{{"  0.4.rc  ", "0.4.RC"}, {"0.4", "0.4.0"}, {"0.4.a1", "0.4.0a1"}, {"1-2", "1_2"}, {"01.1", "1.01"}} {
		if CompareVersions(same[0], same[1]) != 0 {
			t.Errorf("%q is not %q", same[0], same[1])
		}
	}
}

// FuzzCompareVersions checks that any strings have an order.
func FuzzCompareVersions(f *testing.F) {
	f.Add("1.0", "1.0.0", "1!2.post1+a_1")
	f.Add("", "_", "*")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		list := []string{a, b, c}
		slices.SortFunc(list, CompareVersions)
		for i := range list {
			for k := i; k < len(list); k++ {
				if CompareVersions(list[i], list[k]) > 0 || CompareVersions(list[k], list[i]) < 0 {
					t.Errorf("no order: %q", list)
				}
			}
		}
		if strings.TrimSpace(a) == "" && CompareVersions(a, "0") >= 0 {
			t.Errorf("%q is newer than 0", a)
		}
	})
}
