package meta

// User is somebody whose files may name caches and environments. Its pointer
// is the scope of what was learned from them: nil stands for the system's
// configuration and the invoking user's own, which concern everybody.
type User struct {
	Name string
	Home string
	UID  int   // -1 where nobody knows it
	GIDs []int // every group the user is in, the primary one first; nil where they are not known

	shared bool // others have the same home: what is in it may be theirs
}
