package meta

import "gclean/walk/open"

// readFile is open.ReadRegular for callers who do not ask whose file it is.
func readFile(path string, limit int64) ([]byte, error) {
	data, _, err := open.ReadRegular(path, limit)
	return data, err
}
