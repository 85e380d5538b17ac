package htmlreport

import (
	"slices"

	"gclean/internal/units"
)

// rect is a rectangle: its upper left corner, width and height.
type rect struct{ x, y, w, h float64 }

// inset returns r without a border of that width, and without a strip at the top.
func (r rect) inset(border, top float64) rect {
	return rect{r.x + border, r.y + top, max(r.w-2*border, 0), max(r.h-top-border, 0)}
}

// squarify divides frame among weights, which are in descending order and not negative.
// Each gets a rectangle with its share of the area, as nearly square as possible in this
// order (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000). A weight of 0 gets a
// rectangle without area.
func squarify(weights []int64, frame rect) []rect {
	var total float64
	for _, w := range weights {
		total += float64(w)
	}
	rects := make([]rect, len(weights))
	if total == 0 || frame.w <= 0 || frame.h <= 0 {
		return rects
	}
	scale := frame.w * frame.h / total
	for first := 0; first < len(weights); {
		side := min(frame.w, frame.h)
		sum := float64(weights[first]) * scale
		if sum == 0 || side <= 0 {
			break // only zeros are left
		}
		last := first + 1
		for last < len(weights) {
			more := sum + float64(weights[last])*scale
			if worst(weights[first:last+1], more, side, scale) > worst(weights[first:last], sum, side, scale) {
				break
			}
			sum = more
			last++
		}
		depth := sum / side
		at := 0.0
		for i := first; i < last; i++ {
			length := float64(weights[i]) * scale / depth
			if frame.w >= frame.h {
				rects[i] = rect{frame.x, frame.y + at, depth, length}
			} else {
				rects[i] = rect{frame.x + at, frame.y, length, depth}
			}
			at += length
		}
		if frame.w >= frame.h {
			frame.x, frame.w = frame.x+depth, frame.w-depth
		} else {
			frame.y, frame.h = frame.y+depth, frame.h-depth
		}
		first = last
	}
	return rects
}

// worst returns the greatest ratio of sides among the rectangles of a row.
func worst(weights []int64, sum, side, scale float64) float64 {
	greatest, least := float64(weights[0])*scale, float64(weights[len(weights)-1])*scale
	if least == 0 {
		return 1e300
	}
	s2, side2 := sum*sum, side*side
	return max(side2*greatest/s2, s2/(side2*least))
}

// node is a part of a treemap: a tile, or a group of nodes.
type node struct {
	name   string // short
	title  string // everything known about it
	note   string // second line, if there is enough room
	class  string // of a tile: the state of the entry
	weight int64  // in bytes; for a group, the sum
	inside []*node
}

// group returns a node that contains others, the largest first. All after the first most
// are combined into one for each class.
func group(name string, inside []*node, most int) *node {
	inside = slices.SortedStableFunc(slices.Values(inside), byWeight)
	if most = max(most, 1); len(inside) > most && inside[most].inside == nil {
		rest := map[string]*node{}
		count := map[string]int{}
		for _, n := range inside[most:] {
			if rest[n.class] == nil {
				rest[n.class] = &node{class: n.class}
			}
			rest[n.class].weight += n.weight
			count[n.class]++
		}
		inside = slices.Clone(inside[:most])
		for _, class := range classes {
			if n := rest[class]; n != nil {
				n.name = units.Count(count[class], "smaller entry", "smaller entries")
				n.title = n.name + ": " + units.Bytes(n.weight)
				n.note = units.Bytes(n.weight)
				inside = append(inside, n)
			}
		}
		slices.SortStableFunc(inside, byWeight)
	}
	g := &node{name: name, title: name, inside: inside}
	for _, n := range inside {
		g.weight += n.weight
	}
	return g
}

func byWeight(a, b *node) int {
	switch {
	case a.weight > b.weight:
		return -1
	case a.weight < b.weight:
		return 1
	}
	return 0
}
