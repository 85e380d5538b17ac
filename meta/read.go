package meta

import "gclean/walk"

// readFile is walk.ReadRegular for callers who do not ask whose file it is.
func readFile(path string, limit int64) ([]byte, error) {
	data, _, err := walk.ReadRegular(path, limit)
	return data, err
}
