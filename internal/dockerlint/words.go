package dockerlint

import (
	"io"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// A file of a few lines can double a variable, or call a function from another, until
// memory is full. These limits are far above any script that a person writes.
const (
	maxValue  = 4 << 10 // bytes of a variable
	maxParams = 128     // variables in a command
	maxBraces = 16      // braces in a command, as in {a,b}; no {1..9}
	perCall   = 64      // what a call costs in addition to its bytes
)

// newBudget is the number of bytes that the commands of a RUN may have.
func newBudget() *int {
	n := 4 << 20
	return &n
}

// bounded is a value for a variable. A value that is too long is unknown.
func bounded(name, value string) string {
	if len(value) > maxValue {
		return "${" + name + "}"
	}
	return value
}

// words are words of the script as the command gets them. Unknown variables stay as
// ${NAME}. It returns nothing if the budget is used up.
func (r *reader) words(words ...*syntax.Word) []string {
	if *r.budget < 0 {
		return nil
	}
	*r.budget -= perCall
	fields := r.fields(words)
	for _, f := range fields {
		*r.budget -= len(f)
	}
	return fields
}

func (r *reader) fields(words []*syntax.Word) []string {
	env := &known{r.vars, map[string]bool{}, r.args}
	params, braces, written := 0, 0, false
	for _, w := range words {
		syntax.Walk(w, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ParamExp:
				params++
				if n.Exp != nil && n.Param != nil {
					env.defaulted[n.Param.Value] = true
				}
				written = written || n.Repl != nil // ${A//x/$A} multiplies
			case *syntax.Lit: // braces are still text
				open := strings.Count(n.Value, "{")
				if braces += open; open > 0 && strings.Contains(n.Value, "..") {
					braces += maxBraces
				}
			}
			return true
		})
	}
	config := &expand.Config{Env: env, CmdSubst: func(w io.Writer, _ *syntax.CmdSubst) error {
		_, err := io.WriteString(w, "$(...)")
		return err
	}, ProcSubst: func(*syntax.ProcSubst) (string, error) { return "/dev/fd/63", nil }}
	if !written && params <= maxParams && braces <= maxBraces {
		if fields, err := expand.Fields(config, words...); err == nil {
			return fields
		}
	}
	var fields []string
	for _, w := range words { // as written
		var b strings.Builder
		if syntax.NewPrinter().Print(&b, w) == nil {
			fields = append(fields, b.String())
		}
	}
	return fields
}

// known are the known variables of a script.
type known struct {
	vars      map[string]string
	defaulted map[string]bool // have a default, as in ${NAME:-default}
	args      []string        // of a function
}

// Get returns a variable. The value of an unknown one is its name.
func (k *known) Get(name string) expand.Variable {
	value, ok := k.vars[name]
	n, numberErr := strconv.Atoi(name)
	switch {
	case ok:
	case k.args != nil && (name == "@" || name == "*"):
		return expand.Variable{Set: true, Kind: expand.Indexed, List: k.args}
	case k.args != nil && numberErr == nil && n > 0 && n <= len(k.args):
		value = k.args[n-1]
	case name == "IFS", k.defaulted[name]:
		return expand.Variable{}
	default:
		value = "${" + name + "}"
	}
	return expand.Variable{Set: true, Kind: expand.String, Str: value}
}

// Each calls f with every known variable.
func (k *known) Each(f func(name string, v expand.Variable) bool) {
	for name := range k.vars {
		if !f(name, k.Get(name)) {
			return
		}
	}
}
