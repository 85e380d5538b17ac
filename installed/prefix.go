package installed

import (
	"bytes"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"unicode/utf16"
)

// errPrefixTooLong is why a binary cannot be made for the environment.
var errPrefixTooLong = errors.New("the path of the environment is longer than the room that the binary has for it")

// encodings are those in which conda looks for the placeholder, one after the other:
// POPULAR_ENCODINGS in conda/core/portability.py. Each has the width of its NUL.
func encodings() []encoding {
	return []encoding{
		{1, func(s string) []byte { return []byte(s) }},
		{2, func(s string) []byte { return wide(s, 2, false) }},
		{2, func(s string) []byte { return wide(s, 2, true) }},
		{4, func(s string) []byte { return wide(s, 4, false) }},
		{4, func(s string) []byte { return wide(s, 4, true) }},
	}
}

type encoding struct {
	width  int
	encode func(string) []byte
}

// wide encodes a string as UTF-16 or UTF-32.
func wide(s string, width int, big bool) []byte {
	var out []byte
	put := func(v uint32) {
		for i := range width {
			shift := 8 * i
			if big {
				shift = 8 * (width - 1 - i)
			}
			out = append(out, byte(v>>shift))
		}
	}
	if width == 2 {
		for _, u := range utf16.Encode([]rune(s)) {
			put(uint32(u))
		}
		return out
	}
	for _, r := range s {
		put(uint32(r))
	}
	return out
}

// replacePrefix is what conda makes of a file of a package for an environment:
// update_prefix in conda/core/portability.py. Binaries for Windows are left as they are.
func replacePrefix(data []byte, placeholder, prefix string, binary, windows bool) ([]byte, error) {
	if binary && windows {
		return data, nil
	}
	if windows {
		prefix = strings.ReplaceAll(prefix, `\`, "/")
	}
	for _, e := range encodings() {
		from, to := e.encode(placeholder), e.encode(prefix)
		if !binary {
			if !windows {
				data = escapeShebang(data, e.encode("#!"+placeholder), e.encode("#!"+strings.ReplaceAll(prefix, " ", `\ `)))
			}
			data = bytes.ReplaceAll(data, from, to)
			continue
		}
		var err error
		if data, err = replaceBinary(data, from, to, e.width); err != nil {
			return nil, err
		}
	}
	if !binary && !windows {
		data = shortenShebang(data)
	}
	return data, nil
}

// escapeShebang replaces the placeholder in the first line, with spaces escaped.
func escapeShebang(data, from, to []byte) []byte {
	end := bytes.IndexByte(data, '\n')
	if end < 0 || !bytes.Contains(data[:end], from) {
		return data
	}
	return append(bytes.ReplaceAll(data[:end], from, to), data[end:]...)
}

// replaceBinary replaces within strings that end in NUL, and pads each with NULs behind
// its end, so that nothing moves.
func replaceBinary(data, from, to []byte, width int) ([]byte, error) {
	if !bytes.Contains(data, from) {
		return data, nil
	}
	zeros := make([]byte, width)
	out := make([]byte, 0, len(data))
	for {
		at := bytes.Index(data, from)
		if at < 0 {
			return append(out, data...), nil
		}
		length := bytes.Index(data[at+len(from):], zeros)
		if length < 0 {
			return append(out, data...), nil // no string: conda leaves it
		}
		end := at + len(from) + length + width
		text := data[at:end]
		room := (len(from) - len(to)) * bytes.Count(text, from)
		if room < 0 {
			return nil, errPrefixTooLong
		}
		out = append(append(out, data[:at]...), bytes.ReplaceAll(text, from, to)...)
		out = append(out, make([]byte, room)...)
		data = data[end:]
	}
}

// maxShebang is how long a first line may be: MAX_SHEBANG_LENGTH of conda.
func maxShebang() int {
	if runtime.GOOS == "linux" {
		return 127
	}
	return 512
}

// shortenShebang has /usr/bin/env find an interpreter whose path is too long for the
// system, or has spaces: replace_long_shebang of conda.
func shortenShebang(data []byte) []byte {
	shebang := regexp.MustCompile(`^(#! *(/(?:\\ |[^ \n\r\t])*)([^\n]*))`).FindSubmatch(data)
	if shebang == nil {
		return data
	}
	whole, executable, options := shebang[1], string(shebang[2]), shebang[3]
	last := strings.LastIndexByte(executable, '/')
	if len(whole) <= maxShebang() && !strings.Contains(executable[:last], `\ `) {
		return data
	}
	short := append([]byte("#!/usr/bin/env "+executable[last+1:]), options...)
	return bytes.ReplaceAll(data, whole, short)
}
