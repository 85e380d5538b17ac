package cache

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestProcesses(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if self := (process{os.Getpid(), os.Getppid(), strings.ToLower(filepath.Base(exe))}); !slices.Contains(processes(), self) {
		t.Errorf("%+v is not in %+v", self, processes())
	}
}

func TestInstallersBeside(t *testing.T) {
	list := []process{
		{4, 0, "system"}, {10, 4, "conda.exe"}, {11, 10, "python.exe"}, {12, 11, "gclean.exe"},
		{20, 4, "conda.exe"}, {21, 20, "python.exe"}, {30, 99, "micromamba.exe"}, {31, 30, "conda-gclean.exe"},
	}
	got := installersBeside(12, list)
	if want := []Process{{20, "conda"}, {30, "micromamba"}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
