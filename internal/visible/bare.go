package visible

import "strings"

// opening are the bytes that may precede a URL in code or a list.
const opening = `=,;'([{`

// redactBare hides secrets of a channel without a scheme.
func redactBare(w string) string {
	w = redactUsers(redactAssigned(redactEncoded(w)))
	first := strings.LastIndexAny(w[:len(w)-len(strings.TrimLeft(w, opening))], opening) + 1
	head := w[first:]
	if i := strings.IndexAny(head, `/\`); i >= 0 {
		if eq := strings.LastIndexAny(head[:i], opening); eq >= 0 {
			first += eq + 1
			head = head[eq+1:]
		}
	}
	// This is not a path, although it begins like one: /conda.example.org/t/<token>/...,
	// and a URL without its scheme: //host/t/<token>/...
	slashes := len(head) - len(strings.TrimLeft(head, "/"))
	if host, rest, ok := strings.Cut(head[slashes:], "/"); ok && slashes > 0 && strings.HasPrefix(rest, "t/") && (isHost(host) || slashes == 2 && isLabel(host)) {
		return w[:first+slashes+len(host)] + redactRest(head[slashes+len(host):])
	}
	end := 0
	for end < len(head) && head[end] != '?' && separators(head, end) == 0 {
		end++
	}
	switch {
	case end == 0, end == len(head):
		return redactTokens(w)
	case head[:end] == "t":
		return w[:first] + redactPath(head)
	case isHost(head[:end]), isQuery(head[end:]), isLabel(head[:end]) && isTokenFolder(head[end:]):
		return w[:first+end] + redactRest(head[end:])
	}
	return redactTokens(w)
}

// isTokenFolder says whether the part after a host is a folder t with another folder
// below it.
func isTokenFolder(path string) bool {
	n := separators(path, 0)
	if n == 0 || len(path) == n || path[n] != 't' {
		return false
	}
	return separators(path, n+1) > 0
}

// isQuery says whether s is a query with a value: ?name=value.
func isQuery(s string) bool {
	name, value, ok := strings.Cut(strings.TrimPrefix(s, "?"), "=")
	return ok && s[0] == '?' && name != "" && value != "" && strings.IndexFunc(name, func(r rune) bool { return r > 0x7f || r != '_' && !isSchemeByte(byte(r)) }) < 0
}

// redactTokens hides the name after a folder t in any path, if it looks like a token.
func redactTokens(w string) string {
	for i := 0; i < len(w); i++ {
		n := separators(w, i)
		if n == 0 {
			continue
		}
		i += n
		if i >= len(w) || w[i] != 't' || separators(w, i+1) == 0 {
			i--
			continue
		}
		begin := i + 1 + separators(w, i+1)
		end := begin
		for end < len(w) && separators(w, end) == 0 {
			end++
		}
		if isToken(trimPunctuation(w[begin:end])) {
			w = w[:begin] + hidden(w[begin:end]) + w[end:]
		}
	}
	return w
}

// isToken says whether a name looks like a channel's token: ab-<UUID>, or at least 32
// digits and letters. Names of packages have dots.
func isToken(name string) bool {
	const uuid = 36
	if n := len(name) - uuid; n >= 0 && isUUID(name[n:]) {
		return true
	}
	digits, letters := 0, 0
	for i := range len(name) {
		switch c := name[i] | 0x20; {
		case name[i] >= '0' && name[i] <= '9':
			digits++
		case c >= 'a' && c <= 'z':
			letters++
		case name[i] != '-' && name[i] != '_' && name[i] != '=':
			return false
		}
	}
	return digits > 1 && letters > 1 && digits+letters >= 32
}

func isUUID(s string) bool {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case i == 8, i == 13, i == 18, i == 23:
			if s[i] != '-' {
				return false
			}
		case (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f'):
			return false
		}
	}
	return true
}

// redactUsers hides users with a password: user:password@host.org, //user:password@host,
// user:password@host/channel.
func redactUsers(w string) string {
	for at := len(w); ; {
		if at = strings.LastIndexByte(w[:at], '@'); at < 0 {
			return w
		}
		host, rest := w[at+1:], ""
		if end := strings.IndexFunc(host, func(r rune) bool { return r > 0x7f || !isSchemeByte(byte(r)) }); end >= 0 {
			host, rest = host[:end], host[end:]
		}
		start := strings.LastIndexAny(w[:at], `/\@`+opening) + 1
		before, slashes := strings.CutSuffix(w[:start], "//")
		slashes = slashes && (before == "" || strings.IndexByte(opening, before[len(before)-1]) >= 0)
		user, password, ok := strings.Cut(w[start:at], ":")
		switch {
		case slashes && at > start && host != "":
		case !ok || user == "" || password == "":
			continue
		case isHost(host), isLabel(host) && !isHash(host) && rest != "" && strings.IndexByte(`/\:`, rest[0]) >= 0:
		default:
			continue
		}
		if w[start:at] != Hidden {
			w = w[:start] + Hidden + w[at:]
		}
		at = start
	}
}

// isHash says whether a name is a kind of hash, as in image:tag@sha256:0123.
func isHash(name string) bool {
	return strings.HasPrefix(name, "sha") && strings.Trim(name[3:], "0123456789") == "" || name == "md5"
}

// isLabel says whether a name may be a host in a local network: artifactory. Usual
// folders at the top of a system, home, environment or package are not hosts, and neither
// are names of distributions.
func isLabel(name string) bool {
	if name == "" || strings.IndexFunc(name, func(r rune) bool { return r > 0x7f || r == '.' || r == '+' || !isSchemeByte(byte(r)) }) >= 0 {
		return false
	}
	for i := 1; i < len(name); i++ {
		if name[i-1] == '-' && name[i] >= '0' && name[i] <= '9' {
			return false // numpy-2-0
		}
	}
	switch strings.ToLower(name) {
	case "bin", "boot", "dev", "dlls", "doc", "docs", "envs", "etc", "export", "home", "include", "info", "lib", "lib32", "lib64", "libexec", "libs", "library",
		"man", "media", "mnt", "nfs", "opt", "part", "pkgs", "proc", "python-scripts", "root", "run", "sbin", "scratch", "scripts", "share", "site-packages", "src", "srv", "ssl", "sys",
		"t", "test", "tests", "tmp", "tools", "usr", "users", "var", "volumes", "work":
		return false
	}
	return true
}

// redactEncoded hides secrets in a URL that is percent-encoded as a whole, once or
// several times: https%3A%2F%2Fuser%3Apassword%40host%2Ft%2F<token>.
func redactEncoded(w string) string {
	var b strings.Builder
	for {
		begin, start := -1, 0
		for i := range len(w) {
			colon := escape(w[i:], "3a")
			if colon == 0 {
				continue
			}
			if n := separators(w, i+colon); n > 1 && escape(w[i+colon:], "2f") > 0 {
				begin, start = i, i+colon+n
				break
			}
		}
		if begin < 0 {
			b.WriteString(w)
			return b.String()
		}
		b.WriteString(w[:start])
		w = w[start:]
		end, at := 0, 0
		for ; end < len(w) && separators(w, end) == 0 && escape(w[end:], "3f") == 0; end++ {
			if escape(w[end:], "40") > 0 {
				at = end
			}
		}
		if at > 0 {
			b.WriteString(Hidden)
			w, end = w[at:], end-at
		}
		b.WriteString(w[:end])
		w = redactRest(w[end:])
	}
}
