package metrics

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// page is a text in the exposition format of Prometheus.
type page struct{ text bytes.Buffer }

// gauge adds a metric. A sample consists of labels in braces, if it has any, a space and a
// value.
func (p *page) gauge(name, help string, samples ...string) {
	fmt.Fprintf(&p.text, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	for _, s := range samples {
		fmt.Fprintf(&p.text, "%s%s\n", name, s)
	}
}

func (p *page) writeTo(w io.Writer) error {
	_, err := w.Write(p.text.Bytes())
	return err
}

func value(v float64) string { return " " + strconv.FormatFloat(v, 'f', -1, 64) }

// seconds returns t in seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return math.Round(float64(t.UnixNano())/1e6) / 1e3 }

func truth(v bool) string {
	if v {
		return " 1"
	}
	return " 0"
}

// label returns s as the value of a label. s must be UTF-8, because the node exporter
// refuses a file with anything else.
func label(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
