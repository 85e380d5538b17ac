package hold

import (
	"errors"
	"testing"
	"time"
)

func TestGrace(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	conda := Installer{Process{PID: 812, Name: "conda", UID: 0, Started: now.Add(-3 * time.Minute)}, "install"}
	old := Installer{Process{PID: 7, Name: "pixi", Started: now.Add(-2 * time.Hour)}, ""}
	unknown := Installer{Process{PID: 9, Name: "conda"}, ""}
	span := func(d time.Duration) *time.Duration { return &d }
	const fresh, running = "fresh", "running"
	for name, c := range map[string]struct {
		o               GraceOptions
		age             time.Duration
		other, package_ string // of a log file, and of a package
	}{
		"no installer":                                  {GraceOptions{}, 0, "", ""},
		"no installer, asked":                           {GraceOptions{Asked: span(time.Hour)}, 30 * time.Minute, fresh, fresh},
		"no installer, asked, old":                      {GraceOptions{Asked: span(time.Hour)}, time.Hour, "", ""},
		"installer, young":                              {GraceOptions{Installers: []Installer{conda}}, 9 * time.Minute, fresh, fresh},
		"installer, old":                                {GraceOptions{Installers: []Installer{conda}}, 10 * time.Minute, "", running},
		"installer for hours, changed after its start":  {GraceOptions{Installers: []Installer{old, conda}}, 2*time.Hour - time.Second, fresh, fresh},
		"installer for hours, changed at its start":     {GraceOptions{Installers: []Installer{old, conda}}, 2 * time.Hour, fresh, fresh},
		"installer for hours, changed before its start": {GraceOptions{Installers: []Installer{old, conda}}, 2*time.Hour + time.Second, "", running},
		"installer, start unknown":                      {GraceOptions{Installers: []Installer{unknown}}, 1000 * time.Hour, fresh, fresh},
		"installer, asked for less":                     {GraceOptions{Installers: []Installer{conda}, Asked: span(time.Second)}, 9 * time.Minute, fresh, fresh},
		"installer, asked for more":                     {GraceOptions{Installers: []Installer{conda}, Asked: span(time.Hour)}, 59 * time.Minute, fresh, fresh},
		"installer, asked for none":                     {GraceOptions{Installers: []Installer{conda}, Asked: span(0)}, 0, "", ""},
		"changed in the future":                         {GraceOptions{Installers: []Installer{conda}}, -time.Hour, fresh, fresh},
		"changed in the future, asked":                  {GraceOptions{Asked: span(time.Second)}, -time.Hour, fresh, fresh},
		"processes hidden, young":                       {GraceOptions{Unseen: ErrHidden}, 9 * time.Minute, fresh, fresh},
		"processes hidden, old":                         {GraceOptions{Unseen: ErrHidden}, 10 * time.Minute, "", ""},
		"processes hidden, asked for less":              {GraceOptions{Unseen: ErrHidden, Asked: span(time.Minute)}, 2 * time.Minute, "", ""},
		"processes hidden, asked for none":              {GraceOptions{Unseen: ErrHidden, Asked: span(0)}, 0, "", ""},
	} {
		c.o.Now = now
		g := NewGrace(c.o)
		newest := now.Add(-c.age).UnixNano()
		if got := outcome(g.Fresh(newest)); got != c.other {
			t.Errorf("%s: other %q, want %q", name, got, c.other)
		}
		if got := outcome(g.Linkable(newest)); got != c.package_ {
			t.Errorf("%s: package %q, want %q", name, got, c.package_)
		}
	}
	if err := (Grace{}).Linkable(now.UnixNano()); err != nil {
		t.Errorf("the zero Grace: %v", err)
	}
}

func outcome(err error) string {
	fresh, running := (*FreshError)(nil), (*InstallerError)(nil)
	switch {
	case errors.As(err, &fresh):
		return "fresh"
	case errors.As(err, &running):
		return "running"
	case err != nil:
		return err.Error()
	}
	return ""
}

func TestGraceInWords(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	conda := Installer{Process{PID: 812, Name: "conda", Started: now.Add(-3 * time.Minute)}, "install"}
	for want, err := range map[string]error{
		"changed 3s ago": NewGrace(GraceOptions{Now: now, Asked: new(time.Hour)}).Fresh(now.Add(-3 * time.Second).UnixNano()),
		"changed 3s ago, while conda (pid 812, install, started 3m ago) runs":                  NewGrace(GraceOptions{Now: now, Installers: []Installer{conda}}).Fresh(now.Add(-3 * time.Second).UnixNano()),
		"changed 0s ago, and an installer may run unseen: /proc hides the processes of others": NewGrace(GraceOptions{Now: now, Unseen: ErrHidden}).Fresh(now.UnixNano()),
		"conda (pid 812, install, started 3m ago)":                                             NewGrace(GraceOptions{Now: now, Installers: []Installer{conda}}).Linkable(0),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
