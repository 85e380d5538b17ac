package witness

import (
	"fmt"
	"path/filepath"

	"gclean/cache/hold"
)

// PackageMessage is a package in a question that is kept in a file, for a witness on
// another host.
type PackageMessage = pkg

// HoldMessage is what holds a package, in an answer that is kept in a file.
type HoldMessage = heldBy

// MessageOf is a package as a message.
func MessageOf(p *hold.Package) *PackageMessage { return packageOf(p) }

// PackageOf is the package that a message is about. An error says that there is no such
// package.
func PackageOf(m *PackageMessage) (*hold.Package, error) {
	if !filepath.IsAbs(string(m.Cache)) || !filepath.IsLocal(filepath.FromSlash(string(m.Name))) {
		return nil, fmt.Errorf("%w: the package %q", ErrBad, m.Name)
	}
	return m.hold(), nil
}

// MessageOfHold is a hold as a message.
func MessageOfHold(h *hold.Hold) *HoldMessage { return holdItem(h) }

// HoldOf is the hold of a message. An error says that there is no such reason.
func HoldOf(m *HoldMessage) (hold.Hold, error) { return m.asHold(nil) }
