package open

import (
	"bytes"
	"testing"
)

func TestReadProc(t *testing.T) {
	if _, err := ReadProc("self/mountinfo", 1); err == nil {
		t.Error("the limit is not kept")
	}
	data, err := ReadProc("self/mountinfo", 16<<20)
	if err != nil || !bytes.Contains(data, []byte(" / ")) {
		t.Errorf("%d bytes, error %v", len(data), err)
	}
}
