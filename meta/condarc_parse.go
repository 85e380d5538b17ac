package meta

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func parseCondarc(data []byte, source string) (condarc, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // empty, or only comments
		}
		return nil, fmt.Errorf("invalid YAML, the file is ignored: %s", oneLine(err))
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	top := resolve(doc.Content[0])
	if top == nil || isNull(top) {
		return nil, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, errors.New("no keys and values, the file is ignored")
	}
	rc := condarc{}
	var errs []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], resolve(top.Content[i+1])
		if value == nil || isNull(value) {
			continue // conda ignores the key (get_all_matches)
		}
		s := setting{source: source, final: hasFlag(flagFinal, key.LineComment, value.HeadComment, lineCommentOfScalar(value))}
		if name, ok := sequences()[key.Value]; ok {
			if value.Kind != yaml.SequenceNode {
				errs = append(errs, listError(name, key.Value+" is not a list, it is ignored"))
				continue
			}
			for i, n := range value.Content {
				if i == maxNamed {
					errs = append(errs, listError(name, fmt.Sprintf("%s has more than %d items, the others are ignored", key.Value, maxNamed)))
					break
				}
				n = resolve(n)
				if n == nil || n.Kind != yaml.ScalarNode {
					errs = append(errs, listError(name, "an item of "+key.Value+" is not a path, it is ignored"))
					continue
				}
				s.list = append(s.list, item{n.Value, flagOf(n.LineComment)})
			}
			rc[name] = s
		}
		if root := buildRoot(key.Value, value); root != "" {
			s.scalar = root
			rc["conda_build_root"] = s
		}
		if name, ok := primitives()[key.Value]; ok {
			if value.Kind != yaml.ScalarNode {
				errs = append(errs, fmt.Errorf("%s is not a single value, it is ignored", key.Value))
				continue
			}
			s.scalar = value.Value
			rc[name] = s
		}
	}
	if len(errs) == 0 {
		return rc, nil
	}
	return rc, &keyErrors{errs}
}

// buildRoot returns root-dir from the settings of conda-build (_conda_build in
// conda/base/context.py), or "" if key is another, or root-dir is missing.
func buildRoot(key string, value *yaml.Node) string {
	if key != "conda-build" && key != "conda_build" || value.Kind != yaml.MappingNode {
		return ""
	}
	for i := 0; i+1 < len(value.Content); i += 2 {
		if v := resolve(value.Content[i+1]); value.Content[i].Value == "root-dir" && v != nil && v.Kind == yaml.ScalarNode && !isNull(v) {
			return v.Value
		}
	}
	return ""
}

// errEnvsDirs marks errors about folders of environments.
var errEnvsDirs = errors.New("envs_dirs")

func listError(name, text string) error {
	if name == "envs_dirs" {
		return fmt.Errorf("%s%w", text, quiet{errEnvsDirs})
	}
	return errors.New(text)
}

// quiet is an error for errors.Is that adds no text.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

// keyErrors is the errors of single keys in a file, on one line.
type keyErrors struct{ errs []error }

func (k *keyErrors) Unwrap() []error { return k.errs }

func (k *keyErrors) Error() string {
	var texts []string
	for _, err := range k.errs {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

// resolve follows an alias. It returns nil for an alias that leads to itself.
func resolve(n *yaml.Node) *yaml.Node {
	for range 8 {
		if n.Kind != yaml.AliasNode {
			return n
		}
		if n.Alias == nil {
			return nil
		}
		n = n.Alias
	}
	return nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func lineCommentOfScalar(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.LineComment
	}
	return ""
}

func hasFlag(f flag, comments ...string) bool {
	return slices.ContainsFunc(comments, func(c string) bool { return flagOf(c) == f })
}

// flagOf parses a comment such as "#!final".
func flagOf(comment string) flag {
	line, _, _ := strings.Cut(strings.TrimSpace(comment), "\n")
	switch f := flag(strings.Trim(strings.TrimSpace(line), "!#")); f {
	case flagFinal, flagTop, flagBottom:
		return f
	}
	return ""
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
