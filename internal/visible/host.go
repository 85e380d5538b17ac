package visible

import "strings"

// isHost says whether a name looks like a host: conda.example.com, with or without a
// port. numpy-1.26.4-0 and python3.12 do not. Neither do numbers, except the four of an
// address.
func isHost(name string) bool {
	bare, port, ported := strings.Cut(name, ":")
	if ported && port != "" && strings.Trim(port, "0123456789") == "" && bare != "" && strings.IndexFunc(bare, func(r rune) bool { return r > 0x7f || !isSchemeByte(byte(r)) }) < 0 {
		return true // artifactory:8081, or an address
	}
	if name == "localhost" || isAddress(name) {
		return true
	}
	name = strings.TrimRight(strings.TrimRight(name, "0123456789"), ":")
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot < 3 || strings.Contains(name, "..") {
		return false
	}
	for i := range len(name) {
		c := name[i] | 0x20
		if !(c >= 'a' && c <= 'z' || i < dot && isSchemeByte(name[i]) && name[i] != '+' || i == dot) {
			return false
		}
	}
	return true
}

// isAddress says whether a name is an IPv4 address.
func isAddress(name string) bool {
	parts := strings.Split(name, ".")
	if len(parts) != 4 {
		return false
	}
	for _, part := range parts {
		if part == "" || len(part) > 3 || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}
