package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"mvdan.cc/sh/v3/syntax"
)

// commandLines are the arguments of each gclean that a file has, by the kind of the file.
func commandLines(file, text string) ([]commandLine, error) {
	switch ext := path.Ext(file); {
	case ext == ".md":
		return inMarkdown(text)
	case path.Base(file) == "Dockerfile":
		return inDockerfile(text)
	case path.Base(file) == "gclean.yaml":
		return inConfiguration(text)
	case ext == ".yml", ext == ".yaml":
		return inYAML(text)
	case ext == ".service":
		return inUnit(text)
	case strings.Contains(file, "/cron/"):
		return inCrontab(text)
	case strings.HasPrefix(text, "#!/bin/sh\n"), strings.HasPrefix(text, "#!/bin/bash\n"), strings.HasPrefix(text, "#!/usr/bin/env bash\n"):
		return inShell(text)
	}
	return nil, nil
}

func inUnit(text string) ([]commandLine, error) {
	return inLines(text, regexp.MustCompile(`(?m)^Exec\w+=[-@:+!]*(.*)$`))
}

func inCrontab(text string) ([]commandLine, error) {
	return inLines(text, regexp.MustCompile(`(?m)^(?:[0-9*/,-]+ ){5}\w+ (.*)$`))
}

// inLines reads what an expression finds as shell.
func inLines(text string, line *regexp.Regexp) (list []commandLine, err error) {
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		more, wrong := inShell(m[1])
		list, err = append(list, more...), errors.Join(err, wrong)
	}
	return list, err
}

// inMarkdown reads fenced blocks, and code between words that begins with gclean or with
// a flag.
func inMarkdown(text string) (list []commandLine, err error) {
	readers := map[string]func(string) ([]commandLine, error){
		"sh": inShell, "dockerfile": inDockerfile, "crontab": inCrontab, "yaml": inYAML,
		"console": func(s string) ([]commandLine, error) { return inLines(s, regexp.MustCompile(`(?m)^\$ (.*)$`)) },
		"python":  inPython,
		"ini":     inUnit,
	}
	for _, output := range []string{"text", "json"} {
		readers[output] = func(string) ([]commandLine, error) { return nil, nil }
	}
	add := func(lines []commandLine, wrong error) { list, err = append(list, lines...), errors.Join(err, wrong) }
	prose := regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$").ReplaceAllStringFunc(text, func(block string) string {
		head, body, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(block), "```"), "\n")
		read, known := readers[strings.TrimPrefix(head, "```")]
		switch {
		case known:
			add(read(body))
		case strings.Contains(body, "gclean -"):
			add(nil, fmt.Errorf("nothing reads blocks such as %s", head))
		}
		return ""
	})
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(prose, -1) {
		code := strings.NewReplacer("\n", " ", `\|`, "|", "...", "", "[", "", "]", "").Replace(m[1])
		code = regexp.MustCompile(`([\w-])(\|[\w-]+)+`).ReplaceAllString(code, "$1") // one of the alternatives
		if regexp.MustCompile(`^(--\w|-\w($|[ ,=]))`).MatchString(code) {
			code = "gclean " + code
		}
		if !strings.Contains(code, "gclean ") || slices.Contains(notOurs(), m[1]) {
			continue
		}
		lines, wrong := inShell(code)
		for _, line := range lines {
			if len(line.args) > 0 {
				add([]commandLine{{line.args, true}}, nil)
			}
		}
		add(nil, wrong)
	}
	return list, err
}

// notOurs is code in the documentation that looks like gclean's, or is wrong on
// purpose.
func notOurs() []string {
	return []string{"--password", "--without-pip", "gclean ls --sort weight --json"}
}

// inPython finds lists of arguments.
func inPython(text string) (list []commandLine, err error) {
	for _, m := range regexp.MustCompile(`\["gclean"[^]]*\]`).FindAllString(text, -1) {
		var words []string
		if err := json.Unmarshal([]byte(m), &words); err != nil {
			return nil, fmt.Errorf("%s: %w", m, err)
		}
		list = append(list, commandLine{args: words[1:]})
	}
	return list, nil
}

