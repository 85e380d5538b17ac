package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
)

// everything has a field of each kind that messages have.
type everything struct {
	Name Path              `json:"name"`
	Text string            `json:"text"`
	N    int64             `json:"n"`
	U    uint64            `json:"u"`
	Yes  bool              `json:"yes"`
	List []message         `json:"list"`
	Map  map[string]string `json:"map"`
	Ptr  *everything       `json:"ptr"`
}

// FuzzDecoder is a hostile writer: whatever it writes is messages, or an error of a
// kind that is known; and what is understood is written and understood again.
func FuzzDecoder(f *testing.F) {
	for _, text := range []string{
		"", "\n", greeting, greeting + "{}\n", greeting + "null\n",
		greeting + `{"name":"\u0000/w==","text":"a","n":-1,"u":1,"yes":true,"list":[{"name":"b"}],"map":{"a":"b"},"ptr":{"ptr":null}}` + "\n{}\n",
		greeting + `{"n":1e3}` + "\n", greeting + `{"ptr":{"ptr":{"ptr":{}}}}` + "\n", greeting + "{\"text\":\"\xff\"}\n",
		`{"protocol":"test","version":-1}` + "\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dec := NewDecoder(bytes.NewReader(data), "test", 1)
		var read []everything
		for {
			var m everything
			err := dec.Decode(&m)
			if err == nil {
				read = append(read, m)
				continue
			}
			if e := (*LineError)(nil); err != io.EOF && !errors.As(err, &e) {
				t.Fatalf("error %T %v", err, err)
			}
			break
		}
		for _, m := range read {
			if got := through(t, m); !reflect.DeepEqual(through(t, got), got) {
				t.Fatalf("%+v is not what it was", m)
			}
		}
	})
}

// through is what a message is to the reader.
func through(t *testing.T, m everything) everything {
	t.Helper()
	var buf bytes.Buffer
	if err := NewEncoder(&buf, "test", 1).Encode(m); err != nil {
		if errors.Is(err, ErrLineTooLong) {
			return m // it is written in more bytes than it was
		}
		t.Fatal(err)
	}
	var got everything
	if err := NewDecoder(&buf, "test", 1).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

// FuzzEncoder writes what others have named: it comes back, or is an error.
func FuzzEncoder(f *testing.F) {
	f.Add("/a", "b", int64(1), uint64(2), true)
	f.Add("\xff", "\u2028<>&", int64(-1), uint64(1<<63), false)
	f.Add("\x00", "\xff", int64(-1<<63), uint64(0), false)
	f.Fuzz(func(t *testing.T, name, text string, n int64, u uint64, yes bool) {
		m := everything{Name: Path(name), Text: text, N: n, U: u, Yes: yes, Map: map[string]string{text: text}, Ptr: &everything{Name: Path(name)}}
		var buf bytes.Buffer
		if err := NewEncoder(&buf, "test", 1).Encode(m); err != nil {
			if buf.Len() > 0 {
				t.Fatal("half of it is written")
			}
			return
		}
		dec := NewDecoder(&buf, "test", 1)
		var got everything
		if err := dec.Decode(&got); err != nil || got.Name != m.Name || got.Text != m.Text || got.N != n || got.U != u || got.Yes != yes || got.Map[text] != text || got.Ptr.Name != m.Name {
			t.Fatalf("%+v, error %v, want %+v", got, err, m)
		}
		if err := dec.Decode(&got); err != io.EOF {
			t.Fatal(err)
		}
	})
}
