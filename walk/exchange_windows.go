package walk

import "errors"

func (s sysdir) exchange(string, sysdir, string) error { return ErrNoExchange }

// sync does nothing: NTFS keeps a journal of names.
func (s sysdir) sync() error { return nil }

func (s sysdir) syncFS() error { return errors.ErrUnsupported }
