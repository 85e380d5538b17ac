package walk

import (
	"slices"
	"testing"
)

func TestQueueTakesLaterItemsLast(t *testing.T) {
	q := newWorkQueue([]string{"a"})
	var order []string
	q.run(1, func(_ int, item string) {
		order = append(order, item)
		switch item {
		case "a":
			q.pushLater("far")
			q.push("b", "c")
		case "c":
			q.push("d")
		case "far":
			q.push("e")
		}
	})
	if want := []string{"a", "c", "d", "b", "far", "e"}; !slices.Equal(order, want) {
		t.Errorf("taken in the order %q, want %q", order, want)
	}
}
