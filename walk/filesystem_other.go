//go:build !linux

package walk

import "gclean/walk/mounts"

func (s sysdir) layered() bool { return false }

func (s sysdir) layer(string) Layer { return LayerUnknown }

func (s sysdir) fsKind() (mounts.Kind, error) { return mounts.Unknown, nil }
