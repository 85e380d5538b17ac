//go:build !linux

package walk

func (s sysdir) fsKind() (FSKind, error) { return FSKind{}, nil }
