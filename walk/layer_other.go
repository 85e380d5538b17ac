//go:build !linux

package walk

func (s sysdir) layered() bool { return false }

func (s sysdir) layer(string) Layer { return LayerUnknown }
