package meta

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxKeyParts is how deep keys are followed: none that matters is deeper.
const maxKeyParts = 4

// scanTOML calls value for each string and boolean of a TOML document, with
// its key, the keys of tables before it; those in arrays are passed over. A
// document with wrong syntax is an error, which may come after some calls.
//
// Only the tokens are read: decoding takes a minute or more for 1 MiB that was
// made for it (100,000 keys), and root reads what others wrote. The parser
// refuses values that are nested too deeply.
func scanTOML(data []byte, value func(key []string, v tomlValue) error) error {
	var p unstable.Parser
	p.Reset(data)
	var table []string
	var errs []error
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			table = appendKey(nil, e.Key())
		case unstable.ArrayTable:
			table = make([]string, maxKeyParts) // matters to nobody
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

// maxTOMLErrors is how many errors of one file are told.
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

// appendKey adds the parts of a key to those of its table, a few of them.
func appendKey(table []string, parts unstable.Iterator) []string {
	key := append([]string(nil), table...)
	for len(key) < maxKeyParts && parts.Next() {
		key = append(key, string(parts.Node().Data))
	}
	return key
}
