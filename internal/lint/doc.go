// Package lint has tests that read the source of the module.
package lint
