package visible

import "strings"

// Hidden replaces a secret.
const Hidden = "***"

// Redact returns s without the secrets in URLs: a user with a password, the token of
// /t/<token>/, and values of a query. It finds URLs anywhere in s: with a scheme, as
// folders of a cache that is laid out by URL (https/host/t/<token>/...), and as conda's
// channels without a scheme (host.org/t/<token>/..., artifactory/t/<token>/...,
// t/<token>/...). It also hides passwords of a netrc file, and values of token=,
// --password and the like. Other paths stay unchanged, even /home/t/me, unless the name
// after t is long and random like a token.
func Redact(s string) string { return redact(s, false) }

// redact is Redact. With cells, a comma ends a URL that has no quotation mark before it,
// because the next cell of a CSV file follows.
func redact(s string, cells bool) string {
	phrases := hasPhrase(s)
	if !phrases && !suspicious(s) {
		return s
	}
	var b strings.Builder
	var before phrase
	quoted := false
	for len(s) > 0 {
		n := 0
		for n < len(s) && !isDelimiter(s[n]) && (s[n] != ',' || !cells || quoted) {
			n++
		}
		if phrases && before.secretNext(s[:n]) {
			b.WriteString(hidden(s[:n]))
		} else {
			b.WriteString(redactWord(s[:n]))
		}
		if n < len(s) {
			b.WriteByte(s[n])
			quoted = s[n] == '"'
			n++
		}
		s = s[n:]
	}
	return b.String()
}

// suspicious says whether s may contain anything to hide.
func suspicious(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '@', '?', '%':
			return true
		case '=':
			if isSecretKey(s[:i]) {
				return true
			}
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

// isDelimiter says whether a byte cannot be in a URL.
func isDelimiter(c byte) bool {
	return c <= ' ' || c == '"' || c == '<' || c == '>' || c == '`' || c == 0x7f
}

// isSeparator says whether a byte separates two parts of a path. JSON may have \/ for a
// slash, and \\ for the backslash of Windows.
func isSeparator(c byte) bool { return c == '/' || c == '\\' }

// separators is the number of separator bytes in s from i on; %2F is one too.
func separators(s string, i int) int {
	start := i
	for i < len(s) {
		switch {
		case isSeparator(s[i]):
			i++
		case escape(s[i:], "2f") > 0:
			i += escape(s[i:], "2f")
		default:
			return i - start
		}
	}
	return i - start
}

// escape is the length of the percent-encoded character at the beginning of s whose
// digits are code, or 0. A character that was encoded twice begins with %25.
func escape(s, code string) int {
	if s == "" || s[0] != '%' {
		return 0
	}
	i := 1
	for strings.HasPrefix(s[i:], "25") {
		i += 2
	}
	if len(s) < i+len(code) || !strings.EqualFold(s[i:i+len(code)], code) {
		return 0
	}
	return i + len(code)
}

// isScheme says whether a folder with this name begins a URL in a cache. If so, "name:/"
// begins one in a path that was made from a URL.
func isScheme(name string) bool {
	switch strings.ToLower(name) {
	case "http", "https", "ftp", "ftps", "file", "s3", "gs", "gcs", "oci", "sftp":
		return true
	}
	return false
}

// redactWord is Redact for text without a delimiter.
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

// nextURL finds a URL in w from i on: where its scheme begins, and where its host begins.
// folder says that the scheme is a folder. The result is len(w) if there is no URL.
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

// redactURL hides the secrets in a URL; u is the part after the scheme.
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
		// A password that contains a slash or the like, or the beginning of a URL that
		// was cut.
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
	return host + redactRest(rest)
}

// redactRest hides the secrets after the host of a URL.
func redactRest(rest string) string {
	for i := range len(rest) {
		if rest[i] == '?' || rest[i] == '#' || escape(rest[i:], "3f") > 0 {
			return redactPath(rest[:i]) + redactQuery(rest[i:])
		}
	}
	return redactPath(rest)
}

// hasOddPort says whether the part after the colon of a host is not a port.
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

// hidden hides s, except the punctuation after it.
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

// redactQuery hides the values of a query and of a fragment. A fragment without a name is
// the hash of a package.
func redactQuery(q string) string {
	var b strings.Builder
	fragment := false
	for len(q) > 0 {
		switch {
		case escape(q, "3f") > 0:
			n := escape(q, "3f")
			b.WriteString(q[:n])
			q = q[n:]
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
