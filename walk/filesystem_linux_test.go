package walk

import "testing"

func TestFSKindOfAFolder(t *testing.T) {
	d, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.FSKind(); err != nil {
		t.Error(err)
	}
}
