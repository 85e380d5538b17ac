package meta

import (
	"testing"

	"gclean/internal/fixture"
)

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			fixture.SkipWithoutSymlinks(t, err)
			t.Fatal(err)
		}
	}
}
