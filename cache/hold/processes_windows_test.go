package hold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadSystem(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sys := ReadSystem()
	if sys.Seen != (Seen{}) || !sys.Own[os.Getpid()] || os.Getppid() > 0 && !sys.Own[os.Getppid()] {
		t.Errorf("%+v, own %v", sys.Seen, sys.Own)
	}
	for _, p := range sys.Processes {
		if p.PID == os.Getpid() {
			if p.Name != strings.ToLower(filepath.Base(exe)) {
				t.Errorf("%+v is not %s", p, exe)
			}
			return
		}
	}
	t.Errorf("this process is not in %v", sys.Processes)
}
