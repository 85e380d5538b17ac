// Package cache knows package caches, the entries in them, who holds each
// entry, and how to remove the rest: survey, plan, removal.
package cache
