package walk

// Reach says who else can get at what is on a file system.
type Reach int

// The reaches. ReachUnknown is a file system that is not known, and FUSE, whose
// programs are local and of networks alike: the type in mountinfo tells them
// apart.
const (
	ReachUnknown Reach = iota
	ReachLocal         // this machine alone
	ReachNetwork       // other machines too, or the one that this one is a guest of
)

// FSKind is the kind of file system that a folder is on.
type FSKind struct {
	Reach Reach
	Name  string // "nfs", "ext4"; "" where it is not known
}

// FSKind asks the system for the kind of file system that d is on. The error is
// that of the system; the kind is not known then.
func (d *Dir) FSKind() (FSKind, error) {
	kind, err := d.sys.fsKind()
	return kind, d.fail("statfs", "", err)
}
