package visible

import "strings"

// Hidden stands where a secret was.
const Hidden = "***"

// Redact returns s without the secrets that URLs carry: a user with a password, the
// token of /t/<token>/, values of a query. URLs are found anywhere in s: with a
// scheme, as folders of a cache that is laid out by URL (https/host/t/<token>/...),
// and as conda's channels without a scheme (host.org/t/<token>/..., t/<token>/...).
// Other paths stay as they are, /home/t/me too.
func Redact(s string) string { return redact(s, false) }

// redact is Redact. With cells, a comma ends a URL that has no quotation mark before it:
// the next cell of a CSV file follows.
func redact(s string, cells bool) string {
	if !suspicious(s) {
		return s
	}
	var b strings.Builder
	quoted := false
	for len(s) > 0 {
		n := 0
		for n < len(s) && !isDelimiter(s[n]) && (s[n] != ',' || !cells || quoted) {
			n++
		}
		b.WriteString(redactWord(s[:n]))
		if n < len(s) {
			b.WriteByte(s[n])
			quoted = s[n] == '"'
			n++
		}
		s = s[n:]
	}
	return b.String()
}

// suspicious says whether there may be anything to hide.
func suspicious(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '@', '?', '%':
			return true
		case 't':
			if i+1 < len(s) && isSeparator(s[i+1]) && (i == 0 || !isSchemeByte(s[i-1])) {
				return true
			}
		case ':':
			if i+1 < len(s) && isSeparator(s[i+1]) {
				return true
			}
		}
	}
	return false
}

// isDelimiter says whether a byte is in no URL.
func isDelimiter(c byte) bool {
	return c <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == 0x7f
}

// isSeparator says whether a byte is between two parts of a path. JSON may have \/ for
// a slash, and \\ for the backslash of Windows.
func isSeparator(c byte) bool { return c == '/' || c == '\\' }

// separators is how many bytes of s are separators from i on; %2F is one too.
func separators(s string, i int) int {
	start := i
	for i < len(s) {
		switch {
		case isSeparator(s[i]):
			i++
		case isEscape(s[i:], "%2f"):
			i += 3
		default:
			return i - start
		}
	}
	return i - start
}

func isEscape(s, escape string) bool {
	return len(s) >= len(escape) && strings.EqualFold(s[:len(escape)], escape)
}

// isScheme says whether a folder of that name begins a URL in a cache, and "name:/" one
// that a path was made of.
func isScheme(name string) bool {
	switch strings.ToLower(name) {
	case "http", "https", "ftp", "ftps", "file", "s3", "gs", "gcs", "oci", "sftp":
		return true
	}
	return false
}

// redactWord is Redact for what has no delimiter in it.
func redactWord(w string) string {
	if !suspicious(w) {
		return w
	}
	var b strings.Builder
	begin, start, folder := nextURL(w, 0)
	b.WriteString(redactBare(w[:begin]))
	for begin < len(w) {
		next, nextStart, nextFolder := nextURL(w, start)
		b.WriteString(w[begin:start])
		b.WriteString(redactURL(w[start:next], folder))
		begin, start, folder = next, nextStart, nextFolder
	}
	return b.String()
}

// nextURL finds a URL in w from i on: where its scheme begins, and where its host
// does. folder says that the scheme is a folder. There is none at len(w).
func nextURL(w string, i int) (begin, start int, folder bool) {
	from := i
	for ; i < len(w); i++ {
		if w[i] == ':' {
			n := separators(w, i+1)
			begin := i
			for begin > from && isSchemeByte(w[begin-1]) {
				begin--
			}
			if scheme := w[begin:i]; len(scheme) > 1 && (n > 1 || n == 1 && isScheme(scheme)) {
				return begin, i + 1 + n, false
			}
		}
		if isSchemeByte(w[i]) && (i == 0 || isSeparator(w[i-1])) {
			end := i
			for end < len(w) && isSchemeByte(w[end]) {
				end++
			}
			if n := separators(w, end); n > 0 && isScheme(w[i:end]) {
				return i, end + n, true
			}
		}
	}
	return len(w), len(w), false
}

func isSchemeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// redactURL hides what is secret in a URL, of which u is what follows the scheme.
func redactURL(u string, folder bool) string {
	end := strings.IndexAny(u, `/\?#`)
	if end < 0 {
		end = len(u)
	}
	host, rest := u[:end], u[end:]
	switch at := strings.LastIndexByte(host, '@'); {
	case at > 0:
		host = Hidden + host[at:]
	case !folder && hasOddPort(host):
		// A password with a slash or the like in it, or the head of a URL that was cut.
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			host, rest = Hidden, rest[at:]
			if n := strings.IndexAny(rest, `/\?#`); n >= 0 {
				host, rest = host+rest[:n], rest[n:]
			} else {
				host, rest = host+rest, ""
			}
		} else {
			host = host[:strings.IndexByte(host, ':')+1] + Hidden
		}
	}
	path, query := rest, ""
	for i := range len(rest) {
		if rest[i] == '?' || rest[i] == '#' || isEscape(rest[i:], "%3f") {
			path, query = rest[:i], rest[i:]
			break
		}
	}
	return host + redactPath(path) + redactQuery(query)
}

// hasOddPort says whether what follows the colon of a host is no port.
func hasOddPort(host string) bool {
	if i := strings.LastIndexByte(host, ']'); i >= 0 && strings.HasPrefix(host, "[") {
		host = host[i:]
	}
	_, port, ok := strings.Cut(trimPunctuation(host), ":")
	return ok && port != "" && port != Hidden && strings.Trim(port, "0123456789") != ""
}

