//go:build !unix

package walk

import "os"

func openNoWait(path string) (*os.File, error) { return os.Open(path) }
