package walk

// mkdirLike makes the folder name: it inherits what the folder s has.
func (s sysdir) mkdirLike(name string) error { return s.mkdir(name, 0o777) }
