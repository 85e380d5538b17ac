package meta

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxKeyParts limits the length of keys: no relevant key has more parts.
const maxKeyParts = 4

// scanTOML calls value for each value of a TOML document that is not an array, with its
// key, preceded by the keys of its tables. It skips arrays of tables. Wrong syntax is an
// error, which may come after some calls.
//
// It reads only tokens, because root reads files that others wrote. Decoding 1 MiB made for
// the purpose (100,000 keys) takes a minute or more. The parser refuses values that are
// nested too deeply.
func scanTOML(data []byte, value func(key []string, v tomlValue) error) error {
	var p unstable.Parser
	p.Reset(bytes.TrimPrefix(data, []byte("\ufeff"))) // Notepad writes it, and toml_edit skips it
	var table []string
	var errs []error
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table = appendKey(nil, e.Key())
		case unstable.ArrayTable:
			table = make([]string, maxKeyParts) // a key too long to be relevant
		case unstable.KeyValue:
			if err := scanTOMLValue(table, e, value); err != nil && len(errs) < maxTOMLErrors {
				errs = append(errs, err)
			}
		}
	}
	if err := p.Error(); err != nil {
		return fmt.Errorf("invalid TOML, the file is ignored: %s", strings.TrimPrefix(oneLine(err), "toml: "))
	}
	if len(errs) > 0 {
		return &keyErrors{errs}
	}
	return nil
}

// maxTOMLErrors is how many errors of one file are reported.
const maxTOMLErrors = 10

// tomlValue is a string, a boolean, or something else.
type tomlValue struct {
	isString, isBool bool
	text             string // of a string
	truth            bool   // of a boolean
}

func scanTOMLValue(table []string, e *unstable.Node, value func([]string, tomlValue) error) error {
	key := appendKey(table, e.Key())
	if len(key) >= maxKeyParts {
		return nil
	}
	v := e.Value()
	switch v.Kind {
	case unstable.InlineTable:
		var errs []error
		for it := v.Children(); it.Next(); {
			if err := scanTOMLValue(key, it.Node(), value); err != nil && len(errs) < maxTOMLErrors {
				errs = append(errs, err)
			}
		}
		if len(errs) > 0 {
			return &keyErrors{errs}
		}
		return nil
	case unstable.String:
		return value(key, tomlValue{isString: true, text: string(v.Data)})
	case unstable.Bool:
		return value(key, tomlValue{isBool: true, truth: string(v.Data) == "true"})
	}
	return value(key, tomlValue{})
}

// appendKey appends the parts of a key to those of its table, at most maxKeyParts.
func appendKey(table []string, parts unstable.Iterator) []string {
	key := append([]string(nil), table...)
	for len(key) < maxKeyParts && parts.Next() {
		key = append(key, string(parts.Node().Data))
	}
	return key
}
