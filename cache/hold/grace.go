package hold

import (
	"errors"
	"fmt"
	"time"

	"gclean/internal/units"
)

// DefaultGrace is how long an entry counts as fresh while an installer runs, or may run
// unseen. The user can ask for another span.
const DefaultGrace = 10 * time.Minute

// FreshError says that an entry changed so recently that an installer may be about to link
// it.
type FreshError struct {
	Age       time.Duration
	Left      time.Duration // how long until it is old enough, if no installer runs
	Installer *Installer    // one that is running, or nil
	Now       time.Time
	Unseen    error // why installers may run that nobody can see, or nil
}

func (e *FreshError) Error() string {
	text := fmt.Sprintf("changed %s ago", units.Span(e.Age))
	switch {
	case e.Installer != nil:
		return fmt.Sprintf("%s, while %s runs", text, e.Installer.Describe(e.Now))
	case e.Unseen != nil:
		return fmt.Sprintf("%s, and an installer may run unseen: %v", text, e.Unseen)
	}
	return text
}

func (e *FreshError) Unwrap() error { return e.Unseen }

// InstallerError says that an installer is running, and may be about to link any package or
// archive of the cache.
type InstallerError struct {
	Installer Installer
	Now       time.Time
}

func (e *InstallerError) Error() string { return e.Installer.Describe(e.Now) }

// Grace keeps entries that an installer may be about to link. The zero Grace keeps nothing.
type Grace struct {
	now        time.Time
	span       time.Duration // younger entries are fresh
	since      *time.Time    // and so are entries changed at or after this time
	installers []Installer
	unseen     error
}

// GraceOptions is the input of NewGrace.
type GraceOptions struct {
	// Asked is the span that the user asked for; nil if none. 0 turns the grace off: the
	// user knows that no installer matters.
	Asked *time.Duration
	Now   time.Time
	// Installers are those that can read the cache, the longest running first, as the
	// function Installers returns them.
	Installers []Installer
	// Unseen is why installers may run that nobody can see, or nil.
	Unseen error
}

// NewGrace decides how long the entries of one cache stay fresh.
func NewGrace(o GraceOptions) Grace {
	if o.Asked != nil && *o.Asked <= 0 {
		return Grace{}
	}
	g := Grace{now: o.Now, installers: o.Installers, unseen: o.Unseen}
	switch {
	case len(o.Installers) > 0:
		g.span = DefaultGrace // file times may come from another clock
		first := o.Installers[0].Started
		g.since = &first
	case o.Asked == nil && o.Unseen != nil:
		g.span = DefaultGrace
	}
	if o.Asked != nil {
		g.span = max(g.span, *o.Asked)
	}
	return g
}

// Fresh returns a FreshError if a change at newest (nanoseconds since 1970) is fresh, else
// nil. Times in the future count as now.
func (g Grace) Fresh(newest int64) error {
	changed := time.Unix(0, newest)
	age := max(g.now.Sub(changed), 0)
	if age >= g.span && (g.since == nil || changed.Before(*g.since)) {
		return nil
	}
	e := &FreshError{Age: age, Now: g.now, Unseen: g.unseen}
	if len(g.installers) > 0 {
		e.Installer = &g.installers[0]
	} else {
		e.Left = g.span - age
	}
	return e
}

// Linkable is Fresh for archives and extracted packages. While an installer runs they are
// kept at any age, with an InstallerError.
func (g Grace) Linkable(newest int64) error {
	if err := g.Fresh(newest); err != nil || len(g.installers) == 0 {
		return err
	}
	return &InstallerError{g.installers[0], g.now}
}

// Ground describes the file system that a cache is on.
type Ground struct {
	Network bool // other machines use it too
	Outside bool // it was mounted into this container from outside
}

// Unseen returns why installers that nobody can see from here may use a cache, or nil.
func (s Seen) Unseen(g Ground) error {
	switch {
	case s.Hidden != nil:
		return s.Hidden
	case g.Network:
		return ErrNetworkShare
	case s.Apart && g.Outside:
		return ErrNamespace
	}
	return nil
}

// IsUnseen reports whether err is about installers that may run unseen.
func IsUnseen(err error) bool {
	fresh := (*FreshError)(nil)
	return errors.As(err, &fresh) && fresh.Installer == nil && fresh.Unseen != nil
}
