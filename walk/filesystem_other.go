//go:build !linux

package walk

import (
	"path/filepath"

	"gclean/walk/extents"
	"gclean/walk/mounts"
)

func (s sysdir) layered() bool { return false }

func (s sysdir) layer(string) Layer { return LayerUnknown }

func (s sysdir) fsKind() (mounts.Kind, error) { return mounts.Unknown, nil }

func (s sysdir) look(rel string) (Stat, error) { return s.lstat(filepath.FromSlash(rel)) }

func (s sysdir) mayShareExtents() bool { return false }

func (s sysdir) sharedExtents(*extents.Asker, string) int64 { return 0 }
