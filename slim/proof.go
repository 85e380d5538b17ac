package slim

import (
	"bytes"
	"context"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/walk"
)

// What a program has that compiles or links by the programs of others: the name of a
// compiler or linker, and an option that only those have, each as a string of its own; or
// a command that is put together from a format. So compilers are known that no list has.
const driverName = `(?:[a-z0-9_]+-)*(?:cc|gcc|g\+\+|c\+\+|clang|clang\+\+|ld|ld\.(?:lld|gold|bfd|mold)|lld|mold|collect2|gfortran)(?:-?[0-9][0-9.]*)?`

const linkOption = `-(?:l(?:m|c|gcc|gcc_s|pthread|dl|rt|stdc\+\+|c\+\+)|Wl,[^\x00 "']*|shared|static|nostdlib|nostartfiles|nodefaultlibs|dynamic-linker|rpath)`

var (
	driverString  = regexp.MustCompile(`^` + driverName + `$`)
	optionString  = regexp.MustCompile(`^` + linkOption + `$`)
	driverCommand = regexp.MustCompile(`^` + driverName + ` -`)
	driverWord    = regexp.MustCompile("(?m)(?:^|[\\s\"'`/=(])" + driverName + "(?:[\\s\"'`),]|$)")
	optionWord    = regexp.MustCompile(`(?m)(?:^|[\s"'=])` + linkOption + `(?:[\s"']|$)`)
	shell         = regexp.MustCompile(`^#![^\n]*\b(?:sh|bash|dash|ash|ksh|zsh)\b`)
)

// tells matches programs that tell others how to link, and do not do so themselves:
// python3-config, pg_config.
var tells = regexp.MustCompile(`(?:^|[-_.0-9])config(?:[-.].*)?$`)

// bareLinker matches linkers, which link only for a compiler. Python of conda-forge
// depends on one.
var bareLinker = regexp.MustCompile(`^(?:[a-z0-9_.]+-)*(?:ld|ld\.[a-z0-9]+|ld64|lld|lld-link|mold|gold|wasm-ld|nvlink)(?:-?[0-9][0-9.]*)?(?:\.exe)?$`)

func isBareLinker(tool string) bool { return bareLinker.MatchString(path.Base(tool)) }

// isDriver says whether a program is one that compiles or links by its name, and no linker
// of another compiler.
func isDriver(name string) bool {
	return linking.MatchString(name) && (!bareLinker.MatchString(name) || !strings.Contains(name, "-"))
}

// archiveMagic begins a static library. A linker has it, whatever it is called, and so do
// compilers that have a linker of their own: they compare with it.
const archiveMagic = "!<arch>\n"

// findDrivers notes the programs that compile or link by proof: by their names, if they
// are programs; by what is in them. It also notes one that does by its name alone, and one
// that reads static libraries.
func (t *tree) findDrivers(ctx context.Context, prefix *walk.Dir) error {
	var mu sync.Mutex
	var tools []string
	for tool := range t.tools {
		if isProgram(folderOf(tool)) && !tells.MatchString(path.Base(tool)) {
			tools = append(tools, tool)
		}
	}
	for _, tool := range tools {
		if isDriver(path.Base(tool)) && (t.named == "" || tool < t.named) {
			t.named = tool
		}
	}
	err := parallel.Each(ctx, 0, tools, func(tool string) error {
		f, err := prefix.OpenFileBelow(tool)
		if err != nil {
			return nil // a symlink, whose file is read by its own name; or nobody can run it
		}
		defer f.Close()
		head, err := headOf(f)
		if err != nil || !isScript(head) && !isMachineCode(head) {
			return nil
		}
		driver, reads := links(f, isScript(head))
		mu.Lock()
		defer mu.Unlock()
		switch {
		case driver || isDriver(path.Base(tool)):
			t.drivers = append(t.drivers, tool)
		case reads && !isBareLinker(tool) && (t.archiver == "" || tool < t.archiver):
			t.archiver = tool
		}
		return nil
	})
	slices.Sort(t.drivers)
	return err
}

// links says whether a program has what programs have that compile or link, and whether
// it reads static libraries.
func links(f io.Reader, script bool) (compiles, archives bool) {
	if script {
		text, err := io.ReadAll(io.LimitReader(f, maxModule))
		return err == nil && shell.Match(text) && driverWord.Match(text) && optionWord.Match(text), false
	}
	driver, option, command := false, false, false
	_ = inParts(f, func(text []byte) {
		archives = archives || bytes.Contains(text, []byte(archiveMagic))
		for len(text) > 0 {
			end := bytes.IndexByte(text, 0)
			if end < 0 {
				end = len(text)
			}
			switch s := text[:end]; {
			case end < 2 || end > maxQuoted || s[0] < '+' || s[0] > 'z':
			case s[0] == '-':
				option = option || optionString.Match(s)
			case bytes.Contains(s, []byte("%s")):
				command = command || driverCommand.Match(s)
			case !driver && bytes.IndexByte([]byte("cdgn+0123456789"), s[end-1]) >= 0:
				driver = driverString.Match(s)
			}
			text = text[min(end+1, len(text)):]
		}
	})
	return driver && option || command, archives
}
