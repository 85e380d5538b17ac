package mounts

import "strings"

// unescape replaces \040 and the like by the bytes that they stand for (mangle_path in
// fs/seq_file.c of Linux, getmntent(3)).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, _, n := decode(s[i:])
		b.WriteByte(c)
		i += n
	}
	return b.String()
}

// decode returns the first byte that s stands for, whether it was escaped, and how many
// bytes of s it takes.
func decode(s string) (c byte, escaped bool, n int) {
	if s[0] == '\\' && len(s) > 3 && '0' <= s[1] && s[1] <= '3' && isOctal(s[2]) && isOctal(s[3]) {
		return (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'), true, 4
	}
	return s[0], false, 1
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }
