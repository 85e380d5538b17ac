package absence

import (
	"io/fs"
	"syscall"
	"time"
)

func birth(fi fs.FileInfo) time.Time {
	if st, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		return time.Unix(0, st.CreationTime.Nanoseconds())
	}
	return time.Time{}
}
