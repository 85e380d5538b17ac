package pyjson

import "testing"

func TestStringsMatchPython(t *testing.T) {
	// Made by json.dumps(os.fsdecode(b'...'), indent=2) of Python 3.
	for s, want := range map[string]string{
		"plain /~":          `"plain /~"`,
		"\"\\\n\r\t\b\f":    `"\"\\\n\r\t\b\f"`,
		"\x00\x1b\x7f":      `"\u0000\u001b\u007f"`,
		"é\u2028\ufffd":     `"\u00e9\u2028\ufffd"`,
		"😀":                 `"\ud83d\ude00"`,
		"a\xff\xe2\x82b":    `"a\udcff\udce2\udc82b"`,
		"\xed\xa0\x80":      `"\udced\udca0\udc80"`,
		"\xf0\x9f\x98 \xc3": `"\udcf0\udc9f\udc98 \udcc3"`,
	} {
		if got := Encode(s); got != want {
			t.Errorf("Encode(%q) = %s, want %s", s, got, want)
		}
	}
}

func TestObjectsKeepTheirOrder(t *testing.T) {
	got := Encode(Object{{"a", List{}}, {"b", Object{}}, {"c", List{int64(1), nil, Object{{"d", true}}}}})
	want := `{
  "a": [],
  "b": {},
  "c": [
    1,
    null,
    {
      "d": true
    }
  ]
}`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
