package walk

import (
	"io"
	"io/fs"
	"os"
)

// dirents reads the names of a folder through os.File: the portable way.
type dirents struct {
	list []fs.DirEntry
	cur  fs.DirEntry
	f    *os.File
	err  error
}

func newDirents() *dirents { return &dirents{} }

func (d *dirents) reset(s sysdir) {
	d.list = nil
	d.f, d.err = s.root.Open(".")
}

// fill reads the next thousand names; false at the end of the folder.
func (d *dirents) fill() (bool, error) {
	if d.err != nil {
		return false, Cause(d.err)
	}
	list, err := d.f.ReadDir(1000)
	d.list = list
	if len(list) == 0 {
		d.f.Close()
		if err == io.EOF {
			err = nil
		}
		return false, Cause(err)
	}
	return true, nil
}

// ended is false: only another fill tells.
func (d *dirents) ended() bool { return false }

func (d *dirents) next() bool {
	if len(d.list) == 0 {
		return false
	}
	d.cur, d.list = d.list[0], d.list[1:]
	return true
}

func (d *dirents) name() string { return d.cur.Name() }

// kind is the type bits; a junction counts as a symlink, as lstat has it.
func (d *dirents) kind() (fs.FileMode, bool) {
	t := d.cur.Type()
	if t&fs.ModeIrregular != 0 {
		t = fs.ModeSymlink
	}
	return t.Type(), true
}