// inDockerfile reads what RUN runs.
func inDockerfile(text string) (list []commandLine, err error) {
	text = regexp.MustCompile(`(?m)^\s*#.*\n`).ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, m := range regexp.MustCompile(`(?m)^RUN\s+(?:--\S+\s+)*(.*)$`).FindAllStringSubmatch(text, -1) {
		var words []string
		if json.Unmarshal([]byte(m[1]), &words) == nil {
			if args, ok := argumentsOf(words); ok {
				list = append(list, commandLine{args: args})
			}
			continue
		}
		lines, wrong := inShell(m[1])
		list, err = append(list, lines...), errors.Join(err, wrong)
	}
	return list, err
}

// inConfiguration reads gclean.yaml, with what is commented out.
func inConfiguration(text string) ([]commandLine, error) {
	text = regexp.MustCompile(`(?m)^#(\S)`).ReplaceAllString(text, "$1")
	var values map[string]any
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		return nil, err
	}
	return []commandLine{{args: append([]string{"--all"}, settings(values)...)}}, nil
}

// settings is a configuration as flags.
func settings(values map[string]any) (args []string) {
	for name, value := range values {
		items, many := value.([]any)
		if !many {
			items = []any{value}
		}
		for _, item := range items {
			args = append(args, fmt.Sprintf("--%s=%v", name, item))
		}
	}
	return args
}

// inYAML looks for containers with arguments, configurations, and for strings that are
// shell.
func inYAML(text string) (list []commandLine, err error) {
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	commands := newRoot(newApp("gclean", nil, io.Discard, io.Discard), nil).Commands()
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if image, _ := v["image"].(string); strings.HasPrefix(image, "gclean") {
				var args []string
				items, _ := v["args"].([]any)
				for _, item := range items {
					args = append(args, fmt.Sprint(item))
				}
				list = append(list, commandLine{args: args})
			}
			if values, ok := v["gclean_config"].(map[string]any); ok {
				list = append(list, commandLine{args: append([]string{"--all"}, settings(values)...)})
			}
			for _, value := range v {
				look(value)
			}
		case []any:
			for _, value := range v {
				look(value)
			}
		case string:
			lines, wrong := inShell(v)
			for _, line := range lines {
				// Else it is a sentence, or a dependency.
				if args := line.args; wrong == nil && len(args) > 0 && (strings.HasPrefix(args[0], "-") || slices.ContainsFunc(commands, func(c *cobra.Command) bool { return c.Name() == args[0] })) {
					list = append(list, line)
				}
			}
		}
	}
	look(document)
	return list, err
}

// inShell finds the simple commands that run gclean.
func inShell(text string) (list []commandLine, err error) {
	if !strings.Contains(text, "gclean") && !strings.Contains(text, "GCLEAN") {
		return nil, nil
	}
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok {
			return true
		}
		var words []string
		for _, word := range call.Args {
			if s, one := textOf(word.Parts); one {
				words = append(words, s)
			}
		}
		if args, ok := argumentsOf(words); ok {
			list = append(list, commandLine{args: args})
		}
		return true
	})
	return list, nil
}

// textOf is a word with "$" in place of what only a shell knows, and false if that is any
// number of words.
func textOf(parts []syntax.WordPart) (string, bool) {
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(part.Value, `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			s, one := textOf(part.Parts)
			if !one {
				return "", false
			}
			b.WriteString(s)
		case *syntax.ParamExp:
			if part.Index != nil || part.Param.Value == "@" {
				return "", false
			}
			b.WriteString("$" + part.Param.Value)
		default:
			b.WriteString("$")
		}
	}
	return b.String(), true
}

// argumentsOf are the arguments of gclean, if that is what the words run.
func argumentsOf(words []string) ([]string, bool) {
	at := slices.IndexFunc(words, func(w string) bool { return path.Base(w) == "gclean" || w == "$GCLEAN" })
	if at < 0 {
		return nil, false
	}
	starters := []string{"conda", "env", "exec", "nice", "srun", "sudo", "time", "timeout"}
	if at > 0 && !slices.Contains(starters, words[0]) && !(words[0] == "go" && words[1] == "run") {
		return nil, false
	}
	return words[at+1:], true
}
