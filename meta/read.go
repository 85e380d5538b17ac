package meta

import "gclean/walk/open"

// readFile is open.ReadRegular without the FileInfo.
func readFile(path string, limit int64) ([]byte, error) {
	data, _, err := open.ReadRegular(path, limit)
	return data, err
}
