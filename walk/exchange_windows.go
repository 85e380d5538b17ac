package walk

import "errors"

func (s sysdir) exchange(string, sysdir, string) error { return ErrNoExchange }

// sync has nothing to do: NTFS keeps a journal of names.
func (s sysdir) sync() error { return nil }

func (s sysdir) syncFS() error { return errors.ErrUnsupported }
