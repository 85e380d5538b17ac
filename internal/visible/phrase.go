package visible

import "strings"

// isSecretKey says whether a name before "=" or after "--" ends like the name of a
// secret: token, ANACONDA_API_TOKEN, --password, X-Amz-Signature.
func isSecretKey(s string) bool {
	for _, word := range []string{"token", "password", "passwd", "secret", "signature", "credential", "apikey", "api_key", "api-key", "access_key", "access-key", "secret_key", "authorization"} {
		if n := len(s) - len(word); n >= 0 && strings.EqualFold(s[n:], word) {
			return true
		}
	}
	return false
}

// redactAssigned hides values of secrets outside of queries: TOKEN=value.
func redactAssigned(w string) string {
	for i := 0; i < len(w); i++ {
		if w[i] != '=' || !isSecretKey(w[:i]) {
			continue
		}
		begin := i + 1 + len(w[i+1:]) - len(strings.TrimLeft(w[i+1:], `'\`))
		end := begin
		for end < len(w) && strings.IndexByte(`&;,'\`, w[end]) < 0 {
			end++
		}
		w = w[:begin] + hidden(w[begin:end]) + w[end:]
		i = begin
	}
	return w
}

// hasPhrase says quickly whether a text may have secrets that only the words before them
// reveal.
func hasPhrase(s string) bool {
	return strings.Contains(s, "--") || strings.Contains(s, "password ") || strings.Contains(s, "uthorization:")
}

// phrase is the state after the words before a place in a text.
type phrase struct {
	last, before string
	netrc        bool // a line of a netrc file has begun
}

// secretNext says whether word is a secret, judging by the words before it: that of
// "machine host login user password <secret>", "--password <secret>", "Authorization:
// Bearer <secret>".
func (p *phrase) secretNext(word string) bool {
	if strings.Trim(word, punctuation) == "" {
		return false
	}
	last, before := p.last, p.before
	p.last, p.before = word, last
	switch {
	case last == "machine", last == "login", last == "default" && word == "login":
		p.netrc = true
	case last == "password" && p.netrc:
		return true
	case strings.HasPrefix(last, "--") && !strings.HasPrefix(word, "-") && !strings.Contains(last, "="):
		return isSecretKey(last)
	case strings.EqualFold(before, "Authorization:"):
		return strings.EqualFold(last, "Bearer") || strings.EqualFold(last, "Basic") || strings.EqualFold(last, "token")
	}
	return false
}