// punctuation may follow a URL in a sentence or in code.
const punctuation = `:;,.'()[]{}\`

func trimPunctuation(s string) string { return strings.TrimRight(s, punctuation) }

// hidden hides s, but for the punctuation behind it.
func hidden(s string) string {
	secret := trimPunctuation(s)
	if secret == "" || strings.HasPrefix(secret, Hidden) {
		return s
	}
	return Hidden + s[len(secret):]
}

// redactPath hides the folder below each folder t.
func redactPath(path string) string {
	var b strings.Builder
	token := false
	for i := 0; i < len(path); {
		n := separators(path, i)
		b.WriteString(path[i : i+n])
		i += n
		end := i
		for end < len(path) && separators(path, end) == 0 {
			end++
		}
		name := path[i:end]
		if token && name != "" {
			b.WriteString(hidden(name))
			token = false
		} else {
			b.WriteString(redactParameters(name))
			token = name == "t"
		}
		i = end
	}
	return b.String()
}

// redactParameters hides the values of ;name=value in a part of a path.
func redactParameters(name string) string {
	if !strings.Contains(name, ";") {
		return name
	}
	parts := strings.Split(name, ";")
	for i, part := range parts[1:] {
		if key, value, ok := strings.Cut(part, "="); ok {
			parts[i+1] = key + "=" + hidden(value)
		}
	}
	return strings.Join(parts, ";")
}

// redactQuery hides the values of a query and of a fragment. A fragment without a
// name is the hash of a package.
func redactQuery(q string) string {
	var b strings.Builder
	fragment := false
	for len(q) > 0 {
		switch {
		case isEscape(q, "%3f"):
			b.WriteString(q[:3])
			q = q[3:]
		case strings.IndexByte("?#&;", q[0]) >= 0:
			fragment = fragment || q[0] == '#'
			b.WriteByte(q[0])
			q = q[1:]
		}
		end := strings.IndexAny(q, "?#&;")
		if end < 0 {
			end = len(q)
		}
		key, value, ok := strings.Cut(q[:end], "=")
		switch {
		case ok && fragment && (key == "md5" || key == "sha256"):
			b.WriteString(q[:end])
		case ok:
			b.WriteString(key + "=" + hidden(value))
		case fragment:
			b.WriteString(key)
		default:
			b.WriteString(hidden(key))
		}
		q = q[end:]
	}
	return b.String()
}

// redactBare hides secrets of a channel without a scheme.
func redactBare(w string) string {
	w = redactEncoded(redactUsers(w))
	first := strings.LastIndexAny(w[:len(w)-len(strings.TrimLeft(w, `=,;'([{`))], `=,;'([{`) + 1
	head := w[first:]
	if i := strings.IndexAny(head, `/\`); i >= 0 {
		if eq := strings.LastIndexAny(head[:i], `=,;'([{`); eq >= 0 {
			first += eq + 1
			head = head[eq+1:]
		}
	}
	// What is no path, though it begins as one: /conda.example.org/t/<token>/...
	if host, rest, ok := strings.Cut(strings.TrimPrefix(head, "/"), "/"); ok && strings.HasPrefix(head, "/") && strings.HasPrefix(rest, "t/") && isHost(host) {
		first++
		head = head[1:]
	}
	switch i := strings.IndexAny(head, `/\?`); {
	case i <= 0:
		return w
	case head[:i] == "t":
		return w[:first] + redactPath(head)
	case isHost(head[:i]):
		return w[:first] + redactURL(head, true)
	}
	return w
}

// redactUsers hides users with a password: user:password@host.org.
func redactUsers(w string) string {
	for at := len(w); ; {
		if at = strings.LastIndexByte(w[:at], '@'); at < 0 {
			return w
		}
		host := w[at+1:]
		if end := strings.IndexFunc(host, func(r rune) bool { return r > 0x7f || !isSchemeByte(byte(r)) }); end >= 0 {
			host = host[:end]
		}
		if !isHost(host) {
			continue
		}
		start := strings.LastIndexAny(w[:at], `/\@,;=('[{`) + 1
		if user, password, ok := strings.Cut(w[start:at], ":"); ok && user != "" && password != "" {
			w = w[:start] + Hidden + w[at:]
			at = start
		}
	}
}

// isHost says whether a name looks like that of a host: conda.example.com, with a port
// or without. numpy-1.26.4-0 and python3.12 do not.
// Nor do numbers, but for the four of an address.
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

// isAddress says whether a name is an address of IPv4.
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

// redactEncoded hides users with a password in a URL that is percent-encoded as a whole:
// https%3A%2F%2Fuser%3Apassword%40host.
func redactEncoded(w string) string {
	var b strings.Builder
	for {
		lower := strings.ToLower(w)
		i := strings.Index(lower, "%3a%2f%2f")
		if i < 0 {
			b.WriteString(w)
			return b.String()
		}
		i += len("%3a%2f%2f")
		b.WriteString(w[:i])
		w, lower = w[i:], lower[i:]
		end := strings.Index(lower, "%2f")
		if end < 0 {
			end = len(w)
		}
		if at := strings.LastIndex(lower[:end], "%40"); at > 0 {
			b.WriteString(Hidden)
			w = w[at:]
		}
	}
}
