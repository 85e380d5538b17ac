//go:build unix && !linux

package walk

import (
	"errors"

	"golang.org/x/sys/unix"
)

func (s sysdir) exchange(string, sysdir, string) error { return ErrNoExchange }

func (s sysdir) sync() error { return unix.Fsync(int(s)) }

func (s sysdir) syncFS() error { return errors.ErrUnsupported }
