package meta

import (
	"errors"
	"fmt"
	"path/filepath"

	"gclean/walk"
)

// parseWorkspaces parses pixi's registry of workspaces, workspaces.toml. It has names, and
// paths of folders or of the manifests in them
// (crates/pixi_core/src/workspace/registry.rs).
func parseWorkspaces(data []byte, home string) ([]string, error) {
	var list []string
	h := Host{Home: home}
	err := scanTOML(data, func(key []string, v tomlValue) error {
		if len(key) != 2 || key[0] != "named-workspaces" {
			return nil
		}
		path, err := h.tomlPath(v)
		if err != nil {
			return fmt.Errorf("workspace %.80q: %w", key[1], err)
		}
		list = append(list, path)
		return nil
	})
	var keys *keyErrors
	if err != nil && !errors.As(err, &keys) {
		return nil, err
	}
	return list, err
}

// pixiPlaces returns the places where pixi and rattler keep environments.
func (h Host) pixiPlaces(c pixiConfig, b *budget) (known []Value, problems []Problem) {
	add := func(dir, source string) {
		found, bad := below(dir, source)
		known, problems = append(known, found...), append(problems, bad...)
	}
	// The children of these folders are environments. Those of scripts and of detached
	// environments have the layout of .pixi in a workspace instead.
	addPixiDirs := func(dir, source string) {
		found, bad := below(dir, source)
		known, problems = append(known, found...), append(problems, bad...)
		for _, v := range found {
			more, bad := inPixiDir(v.Path, source)
			known, problems = append(known, more...), append(problems, bad...)
		}
	}
	if c.home != "" {
		add(filepath.Join(c.home, "envs"), filepath.Join(c.home, "envs"))
	}
	detached, cached := c.detached, c.cached
	workspaces, bad := h.workspaces(c.home, b)
	problems = append(problems, bad...)
	for _, ws := range workspaces {
		problems = append(problems, notThere(ws.Path)...)
		more, bad := inPixiDir(filepath.Join(ws.Path, ".pixi"), ws.Source)
		known, problems = append(known, more...), append(problems, bad...)
		// The files in a workspace came from a repository: they may name environments, but
		// no caches.
		path := filepath.Join(ws.Path, ".pixi", "config.toml")
		f, err := h.readPixiFile(b, path)
		if err != nil && !isGone(err) {
			problems = append(problems, Problem{Path: path, Err: err, Hides: true})
		}
		var local pixiConfig
		local.addFolders(f, path)
		if f.root != "" {
			local.detached = append(local.detached, Value{Path: filepath.Join(f.root, "envs"), Source: path})
		}
		detached, cached = append(detached, local.detached...), append(cached, local.cached...)
	}
	for _, dir := range unique(append(detached, cached...)) {
		problems = append(problems, notThere(dir.Path)...)
		addPixiDirs(dir.Path, dir.Source)
	}
	for _, root := range c.roots {
		problems = append(problems, notThere(root.Path)...)
		// crates/pixi_consts/src/consts.rs; "exec" is EXEC_ENVS_DIR in
		// rattler_cache/src/consts.rs.
		for _, name := range []string{"envs", "cached-envs-v0", "cached-build-tool-envs-v0", "cached-build-envs-v0", "backends-v0", "exec"} {
			addPixiDirs(filepath.Join(root.Path, name), root.Source)
		}
		more, bad := inBuilds(root.Path, root.Source)
		known, problems = append(known, more...), append(problems, bad...)
	}
	return known, problems
}

// inPixiDir returns the places of environments in a .pixi folder, or in a folder that
// replaces it (pixi_core/src/workspace/mod.rs).
func inPixiDir(dir, source string) (known []Value, problems []Problem) {
	for _, name := range []string{"envs", "solve-group-envs"} {
		found, bad := below(filepath.Join(dir, name), source)
		known, problems = append(known, found...), append(problems, bad...)
	}
	found, bad := inBuilds(dir, source)
	return append(known, found...), append(problems, bad...)
}

// inBuilds returns the places of environments in which packages were built:
// bld/<package>/<key>/bld and host... (Directories in
// pixi_command_dispatcher/src/keys/source_build.rs).
func inBuilds(dir, source string) ([]Value, []Problem) {
	level, problems := below(filepath.Join(dir, "bld"), source)
	for range 2 {
		var next []Value
		for _, v := range level {
			found, bad := below(v.Path, source)
			next, problems = append(next, found...), append(problems, bad...)
		}
		level = next
	}
	return level, problems
}

// workspaces returns the folders in pixi's registry, and the workspace of the shell that
// pixi started.
func (h Host) workspaces(home string, b *budget) (list []Value, problems []Problem) {
	if root := h.env("PIXI_PROJECT_ROOT"); filepath.IsAbs(root) {
		list = append(list, Value{Path: filepath.Clean(root), Source: "PIXI_PROJECT_ROOT"})
	}
	if home == "" {
		return list, nil
	}
	registry := filepath.Join(home, "workspaces.toml")
	data, err := b.readFile(registry, maxPixiFile)
	if err == nil {
		var paths []string
		if paths, err = parseWorkspaces(data, h.Home); err != nil {
			err = fmt.Errorf("%s: %w", registry, err)
		}
		for _, path := range paths {
			if base := filepath.Base(path); base == "pixi.toml" || base == "pyproject.toml" {
				path = filepath.Dir(path)
			}
			list = append(list, Value{Path: path, Source: registry})
		}
	}
	if err = walk.Reached(registry, err); err != nil {
		problems = append(problems, unseen(registry, err))
	}
	return unique(list), problems
}
