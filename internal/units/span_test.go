package units_test

import (
	"testing"
	"time"

	"gclean/internal/units"
)

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]struct{ span, setting string }{
		-time.Hour:                   {"0s", "-1h"},
		0:                            {"0s", "0s"},
		300 * time.Millisecond:       {"0s", "300ms"},
		5 * time.Microsecond:         {"0s", "5us"},
		59 * time.Second:             {"59s", "59s"},
		90 * time.Second:             {"1m", "90s"},
		5 * time.Minute:              {"5m", "5m"},
		12 * time.Hour:               {"12h", "12h"},
		day:                          {"1d", "1d"},
		36 * time.Hour:               {"1d", "36h"},
		30 * day:                     {"30d", "30d"},
		day + 500*time.Millisecond:   {"1d", "24h0m0.5s"},
		400*day + 3*time.Millisecond: {"400d", "9600h0m0.003s"},
	} {
		if got := units.Span(d); got != want.span {
			t.Errorf("%v ago: %s, want %s", d, got, want.span)
		}
		if got := units.Setting(d); got != want.setting {
			t.Errorf("%v asked for: %s, want %s", d, got, want.setting)
		}
	}
}
