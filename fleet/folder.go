package fleet

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"gclean/cache/fence"
	"gclean/internal/asuser/wire"
	"gclean/walk"
)

// Names in the folder of a round.
const (
	roundName  = "round"
	fencedName = "fenced"
	marksName  = "marks"
	endName    = "closed"
)

// What may be wrong with the folder of a round.
var (
	ErrOpenToOthers = errors.New("others can write to it or read it: it must belong to this user, with mode 0700")
	ErrInCache      = errors.New("it is in a cache that the round is about")
	ErrNotEmpty     = errors.New("it is not empty")
	ErrOpen         = errors.New("a round is open in it")
	ErrNoRound      = errors.New("there is no round in it")
	ErrUnsupported  = errors.New("rounds take hard links, and owners of files: this system has none that gclean can use")
)

// FolderError says what is wrong with the folder of a round.
type FolderError struct {
	Path string
	Err  error
}

func (e *FolderError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap gives Err.
func (e *FolderError) Unwrap() error { return e.Err }

// folder is the folder of a round, open.
type folder struct {
	*walk.Dir
	before fence.Before
	made   bool // by this process
}

// openRound opens the folder of a round, and reads the round. The caller closes the folder.
func openRound(path string, guest bool, before fence.Before) (*folder, *Round, error) {
	f, err := openFolder(path, guest, before)
	if err != nil {
		return nil, nil, err
	}
	r, err := f.load()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, r, nil
}

// openFolder opens the folder of a round. Root may open that of others, if guest says
// so: it only adds to it, or looks.
func openFolder(path string, guest bool, before fence.Before) (*folder, error) {
	if runtime.GOOS == "windows" {
		return nil, &FolderError{path, ErrUnsupported}
	}
	dir, err := walk.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &FolderError{path, ErrNoRound}
	}
	if err != nil {
		return nil, err
	}
	st := dir.Stat()
	own := int(st.UID) == os.Geteuid() || guest && os.Geteuid() == 0
	if !own || st.Mode.Perm()&0o077 != 0 {
		dir.Close()
		return nil, &FolderError{path, ErrOpenToOthers}
	}
	return &folder{Dir: dir, before: before}, nil
}

// makeFolder makes the folder of a new round, or opens an empty one.
func makeFolder(path string, before fence.Before) (*folder, error) {
	if runtime.GOOS == "windows" {
		return nil, &FolderError{path, ErrUnsupported}
	}
	made := false
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if before != nil {
			if err := before("mkdir", path); err != nil {
				return nil, err
			}
		}
		err := os.Mkdir(path, 0o700)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		made = err == nil
	}
	f, err := openFolder(path, false, before)
	if err == nil {
		f.made = made
	}
	return f, err
}

// isIn says whether the folder is below another, whatever leads there.
func (f *folder) isIn(id walk.ID) bool {
	path, err := walk.Real(f.Path())
	if err != nil {
		return true
	}
	for {
		if here, err := walk.Identify(path); err != nil || here == id {
			return true
		}
		above := filepath.Dir(path)
		if above == path {
			return false
		}
		path = above
	}
}

func (f *folder) ask(op, name string) error {
	if f.before == nil {
		return nil
	}
	return f.before(op, filepath.Join(f.Path(), name))
}

// write puts a file in its place, whole. What was there before goes.
func (f *folder) write(name, protocol string, messages []any) error {
	root, err := f.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	tmp := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+rand.Text()+".tmp")
	if err := f.ask("create", tmp); err != nil {
		return err
	}
	file, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	enc := wire.NewEncoder(file, protocol, version)
	if protocol == roundProtocol {
		enc.Unbounded() // as many as there are: its runner alone writes it
	}
	for _, m := range messages {
		if err = enc.Encode(m); err != nil {
			break
		}
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		if err = f.ask("rename", name); err == nil {
			err = root.Rename(tmp, name)
		}
	}
	if err != nil {
		if f.ask("unlink", tmp) == nil {
			_ = root.Remove(tmp)
		}
		return fmt.Errorf("%s: %w", filepath.Join(f.Path(), name), err)
	}
	return f.Sync()
}

// open opens a file in the folder, or in a folder in it. Nobody but the owner of the
// folder, this user and root can have written it.
func (f *folder) open(below, name string) (*os.File, error) {
	dir := f.Dir
	if below != "" {
		_, _ = f.Look(below) // what is wrong is found by who opens it
		sub, err := f.OpenDir(below)
		if err != nil {
			return nil, err
		}
		defer sub.Close()
		dir = sub
	}
	st, err := dir.Look(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode.IsRegular() {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir.Path(), name), errNotRegular)
	}
	file, err := dir.OpenFile(name)
	if err != nil {
		return nil, err
	}
	if st.UID != f.Stat().UID && st.UID != 0 || st.Mode.Perm()&0o022 != 0 {
		file.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir.Path(), name), errForeign)
	}
	return file, nil
}

// What makes a file none of the round's.
var (
	errNotRegular = errors.New("not a regular file")
	errForeign    = errors.New("another user has written it, or can")
)

// bounded reads at most max bytes; more is an error of the decoder, which misses the end.
func bounded(r io.Reader, max int64) io.Reader { return io.LimitReader(r, max) }
