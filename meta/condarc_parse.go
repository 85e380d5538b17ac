package meta

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseCondarc parses a configuration file. A file may have several YAML documents, or give
// a key twice. conda refuses that now, but some versions of conda and mamba used the first
// value or the last. So gclean adds up the lists: their folders may contain environments.
func parseCondarc(data []byte, source string) (condarc, error) {
	p := condarcParser{source: source, rc: condarc{}}
	for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("invalid YAML, the file is ignored: %s", oneLine(err))
		}
		if len(doc.Content) == 0 {
			continue
		}
		top := resolve(doc.Content[0])
		if top == nil || isNull(top) {
			continue
		}
		if top.Kind != yaml.MappingNode {
			return nil, errors.New("no keys and values, the file is ignored")
		}
		p.earlier = maps.Clone(p.rc)
		for _, pair := range pairs(top, map[*yaml.Node]bool{}) {
			p.add(pair.key, pair.value)
		}
	}
	if len(p.errs) == 0 {
		return p.rc, nil
	}
	return p.rc, &keyErrors{p.errs}
}

// pair is a key of a YAML mapping with its value, without aliases.
type pair struct{ key, value *yaml.Node }

// pairs returns the pairs of the mapping n, followed by those that it merges from others
// with the key "<<". Its own keys replace merged ones. seen are the mappings that were
// visited.
func pairs(n *yaml.Node, seen map[*yaml.Node]bool) []pair {
	seen[n] = true
	var own, merged []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		switch {
		case value == nil:
		case key.Tag != "!!merge":
			own = append(own, pair{key, value})
		default:
			from := []*yaml.Node{value}
			if value.Kind == yaml.SequenceNode {
				from = value.Content
			}
			for _, m := range from {
				if m = resolve(m); m != nil && m.Kind == yaml.MappingNode && !seen[m] {
					merged = append(merged, pairs(m, seen)...)
				}
			}
		}
	}
	names := map[string]bool{}
	for _, p := range own {
		names[p.key.Value] = true
	}
	for _, p := range merged {
		if !names[p.key.Value] {
			names[p.key.Value] = true
			own = append(own, p)
		}
	}
	return own
}

// condarcParser collects the settings of one file.
type condarcParser struct {
	source string
	rc     condarc
	// earlier are the settings of earlier YAML documents. mamba reads only the first document.
	earlier condarc
	errs    []error
}

func (p *condarcParser) add(key, value *yaml.Node) {
	if isNull(value) {
		return // conda ignores the key (get_all_matches)
	}
	s := setting{source: p.source, final: hasFlag(flagFinal, key.LineComment, value.HeadComment, lineCommentOfScalar(value))}
	if name, ok := sequences()[key.Value]; ok {
		if value.Kind != yaml.SequenceNode {
			p.errs = append(p.errs, listError(name, key.Value+" is not a list, it is ignored"))
			return
		}
		s.list = p.items(name, key.Value, value.Content)
		p.set(name, s)
	}
	if root := buildRoot(key.Value, value); root != "" {
		s.scalar = root
		p.rc["conda_build_root"] = s
	}
	if name, ok := primitives()[key.Value]; ok {
		if value.Kind != yaml.ScalarNode {
			p.errs = append(p.errs, fmt.Errorf("%s is not a single value, it is ignored", key.Value))
			return
		}
		s.scalar = value.Value
		p.set(name, s)
	}
}

// items returns the paths in the list of a key, which is an alias of name.
func (p *condarcParser) items(name, key string, nodes []*yaml.Node) (list []item) {
	for i, n := range nodes {
		if i+len(p.rc[name].list) == maxNamed {
			p.errs = append(p.errs, listError(name, fmt.Sprintf("%s has more than %d items, the others are ignored", key, maxNamed)))
			break
		}
		n = resolve(n)
		if n == nil || n.Kind != yaml.ScalarNode {
			p.errs = append(p.errs, listError(name, "an item of "+key+" is not a path, it is ignored"))
			continue
		}
		if strings.TrimSpace(n.Value) == "" {
			p.errs = append(p.errs, listError(name, "an item of "+key+" is empty, it is ignored"))
			continue
		}
		// conda strips spaces (typify in auxlib/type_coercion.py).
		list = append(list, item{strings.TrimSpace(n.Value), flagOf(n.LineComment)})
	}
	return list
}

// set adds a setting. A second list is added to the first; a second scalar replaces it.
func (p *condarcParser) set(name string, s setting) {
	if _, ok := p.earlier[name]; ok && sequences()[name] == "" {
		p.errs = append(p.errs, fmt.Errorf("%s is set in several YAML documents, and the first value counts", name))
		return
	}
	if old, ok := p.rc[name]; ok {
		if s.list == nil && old.list == nil {
			p.errs = append(p.errs, fmt.Errorf("%s is set more than once, and the last value counts", name))
		} else {
			p.errs = append(p.errs, fmt.Errorf("%s is set more than once, and all items count", name))
		}
		s.list, s.final = append(old.list, s.list...), old.final || s.final
	}
	p.rc[name] = s
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
