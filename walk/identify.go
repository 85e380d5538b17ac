package walk

// Identify returns the identity of what path leads to, symlinks followed.
func Identify(path string) (ID, error) {
	st, err := Describe(path)
	return st.ID, err
}
