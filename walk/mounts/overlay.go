package mounts

import "strings"

// Layers returns the folders that an overlay is made of: lowerdir in its old and new form,
// upperdir and workdir. They are as given when it was mounted, and may be relative to an
// unknown folder. Other file systems have no layers.
func (m Mount) Layers() []string {
	if m.Type != "overlay" {
		return nil
	}
	var list []string
	for option := range strings.SplitSeq(m.Super, ",") { // a comma in a path is \054
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "lowerdir":
			list = append(list, splitLayers(value)...)
		case "lowerdir+", "datadir+", "upperdir", "workdir":
			// Kernels differ in whether a backslash here is an escape.
			list = append(list, unescape(value))
			if joined := strings.Join(splitLayers(value), ":"); joined != unescape(value) {
				list = append(list, joined)
			}
		}
	}
	return list
}

// splitLayers splits the value of lowerdir at its colons. Colons inside paths follow a
// backslash (ovl_parse_param_split_lowerdirs in fs/overlayfs/params.c of Linux), or are
// shown as \072.
func splitLayers(value string) []string {
	var list []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 { // "::" separates data layers
			list = append(list, b.String())
		}
		b.Reset()
	}
	literal := false
	for i := 0; i < len(value); {
		c, escaped, n := decode(value[i:])
		i += n
		switch {
		case literal:
			b.WriteByte(c)
			literal = false
		case c == '\\':
			literal = true
		case c == ':' && !escaped:
			end()
		default:
			b.WriteByte(c)
		}
	}
	end()
	return list
}
