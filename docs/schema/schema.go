// Package schema has the JSON Schema (draft 2020-12) of the documents that gclean prints.
// Each command has a file, and errors have one. What they share is in common.json.
//
// They are the one description of those documents. Tests validate what gclean prints
// against them, and make the tables of docs/json.md from them. The schemas add three
// keywords to those of the draft. "x-unit" is what a value counts or names. "x-since" is
// the version that brought a key and what is below it. "x-key" is what the keys of a map
// are.
package schema

import "embed"

// Files are the schemas.
//
//go:embed *.json
var Files embed.FS
