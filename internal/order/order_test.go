package order

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

type pair struct{ key, place int }

func pairs(n int) []pair {
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]pair, n)
	for i := range list {
		list[i] = pair{random.IntN(n/4 + 1), i}
	}
	return list
}

func byKey(a, b pair) int { return cmp.Compare(a.key, b.key) }

func TestBySortsLikeSlices(t *testing.T) {
	for _, n := range []int{0, 1, 2, 11, 12, 13, 100, 1000} {
		got := pairs(n)
		By(got, func(a, b pair) int { return cmp.Or(byKey(a, b), cmp.Compare(a.place, b.place)) })
		want := pairs(n)
		slices.SortStableFunc(want, byKey)
		if !slices.Equal(got, want) {
			t.Errorf("%d items: By differs from slices.SortStableFunc", n)
		}
	}
}

func TestStableKeepsTheOrderOfEqualItems(t *testing.T) {
	for _, n := range []int{0, 1, 12, 21, 100, 1000} {
		got, want := pairs(n), pairs(n)
		Stable(got, byKey)
		slices.SortStableFunc(want, byKey)
		if !slices.Equal(got, want) {
			t.Errorf("%d items: Stable differs from slices.SortStableFunc", n)
		}
	}
}
