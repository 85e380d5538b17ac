package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"gclean/internal/fixture/jsondoc"
	"gclean/internal/pyjson"
)

// addUp makes the sums of a document those of its entries, or of the last report.
func (m *exampleMachine) addUp(doc pyjson.Object) {
	rounded(doc)
	if total, ok := jsondoc.Get(doc, "total").(pyjson.Object); ok {
		m.total = total
	}
	if jsondoc.Get(doc, "commands") == nil {
		return
	}
	for i := range doc {
		if doc[i].Key == "disk_size" || doc[i].Key == "freed_size" {
			doc[i].Value = jsondoc.Get(m.total, doc[i].Key)
		}
	}
}

// rounded makes the sums of a report those of its entries. The disk blocks of these were
// made from their file sizes, because real blocks differ between file systems.
func rounded(doc pyjson.Object) {
	entries, _ := jsondoc.Get(doc, "entries").(pyjson.List)
	for _, key := range []string{"disk_size", "freed_size"} {
		for name, group := range sumsOf(doc) {
			for _, sum := range group {
				var n int64
				for _, e := range entries {
					if belongs(name, sum, e.(pyjson.Object)) {
						size, _ := jsondoc.Get(e.(pyjson.Object), key).(int64)
						n += size
					}
				}
				for i := range sum {
					if sum[i].Key == key {
						sum[i].Value = n
					}
				}
			}
		}
	}
}

// sumsOf are the objects of a report that have sums over its entries.
func sumsOf(doc pyjson.Object) map[string][]pyjson.Object {
	groups := map[string][]pyjson.Object{}
	if entries, ok := jsondoc.Get(doc, "entries").(pyjson.List); !ok || jsondoc.Get(doc, "total") == nil || len(entries) == 0 {
		return groups
	}
	for _, name := range []string{"total", "free", "categories", "caches", "owners", "names"} {
		switch v := jsondoc.Get(doc, name).(type) {
		case pyjson.Object:
			groups[name] = append(groups[name], v)
		case pyjson.List:
			for _, item := range v {
				groups[name] = append(groups[name], item.(pyjson.Object))
			}
		}
	}
	return groups
}

// belongs says whether an entry of a report counts in a sum of a group.
func belongs(group string, sum, e pyjson.Object) bool {
	same := func(key string) bool { return jsondoc.Get(sum, key) == jsondoc.Get(e, key) }
	switch group {
	case "free":
		return jsondoc.Get(e, "state") == "free"
	case "categories":
		return same("category")
	case "caches":
		return strings.HasPrefix(jsondoc.Get(e, "path").(string), jsondoc.Get(sum, "path").(string)+"/")
	case "owners":
		return same("owner") && same("uid")
	case "names":
		return same("name")
	}
	return true
}

// The sums in the examples of docs/json.md are those of their entries, so a script that
// adds up can be tried on them.
func TestJSONExamplesAddUp(t *testing.T) {
	page, err := os.ReadFile(jsonPage)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	equal := func(what string, got any, want int64) {
		if compared++; got != want {
			t.Errorf("%s: %v, the entries have %d", what, got, want)
		}
	}
	var total pyjson.Object
	for _, m := range regexp.MustCompile("(?s)\n`gclean ([^`]*)`:\n\n```json\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		doc, err := jsondoc.Parse(m[2])
		if err != nil {
			t.Fatalf("%s: %v", m[1], err)
		}
		o := doc.(pyjson.Object)
		for name, group := range sumsOf(o) {
			for i, sum := range group {
				for _, member := range sum {
					n, isNumber := member.Value.(int64)
					var want int64
					for _, e := range jsondoc.Get(o, "entries").(pyjson.List) {
						e := e.(pyjson.Object)
						size, has := jsondoc.Get(e, member.Key).(int64)
						switch {
						case !belongs(name, sum, e):
						case member.Key == "entry_count", member.Key == "kept_count" && jsondoc.Get(e, "state") != "free":
							want++
						case has:
							want += size
						}
					}
					if isNumber && strings.Contains(" entry_count kept_count files apparent_size disk_size freed_size inodes freed_inodes ", " "+member.Key+" ") {
						equal(fmt.Sprintf("%s: %s %d: %s", m[1], name, i, member.Key), n, want)
					}
				}
			}
			if name == "total" {
				total = group[0]
			}
		}
		if g, ok := jsondoc.Get(o, "gclean").(pyjson.Object); ok && jsondoc.Get(g, "entry_count") != nil {
			removed := jsondoc.Get(g, "removed").(pyjson.List)
			equal(m[1]+": entry_count", jsondoc.Get(g, "entry_count"), int64(len(removed)))
			for _, key := range []string{"apparent_size", "freed_size", "freed_inodes"} {
				equal(m[1]+": "+key, jsondoc.Get(g, key), sumOf(removed, key))
			}
		}
		if v, ok := jsondoc.Get(o, "verify").(pyjson.Object); ok {
			entries := jsondoc.Get(v, "entries").(pyjson.List)
			equal(m[1]+": checked_count", jsondoc.Get(v, "checked_count"), int64(len(entries)))
			for _, key := range []string{"apparent_size", "files"} {
				equal(m[1]+": "+key, jsondoc.Get(v, key), sumOf(entries, key))
			}
			if !strings.Contains(m[2], `"code": "wrong_size"`) {
				t.Errorf("%s: what is broken has no finding", m[1])
			}
		}
		if jsondoc.Get(o, "round") != nil {
			for _, key := range []string{"apparent_size", "freed_size", "freed_inodes"} {
				equal(m[1]+": "+key, jsondoc.Get(o, key), sumOf(jsondoc.Get(o, "entries").(pyjson.List), key))
				equal(m[1]+": owners: "+key, jsondoc.Get(o, key), sumOf(jsondoc.Get(o, "owners").(pyjson.List), key))
			}
		}
		if strings.Contains(m[1], "--by owner") && total != nil {
			owner := jsondoc.Get(o, "owners").(pyjson.List)[0].(pyjson.Object)
			for _, member := range total {
				equal(m[1]+": "+member.Key, jsondoc.Get(owner, member.Key), member.Value.(int64))
			}
		}
	}
	if compared < 70 {
		t.Errorf("only %d sums were compared", compared)
	}
}

// sumOf is the sum of a key over a list of objects.
func sumOf(l pyjson.List, key string) int64 {
	var sum int64
	for _, item := range l {
		n, _ := jsondoc.Get(item.(pyjson.Object), key).(int64)
		sum += n
	}
	return sum
}
