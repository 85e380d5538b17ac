// Package schema has the JSON Schema (draft 2020-12) of the documents that gclean
// prints: a file for each command, one for errors, and what they share in common.json.
//
// They are the one description of those documents: tests validate what gclean prints
// against them, and make the tables of docs/json.md from them. Beside what the draft
// defines, "x-unit" is what a value counts or names, "x-since" the version that brought
// a key and what is below it, and "x-key" what the keys of a map are.
package schema

import "embed"

// Files are the schemas.
//
//go:embed *.json
var Files embed.FS
