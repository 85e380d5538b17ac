package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// version is the version of the build: the tag of the commit, or a version made from its
// time and hash. It ends with "+dirty" if files were changed. It is "devel" if there was
// no repository.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "devel"
}

// build is the version, with the commit, Go version and platform.
func build() string {
	return fmt.Sprintf("%s (%s)", version(), strings.Join(append(commit(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH), ", "))
}

// commit is the commit of the build and whether files were changed, if known.
func commit() []string {
	var list []string
	if revision := buildSetting("vcs.revision"); revision != "" {
		list = append(list, "commit "+revision)
	}
	if buildSetting("vcs.modified") == "true" {
		list = append(list, "modified")
	}
	return list
}

// committed is the time of the commit of the build; zero if it is unknown.
func committed() time.Time {
	t, _ := time.Parse(time.RFC3339, buildSetting("vcs.time"))
	return t
}

// buildSetting is the setting of the build under key, or "".
func buildSetting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
