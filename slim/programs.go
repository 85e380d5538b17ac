package slim

import (
	"bytes"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"gclean/walk"
)

// mayRun says whether a file whose name tells nothing may be a program: it has no
// ending but a number or one of programs, or is in a folder of programs. Its first bytes tell then.
func mayRun(dir, name string) bool {
	if isProgram(dir) {
		return true
	}
	ext := path.Ext(name)
	return (ext == "" || ext == name || slices.Contains([]string{".bin", ".out", ".exe", ".node", ".cgi"}, ext) || strings.Trim(ext, ".0123456789") == "") &&
		!strings.HasSuffix(dir, ".dist-info") && !isTerminfo(dir) && !isBelow(dir, docFolders) && dir != "conda-meta"
}

// runs says whether a file is one that the system runs, or an interpreter for it: any that
// has the right to be, but for those that are known by their endings.
func runs(st walk.Stat, name string) bool {
	switch path.Ext(name) {
	case ".exe", ".com":
		return st.Mode.IsRegular()
	}
	return st.Mode.IsRegular() && st.Mode.Perm()&0o111 != 0
}

// isScript and isMachineCode tell programs by their first bytes: ELF, Mach-O, PE.
func isScript(head []byte) bool { return bytes.HasPrefix(head, []byte("#!")) }

func isMachineCode(head []byte) bool {
	for _, magic := range []string{"\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xca\xfe\xba\xbe"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// headOf are the first bytes of a file, which is read from its beginning afterwards.
func headOf(f *os.File) ([]byte, error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	return head[:n], err
}

// programReferences yields what a program names: a script of any language, machine code,
// and an archive of modules behind either.
func programReferences(f *os.File, parents packageSet, yield func(reference)) error {
	head, err := headOf(f)
	if err != nil || !isScript(head) && !isMachineCode(head) {
		return err
	}
	if isScript(head) {
		text, err := readText(f)
		if err != nil {
			return err
		}
		moduleReferences("", text, parents, yield)
		rawReferences(text, yield)
	} else if err := rawFile(f, yield); err != nil {
		return err
	}
	return zippedReferences(f, parents, yield)
}

// readText reads a source from its beginning.
func readText(f *os.File) ([]byte, error) {
	var text bytes.Buffer
	if fi, err := f.Stat(); err == nil {
		text.Grow(int(min(fi.Size(), maxModule)) + bytes.MinRead)
	}
	n, err := text.ReadFrom(io.LimitReader(f, maxModule+1))
	if err == nil && n > maxModule {
		err = errTooLarge
	}
	return text.Bytes(), err
}
