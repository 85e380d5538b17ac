package cache

import (
	"strings"

	"gclean/walk"
)

// noticesItem adds what conda keeps of channel notices.
func (l *lister) noticesItem(it walk.Item, _ []walk.Item) error {
	if it.Type.IsRegular() && (it.Name == noticesCache || strings.HasSuffix(it.Name, ".json")) {
		l.add(IndexCache, it.Name, it.Stat)
	}
	return nil
}
