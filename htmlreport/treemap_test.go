package htmlreport

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestSquarify checks with random weights that each has its share of the area, that none
// leaves the frame, and that no two overlap.
func TestSquarify(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	for range 300 {
		weights := make([]int64, 1+rng.IntN(60))
		var total float64
		for i := range weights {
			weights[i] = int64(math.Exp(rng.Float64() * 30))
			if rng.IntN(10) == 0 {
				weights[i] = 0
			}
			total += float64(weights[i])
		}
		slices.SortFunc(weights, func(a, b int64) int { return int(max(min(b-a, 1), -1)) })
		frame := rect{10, 20, 1 + 1000*rng.Float64(), 1 + 1000*rng.Float64()}
		rects := squarify(weights, frame)
		const slack = 1e-6
		for i, r := range rects {
			want := 0.0
			if total > 0 {
				want = float64(weights[i]) / total * frame.w * frame.h
			}
			if math.Abs(r.w*r.h-want) > slack*frame.w*frame.h {
				t.Fatalf("weight %d has the area %g, want %g", weights[i], r.w*r.h, want)
			}
			if want == 0 {
				continue
			}
			if r.x < frame.x-slack || r.y < frame.y-slack || r.x+r.w > frame.x+frame.w+1e-3 || r.y+r.h > frame.y+frame.h+1e-3 {
				t.Fatalf("%+v leaves %+v", r, frame)
			}
			for _, o := range rects[:i] {
				if w, h := min(r.x+r.w, o.x+o.w)-max(r.x, o.x), min(r.y+r.h, o.y+o.h)-max(r.y, o.y); w > 1e-3 && h > 1e-3 {
					t.Fatalf("%+v and %+v overlap", r, o)
				}
			}
		}
	}
	// Equal weights in a square become nearly squares.
	for _, r := range squarify([]int64{1, 1, 1, 1, 1, 1, 1, 1, 1}, rect{0, 0, 300, 300}) {
		if ratio := max(r.w/r.h, r.h/r.w); ratio > 2 {
			t.Errorf("%+v is %g times as long as wide", r, ratio)
		}
	}
}

// TestGroup combines tiles that are too small, by state, and loses nothing.
func TestGroup(t *testing.T) {
	var tiles []*node
	var total int64
	for i := range int64(10000) {
		tiles = append(tiles, &node{name: "x", class: classes[i%3], weight: i})
		total += i
	}
	g := group("all", tiles, 100)
	if len(g.inside) != 103 || g.weight != total {
		t.Errorf("%d tiles weigh %d, want 103 and %d", len(g.inside), g.weight, total)
	}
	if !slices.IsSortedFunc(g.inside, byWeight) {
		t.Error("not in order")
	}
	if small := group("few", tiles[:5], 100); len(small.inside) != 5 {
		t.Errorf("%d of 5 tiles", len(small.inside))
	}
}
