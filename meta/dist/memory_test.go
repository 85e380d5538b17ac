package dist

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// manyFiles returns a tar of n empty files.
func manyFiles(n int) []byte {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for i := range n {
		_ = w.WriteHeader(&tar.Header{Name: fmt.Sprint(i), Typeflag: tar.TypeReg})
	}
	_ = w.Close()
	return buf.Bytes()
}

// A set does not grow with the length of paths.
func TestMemberSetIsSmall(t *testing.T) {
	live := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const members = 50_000
	dir := strings.Repeat(strings.Repeat("d", 249)+"/", 15)
	before := live()
	s := newMemberSet(Limits{}.withDefaults())
	for i := range members {
		if err := s.try(Member{Path: fmt.Sprintf("%s%08d", dir, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if grown := live() - before; grown > 8<<20 { // their paths have 190 MB
		t.Errorf("%d MB for %d members", grown>>20, members)
	}
	runtime.KeepAlive(s)
}

// Different paths must be distinct in the set, even if they are similar.
func TestMemberSetTellsPathsApart(t *testing.T) {
	s := newMemberSet(Limits{}.withDefaults())
	for i := range 50_000 {
		if err := s.try(Member{Path: fmt.Sprintf("a/%d/b", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(s.types); got != 100_001 {
		t.Errorf("%d paths", got)
	}
}

// A deep path needs one lookup for each new folder.
func TestMemberSetDeepPaths(t *testing.T) {
	s := newMemberSet(Limits{}.withDefaults())
	deep := strings.Repeat("a/", 2000)
	for i := range 20_000 {
		if err := s.try(Member{Path: fmt.Sprintf("%s%d/f", deep, i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSymlinkLimits(t *testing.T) {
	s := newMemberSet(Limits{}.withDefaults())
	var err error
	for i := 0; err == nil && i < 1<<16; i++ {
		err = s.try(Member{Path: fmt.Sprint(i), Type: Symlink, Target: strings.Repeat("x", 4000)})
	}
	if !errors.Is(err, ErrLimit) {
		t.Errorf("names: %v", err)
	}
	s = newMemberSet(Limits{}.withDefaults())
	long := strings.Repeat("a/../", 800)
	for i := range 39 {
		if err := s.try(Member{Path: fmt.Sprintf("l%d", i), Type: Symlink, Target: fmt.Sprintf("%sl%d/../l%d", long, i+1, i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3000 {
		if err := s.try(Member{Path: fmt.Sprintf("m%d", i), Type: Symlink, Target: long + "l0"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.finish(); !errors.Is(err, ErrLimit) {
		t.Errorf("steps: %v", err)
	}
}

// Only one large archive is read at a time, and in no order do two wait for each other.
func TestMemoryIsShared(t *testing.T) {
	memory := NewMemory(commonMemory)
	data := condaOf(t, manyFiles(fewMembers+10))
	var wait sync.WaitGroup
	var large, most atomic.Int64
	for range 3 {
		wait.Go(func() {
			a, err := newArchive(bytes.NewReader(data), int64(len(data)), "x-1-0.conda", Limits{Memory: memory})
			if err != nil {
				t.Error(err)
				return
			}
			n := 0
			err = a.Members(context.Background(), Everything, func(Member, io.Reader) error {
				if n++; n == fewMembers+5 {
					most.Store(max(most.Load(), large.Add(1)))
				}
				return nil
			})
			if err != nil || n < fewMembers+5 {
				t.Error(n, err)
			}
			large.Add(-1)
		})
	}
	wait.Wait()
	if most.Load() != 1 {
		t.Errorf("%d large ones at a time", most.Load())
	}
	share, err := memory.take(context.Background(), commonMemory)
	if err != nil || share.enlarge(context.Background()) != nil {
		t.Fatal("not everything was given back")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := memory.take(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	share.give()
}

// Archives with a large window use the same memory one after the other, and no data of one
// leaks into the next.
func TestWideWindowIsReused(t *testing.T) {
	memory := NewMemory(0)
	for _, name := range []string{"a", "b", "c"} {
		var wide bytes.Buffer
		z, err := zstd.NewWriter(&wide, zstd.WithWindowSize(16<<20))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = z.Write(makeTar(t, tar.Header{Name: name, Typeflag: tar.TypeReg, Size: 2 << 20})); err == nil {
			err = z.Flush() // otherwise the window is cut to the content
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		packed := wide.Bytes()
		if name == "b" {
			packed = packed[:len(packed)-6] // cut off
		}
		// A part larger than smallPart is a stream.
		packed = append(packed, skippable(smallPart)...)
		data := makeZip(t, metadataPart, zipPart{"info-x-1-0.tar.zst", packZstd(t, makeTar(t))}, zipPart{"pkg-x-1-0.tar.zst", packed})
		a, err := newArchive(bytes.NewReader(data), int64(len(data)), "x-1-0.conda", Limits{Memory: memory})
		if err != nil {
			t.Fatal(err)
		}
		found, err := contents(a, Everything)
		if (err == nil) != (name != "b") || err == nil && (len(found) != 1 || found[name].Member.Size != 2<<20) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if memory.wide == nil {
		t.Error("no window was kept")
	}
	share, err := memory.take(t.Context(), 1)
	if err != nil || share.enlarge(t.Context()) != nil {
		t.Fatal("the place was not given back")
	}
	share.give()
}

// skippable returns a frame of n bytes that decoders skip.
func skippable(n uint32) []byte {
	frame := binary.LittleEndian.AppendUint32([]byte{0x50, 0x2a, 0x4d, 0x18}, n)
	return append(frame, make([]byte, n)...)
}

// try is add if only the error matters.
func (s *memberSet) try(m Member) error {
	_, err := s.add(&m)
	return err
}
